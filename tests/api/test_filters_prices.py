"""An event is priced by the filter that says most of it, charged once, and told by it."""

from __future__ import annotations

from datetime import datetime

from tests.api.life import Life, customer, days_ago, subscription
from tests.api.priced_by import (
    ALL,
    REGIONS,
    SIZES,
    charge_for,
    listed,
    make_plan,
    priced,
    send,
    subscribe,
    usage,
    used,
)


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
