"""A service sees what is its own: of anything else it cannot even tell that it is there."""

from __future__ import annotations

import json
import re
import urllib.request
from concurrent.futures import ThreadPoolExecutor
from urllib.parse import quote

import pytest

UNKNOWN = "4f1b8c6e-0000-8000-8000-000000000001"


@pytest.fixture(scope="module")
def things(api) -> dict[str, str]:
    """One of each of NexaDesk's things: ids by what routes call them, and by what they are of."""
    name = "apart"
    metric = api.made(
        "/billable_metrics",
        "billable_metric",
        name=name,
        code=name,
        aggregation_type="count_agg",
        filters=[{"key": "region", "values": ["eu"]}],
    )
    charge = {
        "billable_metric_id": metric["lago_id"],
        "charge_model": "standard",
        "properties": {"amount": "1"},
        "filters": [{"properties": {"amount": "2"}, "values": {"region": ["eu"]}}],
    }
    api.made("/taxes", "tax", name=name, code=name, rate="5")
    priced = {"amount_cents": 1000, "amount_currency": "CAD"}
    api.made("/add_ons", "add_on", name=name, code=name, **priced)
    fixed = {"add_on_code": name, "charge_model": "standard", "properties": {"amount": "1"}}
    plan = {"name": name, "code": name, "interval": "monthly", "charges": [charge]}
    api.made("/plans", "plan", **plan, **priced, fixed_charges=[fixed])
    names = {"external_customer_id": name, "external_id": name, "plan_code": name}
    api.made("/subscriptions", "subscription", **names)
    sent = {"transaction_id": name, "external_subscription_id": name, "code": name}
    api.made("/events", "event", **sent)
    coupon = {"name": name, "code": name, "coupon_type": "percentage", "percentage_rate": "5"}
    api.made("/coupons", "coupon", **coupon, frequency="forever", expiration="no_expiration")
    given = {"external_customer_id": name, "coupon_code": name}
    applied = api.made("/applied_coupons", "applied_coupon", **given)
    wallet = api.made(
        "/wallets",
        "wallet",
        external_customer_id=name,
        code=name,
        rate_amount="1",
        currency="CAD",
        granted_credits="5",
    )
    moves = f"/wallets/{wallet['lago_id']}/wallet_transactions"
    movement = api.call("GET", moves)[1]["wallet_transactions"][0]
    fees = [{"add_on_code": name}]
    invoice = api.made("/invoices", "invoice", external_customer_id=name, fees=fees)
    (part,) = api.call("GET", "/plans/apart/charges/apart/filters")[1]["filters"]
    url = "https://apart.example.com/"
    endpoint = api.made("/webhook_endpoints", "webhook_endpoint", webhook_url=url)
    return {
        "applied_coupon_id": applied["lago_id"],
        "filter_id": part["lago_id"],
        "wallets": wallet["lago_id"],
        "wallet_transactions": movement["lago_id"],
        "invoices": invoice["lago_id"],
        "fees": invoice["fees"][0]["lago_id"],
        "webhook_endpoints": endpoint["lago_id"],
        # There is none of the service's own: the invoice is not posted.
        **dict.fromkeys(("credit_notes", "payments", "payment_receipts"), invoice["lago_id"]),
        **dict.fromkeys(("payment_requests", "customers"), invoice["lago_id"]),
    }


def documented(api) -> dict:
    with urllib.request.urlopen(f"{api.url}/api/v1/openapi.json") as answer:
        return json.load(answer)


def routes_with_ids(api) -> list[tuple[str, str, str | None]]:
    """Return each route whose path names something: method, path, root of its body."""
    found = []
    for path, methods in documented(api)["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody")
            schema = body and body["content"]["application/json"]["schema"]
            root = schema["required"][0] if schema else None
            if "{" in path:
                found.append((method.upper(), path, root))
    return found


def named(path: str, things: dict[str, str] | None) -> str:
    """Return a path with the ids of these things in it; of None with ids of nothing."""
    about = path.split("/")[1]
    for name in re.findall(r"{(\w+)}", path):
        uuid = name in ("lago_id", "applied_coupon_id", "filter_id")
        if things is None:
            value = UNKNOWN if uuid else "nobody"
        else:
            value = things[name if name in things else about] if uuid else "apart"
        path = path.replace(f"{{{name}}}", quote(value))
    return path


def test_another_service_s_things_are_answered_like_unknown_ones(api, things) -> None:
    for method, path, root in routes_with_ids(api):
        body = {root: {"name": "mine now"}} if root else None
        query = "?external_subscription_id=apart" if re.search("customers.*_usage", path) else ""
        foreign, unknown = (
            api.call(method, named(path, which) + query, body, key=api.other_key)
            for which in (things, None)
        )
        assert foreign == unknown, (method, path)
        # What is asked of a thing may be refused before it is looked for.
        assert foreign[0] == 404 or (root and foreign[0] in (400, 422)), (method, path, foreign)
        if path == "/billing_entities/{code}":
            continue
        if method == "GET" and root is None and "credit_notes/" not in path:
            own = api.call("GET", named(path, things) + query)
            missing = ("payment", "portal_url", "{key}", "credit_note", "fundings")
            assert own[0] == 200 or any(word in path for word in missing), (path, own)


def test_what_is_made_for_a_shadow_posts_and_takes_nothing(api, things) -> None:
    """Each route that acts on an invoice or a wallet is tried: nothing comes of it in Odoo."""
    of_service = [("x_fc_link_id.service_id.code", "=", "nexadesk")]
    for method, path, root in routes_with_ids(api):
        if method in ("POST", "PUT") and path.startswith(("/invoices/", "/wallet")):
            api.call(method, named(path, things), {root: {}} if root else None)
    paid = {"payment_status": "succeeded"}
    status, body = api.call("PUT", f"/invoices/{things['invoices']}", {"invoice": paid})
    assert (status, body["code"]) == (422, "validation_errors")
    told = {"invoice_id": things["invoices"], "amount_cents": 1, "reference": "r"}
    assert api.call("POST", "/payments", {"payment": told})[0] == 422
    bought = {"wallet_id": things["wallets"], "paid_credits": "3"}
    assert api.call("POST", "/wallet_transactions", {"wallet_transaction": bought})[0] == 200
    moves = api.odoo.execute("account.move", "search_read", of_service, ["state", "x_fc_shadow"])
    assert {(move["state"], move["x_fc_shadow"]) for move in moves} == {("draft", True)}
    movements = api.odoo.execute(
        "fusion.billing.wallet.transaction",
        "search_read",
        [("service_id.code", "=", "nexadesk")],
        ["move_id", "invoice_id"],
    )
    assert movements
    assert not any(one["move_id"] or one["invoice_id"] for one in movements)
    with pytest.raises(Exception, match="shadow"):
        api.odoo.execute("account.move", "action_post", [moves[0]["id"]])


def test_amounts_with_more_digits_than_are_kept_are_refused(api) -> None:
    """Every decimal of every body by construction: 6 decimals are taken exactly, 7 are not."""
    checked = 0
    for path, methods in documented(api)["paths"].items():
        for method, operation in methods.items():
            body = operation.get("requestBody")
            if not body or "{" in path:
                continue
            schema = body["content"]["application/json"]["schema"]
            root = schema["required"][0]
            inner = schema["properties"][root]
            for name, kind in inner.get("properties", {}).items():
                options = [kind, *kind.get("anyOf", [])]
                if any(one.get("pattern", "").endswith(r"(\.\d{1,6})?$") for one in options):
                    sent = {root: {name: "0.1234567"}}
                    status, answer = api.call(method.upper(), path, sent)
                    assert status == 422, (path, name)
                    assert name in answer["error_details"], (path, name, answer)
                    checked += 1
    assert checked >= 6


def test_lists_have_nothing_of_another_service(api, things) -> None:
    paths = [path for path in documented(api)["paths"] if path.count("/") == 1]
    kept = ("/billable_metrics", "/health", "/openapi.json", "/billing_entities", "/organizations")
    lists = [path[1:] for path in paths if path not in kept]
    assert len(lists) >= 15
    for listed in lists:
        status, body = api.call("GET", f"/{listed}?per_page=1000", key=api.other_key)
        # Some can only be made.
        assert status == 200 or status == 405, listed
        assert "apart" not in json.dumps(body), listed
    _status, body = api.call("GET", "/billable_metrics", key=api.other_key)
    assert [metric["code"] for metric in body["billable_metrics"]] == ["cpu_seconds"]


def test_the_same_ids_of_two_services_are_two_things(api, things) -> None:
    body = {"customer": {"external_id": "apart", "name": "Maps' own"}}
    status, made = api.call("POST", "/customers", body, key=api.other_key)
    assert status == 200
    _status, found = api.call("GET", "/customers/apart")
    assert found["customer"]["name"] == "apart"
    assert found["customer"]["lago_id"] != made["customer"]["lago_id"]
    event = {"transaction_id": "apart", "external_subscription_id": "apart", "code": "apart"}
    status, _body = api.call("POST", "/events", {"event": event}, key=api.other_key)
    assert status == 200


def test_a_contact_that_two_services_share_is_not_told_to_the_second(api, unique: str) -> None:
    email = f"{unique}@example.ca"
    desk = {"external_id": unique, "email": email, "name": "Zoé", "phone": "+1 514 555 0100"}
    api.made("/customers", "customer", **desk)
    maps = {"customer": {"external_id": unique, "email": email.upper(), "city": "Laval"}}
    status, body = api.call("POST", "/customers", maps, key=api.other_key)
    assert status == 200
    told = body["customer"]
    assert (told["name"], told["phone"], told["city"]) == (None, None, "Laval")
    # The contact is one, and it is as the first service said.
    contacts = api.odoo.execute(
        "res.partner", "search_read", [("email", "=", email)], ["name", "phone", "city"]
    )
    assert [(one["name"], one["phone"], one["city"]) for one in contacts] == [
        ("Zoé", "+1 514 555 0100", False)
    ]


def contacts(api, email: str) -> list[dict]:
    found = api.odoo.execute(
        "res.partner", "search_read", [("email", "=ilike", email)], ["name", "phone", "city"]
    )
    return [{name: one[name] for name in ("name", "phone", "city")} for one in found]


def test_a_contact_that_two_services_share_is_rewritten_by_neither(api, unique: str) -> None:
    """Else an app would say where another app's invoices go."""
    email = f"{unique}@example.ca"
    first = {"external_id": unique, "email": email, "name": "Zoé", "phone": "+1 514 555 0100"}
    api.made("/customers", "customer", **first)
    second = {"customer": {"external_id": unique, "email": email, "name": "Zoé of Maps"}}
    assert api.call("POST", "/customers", second, key=api.other_key)[0] == 200
    before = contacts(api, email)
    assert len(before) == 1

    changes = {"name": "Mallory", "email": f"mallory-{unique}@example.ca", "city": "Laval"}
    told = api.made("/customers", "customer", external_id=unique, **changes)
    assert {name: told[name] for name in changes} == changes
    assert (told["phone"], told["country"]) == ("+1 514 555 0100", None)
    moved = {"customer": {"external_id": unique, "phone": "+1 416 555 0100", "country": "CA"}}
    status, body = api.call("POST", "/customers", moved, key=api.other_key)
    assert (status, body["customer"]["phone"]) == (200, "+1 416 555 0100")
    assert contacts(api, email) == before
    assert contacts(api, changes["email"]) == []


UPSERTS = [
    {"name": "Zoé"},
    {"firstname": "Zoé", "lastname": "Roy"},
    {"legal_name": "Zoé Inc.", "legal_number": "1"},
    {"country": "ca", "state": "ontario"},
    {"country": "CA", "state": "nowhere"},
    {"country": "XX"},
    {"state": "QC"},
    {"phone": "+1 514 555 0100", "address_line2": "Apt. 2", "zipcode": "H2X 1Y4"},
    {"city": None, "phone": ""},
    {"email": "else@example.ca"},
    {"email": None},
    {"url": "https://example.ca", "net_payment_term": 30},
    {"billing_configuration": {"payment_provider": "stripe", "provider_customer_id": "cus_1"}},
]
OWN = ("lago_id", "external_id", "sequential_id", "slug", "created_at", "updated_at")


@pytest.mark.parametrize("spelling", [str.lower, str.upper, " {} ".format])
def test_no_answer_tells_whether_odoo_knew_an_address(api, unique: str, spelling) -> None:
    """An app could try the addresses of another app's customers one by one."""
    known = f"{unique}@example.ca"
    body = {"customer": {"external_id": unique, "email": known, "name": "Theirs", "country": "CA"}}
    assert api.call("POST", "/customers", body, key=api.other_key)[0] == 200

    def life(email: str, external_id: str) -> list:
        first = {"external_id": external_id, "email": spelling(email)}
        answers = [api.call("POST", "/customers", {"customer": first})]
        for changes in UPSERTS:
            values = {"customer": {"external_id": external_id, **changes}}
            answers.append(api.call("POST", "/customers", values))
            answers.append(api.call("GET", f"/customers/{external_id}"))
        text = json.dumps([(status, without_own(told)) for status, told in answers])
        return text.lower().replace(email, "<email>")

    def without_own(told: dict) -> dict:
        customer = told.get("customer", told)
        return {name: value for name, value in customer.items() if name not in OWN}

    assert life(known, f"{unique}-known") == life(f"new-{unique}@example.ca", f"{unique}-new")


def test_metrics_of_the_house_are_read_only(api) -> None:
    status, body = api.call(
        "PUT", "/billable_metrics/cpu_seconds", {"billable_metric": {"name": "x"}}
    )
    assert (status, body["code"]) == (403, "shared_billable_metric")
    status, body = api.call("DELETE", "/billable_metrics/cpu_seconds")
    assert (status, body["code"]) == (403, "shared_billable_metric")


def test_what_the_api_makes_for_a_shadow_cannot_charge(api, things) -> None:
    domain = [("x_fc_external_id", "=", "apart")]
    orders = api.odoo.execute(
        "sale.order", "search_read", domain, ["state", "x_fc_shadow", "payment_token_id"]
    )
    assert [(one["state"], one["x_fc_shadow"], one["payment_token_id"]) for one in orders] == [
        ("draft", True, False)
    ]
    with pytest.raises(Exception, match="shadow order"):
        api.odoo.execute("sale.order", "action_confirm", [orders[0]["id"]])


def test_a_revoked_key_is_refused_at_once_and_none_is_written_anywhere(api) -> None:
    service = api.service("nexadesk")
    key = api.odoo.execute("fusion.billing.service", "issue_api_key", [service], "to revoke")
    assert api.call("GET", "/customers?per_page=1", key=key)[0] == 200
    [record] = api.odoo.execute(
        "fusion.billing.api.key",
        "search_read",
        [("name", "=", "to revoke")],
        ["prefix", "last_used_at", "state"],
    )
    assert key.startswith(record["prefix"])
    assert record["last_used_at"]
    api.odoo.execute("fusion.billing.api.key", "action_revoke", [record["id"]])
    assert api.call("GET", "/customers", key=key) == (401, {"status": 401, "error": "Unauthorized"})
    secret = key.rpartition(record["prefix"])[2].strip("_")
    assert secret not in api.log()
    rows = api.scratch.odoo.cluster.sql(
        "SELECT string_agg(key::text, '') FROM fusion_billing_api_key key", api.database
    )
    assert record["prefix"] in str(rows)
    assert secret not in str(rows)
    with pytest.raises(Exception, match=r"key_hash|access"):
        api.odoo.execute("fusion.billing.api.key", "read", [record["id"]], ["key_hash"])


def test_the_same_things_made_at_once_are_made_once(api, unique: str) -> None:
    plan = {"name": unique, "code": unique, "interval": "monthly", "amount_cents": 0}
    api.made("/plans", "plan", **plan, amount_currency="CAD")
    ids = {"external_customer_id": unique, "external_id": unique, "plan_code": unique}

    def make(_number: int) -> tuple[int, str]:
        status, body = api.call("POST", "/subscriptions", {"subscription": ids})
        return status, body.get("subscription", body).get("lago_id")

    with ThreadPoolExecutor(4) as senders:
        answers = set(senders.map(make, range(4)))
    ((status, lago_id),) = answers
    assert (status, bool(lago_id)) == (200, True)
    _status, body = api.call("GET", f"/customers?external_id={unique}")
    assert body["meta"]["total_count"] == 1
