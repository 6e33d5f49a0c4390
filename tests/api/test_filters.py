"""Filters of a plan's charges are told, changed one by one and refused by name."""

from __future__ import annotations

from tests.api.priced_by import (
    ALL,
    charge_for,
    listed,
    make_plan,
    priced,
    refusal,
    send,
    standard,
    subscribe,
    usage,
    used,
)


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
