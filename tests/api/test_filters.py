"""Prices by properties of events, as Lago's apps make them: told back, counted, charged once."""

from __future__ import annotations

from datetime import datetime

import pytest

from tests.api.life import Life, customer, days_ago, subscription

ALL = "__ALL_FILTER_VALUES__"
REGIONS = {"key": "region", "values": ["eu", "us", "asia"]}
SIZES = {"key": "size", "values": ["s", "xl"]}


def standard(price: str) -> dict:
    return {"amount": price}


def priced(price: str, **values: list[str]) -> dict:
    return {"properties": standard(price), "values": values}


@pytest.fixture
def metric(api, unique: str) -> dict:
    return api.made(
        "/billable_metrics",
        "billable_metric",
        name=unique,
        code=unique,
        aggregation_type="sum_agg",
        field_name="n",
        filters=[REGIONS, SIZES],
    )


def charge_for(metric: dict, *filters: dict, **values) -> dict:
    told = {"billable_metric_id": metric["lago_id"], "charge_model": "standard"}
    return {**told, "properties": standard("1"), "filters": list(filters), **values}


def make_plan(api, code: str, *charges: dict) -> dict:
    terms = {"interval": "monthly", "amount_cents": 1000, "amount_currency": "CAD"}
    return api.made("/plans", "plan", name=code, code=code, charges=list(charges), **terms)


def subscribe(api, name: str) -> None:
    ids = {"external_customer_id": name, "external_id": name, "plan_code": name}
    api.made("/subscriptions", "subscription", **ids)


def send(api, name: str, *properties: dict) -> None:
    events = [
        {
            "transaction_id": f"{name}-{number}",
            "external_subscription_id": name,
            "code": name,
            "properties": one,
        }
        for number, one in enumerate(properties)
    ]
    status, body = api.call("POST", "/events/batch", {"events": events})
    assert status == 200, body


def usage(api, name: str, query: str = "", kind: str = "current") -> dict:
    path = f"/customers/{name}/{kind}_usage?external_subscription_id={name}{query}"
    status, body = api.call("GET", path)
    assert status == 200, body
    return body["customer_usage" if kind == "current" else "customer_projected_usage"]


def used(api, name: str) -> dict[str, tuple[str, int]]:
    """Return units and cents by the values of each filter; those of the rest by nothing."""
    (charge,) = usage(api, name)["charges_usage"]
    return {
        ",".join(text for _key, texts in sorted(one["values"].items()) for text in texts): (
            one["units"],
            one["amount_cents"],
        )
        for one in charge["filters"]
    }


def refusal(api, method: str, path: str, body: dict) -> dict:
    status, answer = api.call(method, path, body)
    assert status == 422, answer
    return answer["error_details"]


def test_filters_of_a_metric_are_told_back_and_changed(api, metric) -> None:
    assert metric["filters"] == [REGIONS, SIZES]
    code = metric["code"]
    changed = {"filters": [{"key": "region", "values": ["eu", "eu", "moon"]}]}
    status, body = api.call("PUT", f"/billable_metrics/{code}", {"billable_metric": changed})
    assert status == 200, body
    expected = [{"key": "region", "values": ["eu", "moon"]}]
    found = api.call("GET", f"/billable_metrics/{code}")[1]["billable_metric"]
    assert body["billable_metric"]["filters"] == found["filters"] == expected


@pytest.mark.parametrize(
    "filters", [[{"key": "region"}], [{"key": "", "values": ["eu"]}], [{"key": "a", "values": []}]]
)
def test_filter_of_a_metric_without_key_or_values_is_refused(api, metric, filters) -> None:
    path = f"/billable_metrics/{metric['code']}"
    assert "filters" in refusal(api, "PUT", path, {"billable_metric": {"filters": filters}})


def test_each_event_is_priced_by_the_filter_that_says_most(api, metric, unique: str) -> None:
    filters = [
        priced("2", region=["eu"]) | {"invoice_display_name": "Europe"},
        priced("4", region=["us", "asia"]),
        priced("8", region=["eu"], size=["xl"]),
    ]
    plan = make_plan(api, unique, charge_for(metric, *filters))
    (charge,) = plan["charges"]
    assert charge["lago_billable_metric_id"] == metric["lago_id"]
    assert charge["billable_metric_code"] == charge["code"] == unique
    assert charge["properties"] == {"amount": "1.0"}
    assert [one["values"] for one in charge["filters"]] == [one["values"] for one in filters]
    assert [one["properties"]["amount"] for one in charge["filters"]] == ["2.0", "4.0", "8.0"]
    assert [one["invoice_display_name"] for one in charge["filters"]] == ["Europe", None, None]

    subscribe(api, unique)
    send(
        api,
        unique,
        {"n": 1, "region": "eu"},
        {"n": 2, "region": "us"},
        {"n": 4, "region": "asia", "size": "xl"},
        {"n": 8, "region": "eu", "size": "xl"},
        {"n": 16, "region": "eu", "size": "s"},
        {"n": 32, "region": "moon"},
        {"n": 64},
    )
    assert used(api, unique) == {
        "eu": ("17.0", 3400),
        "us,asia": ("6.0", 2400),
        "eu,xl": ("8.0", 6400),
        "": ("96.0", 9600),
    }
    whole = usage(api, unique, "&apply_taxes=false")
    (told,) = whole["charges_usage"]
    assert (told["units"], told["events_count"], told["amount_cents"]) == ("127.0", 7, 21800)
    assert whole["amount_cents"] == 21800
    assert told["charge"]["lago_id"] == charge["lago_id"]
    assert told["billable_metric"]["code"] == unique
    assert told["filters"][0]["invoice_display_name"] == "Europe"
    named = usage(api, unique, f"&billable_metric_code={unique}&charge_code={unique}")
    assert named["charges_usage"] == whole["charges_usage"]
    (projected,) = usage(api, unique, kind="projected")["charges_usage"]
    assert [one["units"] for one in projected["filters"]] == ["17.0", "6.0", "8.0", "96.0"]
    assert projected["projected_amount_cents"] == sum(
        one["projected_amount_cents"] for one in projected["filters"]
    )


def test_all_values_of_a_property_are_those_that_the_metric_lists(api, metric, unique: str) -> None:
    filters = priced("2", region=[ALL]), priced("8", region=["eu"], size=[ALL])
    (charge,) = make_plan(api, unique, charge_for(metric, *filters))["charges"]
    assert [one["values"] for one in charge["filters"]] == [one["values"] for one in filters]
    subscribe(api, unique)
    send(api, unique, {"n": 1, "region": "asia"}, {"n": 2, "region": "moon"})
    rest = {f"eu,{ALL}": ("0.0", 0)}
    assert used(api, unique) == {ALL: ("1.0", 200), "": ("2.0", 200)} | rest

    more = {"filters": [{**REGIONS, "values": [*REGIONS["values"], "moon"]}, SIZES]}
    status, _ = api.call("PUT", f"/billable_metrics/{unique}", {"billable_metric": more})
    assert status == 200
    assert used(api, unique) == {ALL: ("3.0", 600), "": ("0.0", 0)} | rest


def test_filters_that_say_nothing_sure_are_refused_by_name(api, metric, unique: str) -> None:
    def faults(*filters: dict, **values) -> dict:
        terms = {"interval": "monthly", "amount_cents": 1, "amount_currency": "CAD"}
        plan = {"name": unique, "code": unique, **terms}
        charges = [charge_for(metric, *filters, **values)]
        return refusal(api, "POST", "/plans", {"plan": plan | {"charges": charges}})["charges"]["0"]

    invalid, taken = {"values": ["value_is_invalid"]}, {"values": ["value_already_exist"]}
    for values in ({"region": ["moon"]}, {"colour": ["red"]}, {"region": ["eu", ALL]}):
        assert faults(priced("1", region=["us"]), priced("1", **values)) == {
            "filters": {"1": invalid}
        }
    assert faults(priced("1", region=["eu", "us"]), priced("2", region=["us", "eu"])) == {
        "filters": {"1": taken}
    }
    # An event may meet both, and nothing says which of them counts.
    for one in ({"region": ["us", "asia"]}, {"size": ["xl"]}):
        assert faults(priced("1", region=["eu", "us"]), priced("2", **one)) == {
            "filters": {"1": {"values": ["not_supported"]}}
        }
    assert faults({"values": {"region": ["eu"]}})["filters"]["0"] == {
        "properties": ["value_is_mandatory"]
    }
    assert faults(priced("free", region=["eu"]))["filters"]["0"]["properties"]
    assert faults(priced("1", region=["eu"]), min_amount_cents=100) == {
        "min_amount_cents": ["not_supported"]
    }
    assert api.call("GET", f"/plans/{unique}")[0] == 404


def test_filters_of_another_plan_of_the_metric_are_its_own(api, metric, unique: str) -> None:
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    other = f"{unique}-other"
    make_plan(api, other, charge_for(metric, priced("4", region=["eu"], size=["xl"])))
    subscribe(api, unique)
    send(api, unique, {"n": 1, "region": "eu", "size": "xl"})
    assert used(api, unique) == {"eu": ("1.0", 200), "": ("0.0", 0)}
    assert api.call("DELETE", f"/plans/{other}")[0] == 200
    assert used(api, unique) == {"eu": ("1.0", 200), "": ("0.0", 0)}


def test_plan_that_is_sent_again_keeps_the_ids_of_its_filters(api, metric, unique: str) -> None:
    plan = make_plan(
        api, unique, charge_for(metric, priced("2", region=["eu"]), priced("4", region=["us"]))
    )
    (charge,) = plan["charges"]
    path = f"/plans/{unique}/charges/{unique}/filters"
    before = {str(one["values"]): one["lago_id"] for one in listed(api, path)}
    subscribe(api, unique)
    send(api, unique, {"n": 1, "region": "eu"}, {"n": 2, "region": "us"}, {"n": 4})

    def put(**values) -> dict:
        told = charge_for(metric)
        told = {**{name: told[name] for name in told if name != "filters"}, **values}
        status, body = api.call("PUT", f"/plans/{unique}", {"plan": {"charges": [told]}})
        assert status == 200, body
        (one,) = body["plan"]["charges"]
        assert one["lago_id"] == charge["lago_id"]
        return one

    # What is not spoken of stays.
    assert len(put(properties=standard("3"))["filters"]) == 2
    assert used(api, unique) == {"eu": ("1.0", 200), "us": ("2.0", 800), "": ("4.0", 1200)}
    put(filters=[priced("5", region=["us"]), priced("6", region=["asia"])])
    assert used(api, unique) == {"us": ("2.0", 1000), "asia": ("0.0", 0), "": ("5.0", 500)}
    after = {str(one["values"]): one["lago_id"] for one in listed(api, path)}
    assert after["{'region': ['us']}"] == before["{'region': ['us']}"]
    assert put(filters=[])["filters"] == []
    assert used(api, unique) == {}
    assert usage(api, unique)["charges_usage"][0]["amount_cents"] == 700


def listed(api, path: str) -> list[dict]:
    status, body = api.call("GET", path)
    assert status == 200, body
    assert body["meta"]["total_count"] == len(body["filters"])
    return body["filters"]


def test_filters_one_by_one(api, metric, unique: str) -> None:
    make_plan(api, unique, charge_for(metric))
    subscribe(api, unique)
    send(api, unique, {"n": 1, "region": "eu"}, {"n": 2, "region": "us"})
    path = f"/plans/{unique}/charges/{unique}/filters"
    told = priced("2", region=["eu"]) | {"invoice_display_name": "Europe"}
    made = api.made(path, "filter", **told, cascade_updates=True)
    assert (made["charge_code"], made["invoice_display_name"]) == (unique, "Europe")
    assert used(api, unique) == {"eu": ("1.0", 200), "": ("2.0", 200)}
    one = f"{path}/{made['lago_id']}"
    assert api.call("GET", one)[1]["filter"] == made
    of_subscription = f"/subscriptions/{unique}/charges/{unique}/filters"
    assert listed(api, path) == listed(api, of_subscription) == [made]
    assert api.call("GET", f"{of_subscription}/{made['lago_id']}")[1]["filter"] == made
    assert refusal(api, "POST", path, {"filter": told}) == {"values": ["value_already_exist"]}
    assert refusal(api, "POST", path, {"filter": priced("1", region=["moon"])}) == {
        "values": ["value_is_invalid"]
    }
    status, body = api.call("PUT", one, {"filter": {"properties": standard("3")}})
    assert (status, body["filter"]["properties"]) == (200, {"amount": "3.0"})
    assert body["filter"]["lago_id"] == made["lago_id"]
    status, body = api.call("PUT", one, {"filter": {"values": {"region": ["us"]}}})
    assert (status, body["filter"]["lago_id"]) == (200, made["lago_id"])
    assert used(api, unique) == {"us": ("2.0", 600), "": ("1.0", 100)}
    assert api.call("DELETE", one)[0] == 200
    assert api.call("GET", one)[0] == 404
    assert usage(api, unique)["charges_usage"][0]["amount_cents"] == 300


def test_value_that_a_charge_prices_stays_with_its_metric(api, metric, unique: str) -> None:
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    path = f"/billable_metrics/{unique}"
    less = {"filters": [{"key": "region", "values": ["us"]}]}
    assert refusal(api, "PUT", path, {"billable_metric": less}) == {"filters": ["not_supported"]}
    found = api.call("GET", path)[1]["billable_metric"]
    assert found["filters"] == [REGIONS, SIZES]


def test_parts_of_a_metric_count_as_it_does(api, metric, unique: str) -> None:
    changes = {"field_name": "m", "rounding_function": "ceil"}
    path = f"/billable_metrics/{unique}"
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    assert api.call("DELETE", f"/plans/{unique}")[0] == 200
    assert api.call("PUT", path, {"billable_metric": changes})[0] == 200
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    subscribe(api, unique)
    send(api, unique, {"n": 1.4, "m": 6.4, "region": "eu"}, {"n": 2, "m": 9})
    expected = {"eu": ("7.0", 1400), "": ("9.0", 900)}
    assert used(api, unique) == expected
    # Parts are no metrics of the app's.
    metrics = api.call("GET", "/billable_metrics?per_page=1000")[1]["billable_metrics"]
    assert not [one for one in metrics if one["code"].startswith(f"{unique}[")]
    assert api.call("DELETE", path)[0] == 200
    assert api.call("GET", f"/plans/{unique}")[1]["plan"]["charges"] == []


def test_what_a_plan_charges_by_counts_on_as_it_did(api, metric, unique: str) -> None:
    """A subscription that runs is billed for what was agreed; nothing else is taken unsaid."""
    make_plan(api, unique, charge_for(metric, priced("2", region=["eu"])))
    subscribe(api, unique)
    send(api, unique, {"n": 1.4, "m": 7, "region": "eu"})
    path = f"/billable_metrics/{unique}"
    changes = {
        "code": f"{unique}-new",
        "aggregation_type": "count_agg",
        "field_name": "m",
        "rounding_function": "ceil",
        "rounding_precision": 2,
        "weighted_interval": "seconds",
    }
    refused = refusal(api, "PUT", path, {"billable_metric": {"name": "Other", **changes}})
    assert refused == {name: ["not_supported"] for name in changes}
    # Who sends all of it again, with another name, changes the name.
    found = api.call("GET", path)[1]["billable_metric"]
    again = {name: found.get(name) for name in changes} | {"name": "Other", "description": "x"}
    told = api.call("PUT", path, {"billable_metric": again})[1]["billable_metric"]
    assert told == {**found, "name": "Other", "description": "x"}
    assert used(api, unique) == {"eu": ("1.4", 280), "": ("0.0", 0)}


def test_null_takes_back_how_a_metric_rounds(api, metric, unique: str) -> None:
    path = f"/billable_metrics/{unique}"
    rounded = {"rounding_function": "ceil", "rounding_precision": 2}
    for told in (rounded, dict.fromkeys(rounded)):
        body = api.call("PUT", path, {"billable_metric": told})[1]["billable_metric"]
        assert {name: body[name] for name in told} == told
    refused = refusal(api, "PUT", path, {"billable_metric": {"field_name": None}})
    assert refused == {"field_name": ["value_is_mandatory"]}


def test_charge_whose_filters_alone_cost_something_needs_no_price(api, metric, unique) -> None:
    tiers = {
        "graduated_ranges": [
            {"from_value": 0, "to_value": 10, "per_unit_amount": "1", "flat_amount": "2"},
            {"from_value": 11, "to_value": None, "per_unit_amount": "0.5", "flat_amount": "0"},
        ]
    }
    filters = [{"properties": tiers, "values": {"region": ["eu"]}}]
    told = charge_for(metric, *filters, charge_model="graduated", properties={})
    make_plan(api, unique, told)
    subscribe(api, unique)
    send(api, unique, {"n": 12, "region": "eu"}, {"n": 1000})
    assert used(api, unique) == {"eu": ("12.0", 1300), "": ("1000.0", 0)}


def test_tiers_of_percentages_are_each_filter_s_own(api, metric, unique: str) -> None:
    """Also what is due before anything is used: the first tier's flat fee, of each."""

    def ranges(*tiers: tuple[int, int | None, str, str]) -> dict:
        keys = ("from_value", "to_value", "rate", "flat_amount")
        return {
            "graduated_percentage_ranges": [dict(zip(keys, tier, strict=True)) for tier in tiers]
        }

    europe = {"values": {"region": ["eu"]}}
    europe["properties"] = ranges((0, 10, "10", "2"), (11, None, "50", "1"))
    rest = ranges((0, None, "1", "3"))
    told = charge_for(metric, europe, charge_model="graduated_percentage", properties=rest)
    (charge,) = make_plan(api, unique, told)["charges"]
    assert charge["filters"][0]["properties"].keys() == {"graduated_percentage_ranges"}
    subscribe(api, unique)
    # 10 at 10 %, 2 at 50 %, and both flat fees.
    send(api, unique, {"n": 12, "region": "eu"})
    assert used(api, unique) == {"eu": ("12.0", 100 + 200 + 100 + 100), "": ("0.0", 300)}
    event = {"n": 1000, "region": "us"}
    send_more = {"transaction_id": f"{unique}-more", "external_subscription_id": unique}
    body = {"event": {**send_more, "code": unique, "properties": event}}
    assert api.call("POST", "/events", body)[0] == 200
    assert used(api, unique)[""] == ("1000.0", 1000 + 300)


def test_estimate_is_of_the_filter_that_prices_the_event(api, metric, unique: str) -> None:
    filters = priced("2", region=["eu"]), priced("8", region=["eu"], size=["xl"])
    (charge,) = make_plan(api, unique, charge_for(metric, *filters))["charges"]
    subscribe(api, unique)
    named = {
        one["values"].get("size", ["-"])[0]: one["lago_id"]
        for one in listed(api, f"/plans/{unique}/charges/{unique}/filters")
    }
    for properties, amount, filter_id in (
        ({"n": 3, "region": "eu"}, 600, named["-"]),
        ({"n": 3, "region": "eu", "size": "xl"}, 2400, named["xl"]),
        ({"n": 3, "region": "us"}, 300, None),
    ):
        event = {"code": unique, "external_subscription_id": unique, "properties": properties}
        status, body = api.call("POST", "/events/estimate_instant_fees", {"event": event})
        (fee,) = body["fees"]
        assert (status, fee["amount_cents"], fee["lago_charge_filter_id"]) == (
            200,
            amount,
            filter_id,
        )
        assert fee["lago_charge_id"] == charge["lago_id"]


def test_long_and_odd_values_are_kept(api, unique: str) -> None:
    values = [f"{'é' * 200}{number}" for number in range(60)] + ['a"b', "x,y", "%", "[1]"]
    metric = api.made(
        "/billable_metrics",
        "billable_metric",
        name=unique,
        code=unique,
        aggregation_type="count_agg",
        filters=[{"key": 'odd "key"', "values": values}],
    )
    filters = [
        {"properties": standard("2"), "values": {'odd "key"': values[:60]}},
        {"properties": standard("4"), "values": {'odd "key"': values[60:]}},
    ]
    make_plan(api, unique, charge_for(metric, *filters))
    subscribe(api, unique)
    send(api, unique, {'odd "key"': values[3]}, {'odd "key"': "x,y"}, {'odd "key"': "y"})
    assert [one for one, _ in used(api, unique).values()] == ["1.0", "1.0", "1.0"]


def test_fees_name_their_filter_and_what_is_billed_stays_billed(life: Life) -> None:
    metric = {
        "name": "Parted",
        "code": "parted",
        "aggregation_type": "sum_agg",
        "field_name": "n",
        "filters": [REGIONS, SIZES],
    }
    made = life.ok("POST", "/billable_metrics", {"billable_metric": metric})["billable_metric"]
    eu = priced("2", region=["eu"]) | {"invoice_display_name": "Europe"}
    terms = {"interval": "monthly", "amount_cents": 1000, "amount_currency": "CAD"}
    plan = {"name": "parted", "code": "parted", "charges": [charge_for(made, eu)], **terms}
    (charge,) = life.ok("POST", "/plans", {"plan": plan})["plan"]["charges"]
    path = "/plans/parted/charges/parted/filters"
    (part,) = life.ok("GET", path)["filters"]
    name = customer(life, "parted")
    subscription(life, name, "parted", subscription_at=days_ago(45))
    life.told_then(name)
    used = [{"n": "3", "region": "eu"}, {"n": "5", "region": "us"}]
    sent = [
        {
            "transaction_id": f"parted-{number}",
            "external_subscription_id": name,
            "code": "parted",
            "timestamp": int(datetime.fromisoformat(days_ago(40)).timestamp()),
            "properties": one,
        }
        for number, one in enumerate(used)
    ]
    life.ok("POST", "/events/batch", {"events": sent})

    def rate() -> int:
        window = days_ago(60), days_ago(0)
        wizard = "fusion.billing.import.wizard"
        rated = life.api.odoo.execute(wizard, "rate_usage", life.code, *window)
        assert rated["failed"] == 0, rated
        return int(rated["billed"])

    def fees() -> dict[str | None, tuple]:
        listed = life.ok("GET", f"/fees?billable_metric_code=parted&external_customer_id={name}")
        return {
            fee["lago_charge_filter_id"]: (
                fee["amount_cents"],
                fee["item"]["code"],
                fee["item"]["filters"],
                fee["item"]["filter_invoice_display_name"],
                fee["lago_charge_id"],
            )
            for fee in listed["fees"]
        }

    assert rate() == 2
    expected = {
        part["lago_id"]: (600, "parted", {"region": ["eu"]}, "Europe", charge["lago_id"]),
        None: (500, "parted", None, None, charge["lago_id"]),
    }
    assert fees() == expected
    # Another filter prices what comes; what was billed for the rest was billed.
    life.ok("POST", path, {"filter": priced("9", region=["us"])})
    assert rate() == 0
    assert fees() == expected
    (month,) = [
        one
        for one in life.ok("GET", "/analytics/invoiced_usage")["invoiced_usages"]
        if one["code"] == "parted"
    ]
    assert month["amount_cents"] == 1100


def test_charges_that_the_backfill_made_of_parts_can_be_sent_back(api, metric, unique) -> None:
    """It makes a charge of each part, by a metric that counts some of the events."""
    plan = make_plan(api, unique, charge_for(metric))
    [first] = api.odoo.execute("fusion.billing.charge", "search", [("plan_code", "=", unique)])
    part = {"service_id": api.service("nexadesk"), "event_code": unique, "name": unique}
    codes = f"{unique}[{unique}/a:region=eu]", f"{unique}[{unique}/a]"
    rest, eu = (
        api.odoo.execute("fusion.billing.metric", "create", {**part, "code": code})
        for code in reversed(codes)
    )
    api.odoo.execute("fusion.billing.charge", "write", [first], {"metric_id": eu})
    api.odoo.execute("fusion.billing.charge", "copy", [first], {"metric_id": rest})
    told = api.call("GET", f"/plans/{unique}")[1]["plan"]["charges"]
    assert [one["code"] for one in told] == list(codes)
    names = ("billable_metric_id", "charge_model", "properties", "filters")
    again = [{name: (one | {names[0]: one["lago_billable_metric_id"]})[name] for name in names}
             for one in told]  # fmt: skip
    for charges in (again, [one | {"id": old["lago_id"]} for one, old in zip(again, told)][::-1]):  # noqa: B905
        status, body = api.call("PUT", f"/plans/{unique}", {"plan": {"charges": charges}})
        assert (status, body["plan"]["charges"]) == (200, told), body
    apart = [again[0] | {"filters": [priced("2", region=["eu"])]}, again[1]]
    path, body = f"/plans/{plan['code']}", {"plan": {"charges": apart}}
    assert refusal(api, "PUT", path, body)["charges"]["0"] == {"filters": ["not_supported"]}
