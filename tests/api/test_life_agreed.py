"""What one live customer agreed on alone, of charges, filters and fixed charges of its plan."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest

from tests.api.life import Life, check_answers, customer, days_ago, subscription


def _standard(amount: str, **values: list[str]) -> dict:
    priced = {"properties": {"amount": amount}}
    return {**priced, "values": values} if values else priced


@pytest.fixture(scope="module", autouse=True)
def plan(life: Life) -> dict:
    """A plan with a charge by region, one by call, and a desk."""
    regions = [{"key": "region", "values": ["eu", "us", "asia"]}]
    metric = {"name": "GB", "code": "gb", "aggregation_type": "sum_agg", "field_name": "n"}
    told = {"billable_metric": {**metric, "filters": regions}}
    gb = life.ok("POST", "/billable_metrics", told)["billable_metric"]
    calls = life.ok("GET", "/billable_metrics/calls")["billable_metric"]
    tiers = [
        {"from_value": 0, "to_value": 10, "per_unit_amount": "1", "flat_amount": "2"},
        {"from_value": 11, "to_value": None, "per_unit_amount": "0.5", "flat_amount": "0"},
    ]
    charges = [
        {"billable_metric_id": gb["lago_id"], **_standard("1"), "charge_model": "standard"},
        {
            "billable_metric_id": calls["lago_id"],
            "charge_model": "graduated",
            "properties": {"graduated_ranges": tiers},
            "code": "by-call",
        },
    ]
    charges[0]["filters"] = [_standard("2", region=["eu"])]
    desk = {"add_on_code": "setup", "units": "3", "code": "desk", **_standard("2.5")}
    fixed = {**desk, "charge_model": "standard", "pay_in_advance": True}
    terms = {"interval": "monthly", "amount_cents": 1000, "amount_currency": "CAD"}
    told = {"name": "Parts", "code": "parts", "charges": charges, "fixed_charges": [fixed]}
    whole = {**told, **terms, "pay_in_advance": True}
    return life.ok("POST", "/plans", {"plan": whole})["plan"]


def _used(life: Life, name: str, **events: Any) -> dict[str, int]:
    """Send 4 GB in the EU, 2 in the US and 20 calls, once; return what each charge costs."""
    now = int(datetime.now(UTC).timestamp())
    sent = [
        {
            "transaction_id": f"{name}-{number}",
            "external_subscription_id": name,
            "timestamp": now,
            **one,
        }
        for number, one in enumerate(
            (
                {"code": "gb", "properties": {"n": 4, "region": "eu"}},
                {"code": "gb", "properties": {"n": 2, "region": "us"}},
                {"code": "calls", "properties": {"n": 20}},
            )
        )
    ]
    life.api.call("POST", "/events/batch", {"events": sent})
    return {one["charge"]["code"]: one["amount_cents"] for one in _usage(life, name)}


def _usage(life: Life, name: str) -> list[dict]:
    query = f"external_subscription_id={name}&apply_taxes=false"
    found = life.ok("GET", f"/customers/{name}/current_usage?{query}")["customer_usage"]
    return found["charges_usage"]


LISTED = {"gb": 1000, "by-call": 1700}


def _charge(plan: dict, code: str) -> dict:
    (found,) = [one for one in plan["charges"] if one["code"] == code]
    return found


def test_charges_that_are_agreed_with_the_order_are_its_own(life: Life, plan: dict) -> None:
    agreed = [
        {"id": _charge(plan, "by-call")["lago_id"], "invoice_display_name": "Ours"},
        {"code": "gb", **_standard("3"), "filters": [_standard("5", region=["us"])]},
    ]
    agreed[0] |= {"properties": {"graduated_ranges": [_one_tier("0.1")]}}
    for name, more in (("agreed", {"plan_overrides": {"charges": agreed}}), ("listed", {})):
        made = subscription(life, customer(life, name), "parts", **more)
        assert made["plan_code"] == "parts"
    assert _used(life, "agreed") == {"gb": 4 * 300 + 2 * 500, "by-call": 200}
    assert _used(life, "listed") == LISTED
    found = life.ok("GET", "/subscriptions/agreed")["subscription"]["plan"]
    assert _charge(found, "by-call")["invoice_display_name"] == "Ours"
    names = [one["charge"].get("invoice_display_name") for one in _usage(life, "agreed")]
    assert set(names) == {None, "Ours"}
    assert _charge(found, "by-call")["lago_parent_id"] == agreed[0]["id"]
    # Nobody else sees it, and its plan's filter finds it.
    listed = life.ok("GET", "/plans?per_page=1000")["plans"]
    assert [one["lago_id"] for one in listed if one["code"] == "parts"] == [plan["lago_id"]]
    named = life.ok("GET", "/subscriptions?plan_code=parts")["subscriptions"]
    assert {one["external_id"] for one in named} >= {"agreed", "listed"}


def _one_tier(amount: str) -> dict:
    bounds = {"from_value": 0, "to_value": None}
    return {**bounds, "per_unit_amount": amount, "flat_amount": "0"}


def test_charges_are_agreed_later_and_outlive_their_plan_s(life: Life, plan: dict) -> None:
    for name in ("later", "same"):
        subscription(life, customer(life, name), "parts")
    assert _used(life, "later") == LISTED
    path = "/subscriptions/later/charges/gb"
    changed = life.ok("PUT", path, {"charge": _standard("0.5")})["charge"]
    assert life.ok("GET", path)["charge"] == changed
    assert changed["lago_parent_id"] == _charge(plan, "gb")["lago_id"]
    # Its filter stays, and so does what was not changed.
    assert _used(life, "later") == {**LISTED, "gb": 4 * 200 + 2 * 50}
    assert _used(life, "same") == LISTED
    # A later price of the plan is not what was agreed.
    life.ok("PUT", "/plans/parts/charges/gb", {"charge": _standard("9")})
    assert _used(life, "later")["gb"] == 900
    assert _used(life, "same")["gb"] == 4 * 200 + 2 * 900
    refused = life.refused(
        "PUT", "/plans/parts/charges/gb", {"charge": {**_standard("8"), "cascade_updates": True}}
    )
    assert refused == (422, {"cascade_updates": ["not_supported"]})
    life.ok("PUT", "/plans/parts/charges/gb", {"charge": _standard("1")})


def test_filters_are_agreed_one_by_one(life: Life, plan: dict) -> None:
    subscription(life, customer(life, "sorted"), "parts")
    _used(life, "sorted")
    path = "/subscriptions/sorted/charges/gb/filters"
    (of_plan,) = life.ok("GET", path)["filters"]
    # By the id that its plan's filter has, as long as it has none of its own.
    changed = life.ok("PUT", f"{path}/{of_plan['lago_id']}", {"filter": _standard("7")})["filter"]
    assert changed["lago_id"] != of_plan["lago_id"]
    added = life.ok("POST", path, {"filter": _standard("4", region=["us"])})["filter"]
    assert _used(life, "sorted")["gb"] == 4 * 700 + 2 * 400
    life.ok("DELETE", f"{path}/{changed['lago_id']}")
    assert _used(life, "sorted")["gb"] == 4 * 100 + 2 * 400
    assert life.ok("GET", path)["filters"] == [added]
    assert life.ok("GET", "/plans/parts/charges/gb/filters")["filters"] == [of_plan]


def test_what_was_billed_before_is_not_billed_anew(life: Life) -> None:
    name = customer(life, "billed")
    subscription(life, name, "parts", subscription_at=days_ago(40))
    life.told_then(name)
    at = int(datetime.fromisoformat(days_ago(38)).timestamp())
    sent = {"external_subscription_id": name, "timestamp": at, "code": "gb"}
    event = {**sent, "transaction_id": "b1", "properties": {"n": 4, "region": "eu"}}
    life.ok("POST", "/events", {"event": event})

    def rate() -> int:
        window = (days_ago(60), days_ago(0))
        wizard = "fusion.billing.import.wizard"
        rated = life.api.odoo.execute(wizard, "rate_usage", life.code, *window)
        assert rated["failed"] == 0, rated
        return int(rated["billed"])

    assert rate() > 0
    agreed = {"charge": {"filters": [_standard("9", region=["eu", "us"])]}}
    life.ok("PUT", f"/subscriptions/{name}/charges/gb", agreed)
    assert rate() == 0
    fees = life.ok("GET", f"/fees?external_customer_id={name}&billable_metric_code=gb")["fees"]
    assert sum(fee["amount_cents"] for fee in fees) == 800


def test_fixed_charges_are_agreed_with_the_order_and_later(life: Life, plan: dict) -> None:
    (desk,) = plan["fixed_charges"]
    for name, fixed in (
        ("units", {"units": "5"}),
        ("priced", {"units": "2", **_standard("4"), "tax_codes": ["hst"]}),
    ):
        told = {"plan_overrides": {"fixed_charges": [{"id": desk["lago_id"], **fixed}]}}
        subscription(life, customer(life, name), "parts", **told)
    later = {"fixed_charge": {**_standard("3"), "invoice_display_name": "Chair"}}
    subscription(life, customer(life, "chair"), "parts")
    path = "/subscriptions/chair/fixed_charges/desk"
    changed = life.ok("PUT", path, later)["fixed_charge"]
    assert (changed["invoice_display_name"], changed["units"]) == ("Chair", 3.0)
    # A new price of the plan is that of whoever agreed on units alone.
    life.ok("PUT", "/plans/parts/fixed_charges/desk", {"fixed_charge": _standard("10")})
    for name, expected in (("units", 5000), ("priced", 800), ("chair", 900)):
        fees = life.invoice_due(name)["fees"]
        (fee,) = [one for one in fees if one["item"]["type"] == "fixed_charge"]
        assert fee["amount_cents"] == expected
        assert fee["taxes_amount_cents"] == round(expected * 0.13)
    life.ok("PUT", "/plans/parts/fixed_charges/desk", {"fixed_charge": _standard("2.5")})


def test_what_cannot_be_agreed_is_refused_by_name_and_nothing_is(life: Life, plan: dict) -> None:
    customer(life, "refused")
    ids = {"external_customer_id": "refused", "external_id": "refused", "plan_code": "parts"}
    unknown = {"plan_overrides": {"charges": {"0": {"id": ["relation_must_exist"]}}}}
    for told, fault in (
        ({"charges": [{"id": desk_id(plan), **_standard("1")}]}, unknown),
        (
            {"charges": [{"code": "gb", "charge_model": "volume"}]},
            {"plan_overrides": {"charges": {"0": {"charge_model": ["not_supported"]}}}},
        ),
        (
            {"minimum_commitment": {"amount_cents": 100}},
            {"plan_overrides": {"minimum_commitment": ["not_supported"]}},
        ),
    ):
        body = {"subscription": {**ids, "plan_overrides": told}}
        assert life.refused("POST", "/subscriptions", body) == (422, fault)
    assert life.refused("GET", "/subscriptions/refused")[0] == 404
    subscription(life, "refused", "parts")
    path = "/subscriptions/refused/charges/gb"
    for charge, name in (
        ({"properties": {"amount": "1", "pricing_group_keys": ["region"]}}, "properties"),
        ({"applied_pricing_unit": {"conversion_rate": "2"}}, "applied_pricing_unit"),
        ({"prorated": True}, "prorated"),
    ):
        assert name in life.refused("PUT", path, {"charge": charge})[1]
    found = life.ok("GET", "/subscriptions/refused")["subscription"]
    assert found["plan"]["lago_id"] == plan["lago_id"]


def desk_id(plan: dict) -> str:
    return plan["fixed_charges"][0]["lago_id"]


def test_another_plan_leaves_what_was_agreed_behind(life: Life, plan: dict) -> None:
    name = customer(life, "moves")
    subscription(
        life, name, "parts", plan_overrides={"charges": [{"code": "gb", **_standard("3")}]}
    )
    own = life.ok("GET", f"/subscriptions/{name}")["subscription"]
    # The same plan again changes nothing.
    assert subscription(life, name, "parts")["lago_id"] == own["lago_id"]
    assert life.ok("GET", f"/subscriptions/{name}/charges/gb")["charge"]["properties"] == {
        "amount": "3.0"
    }
    moved = subscription(life, name, "big")
    assert (moved["plan_code"], moved["previous_plan_code"]) == ("big", "parts")


def test_a_coupon_of_the_plan_is_one_of_what_was_agreed(life: Life) -> None:
    coupon = {"name": "Off", "code": "of-parts", "coupon_type": "percentage"}
    terms = {"percentage_rate": "50", "frequency": "forever", "expiration": "no_expiration"}
    only = {"applies_to": {"plan_codes": ["parts"]}}
    life.ok("POST", "/coupons", {"coupon": {**coupon, **terms, **only}})
    name = customer(life, "couponed")
    given = {"external_customer_id": name, "coupon_code": "of-parts"}
    life.ok("POST", "/applied_coupons", {"applied_coupon": given})
    subscription(
        life, name, "parts", plan_overrides={"charges": [{"code": "gb", **_standard("3")}]}
    )
    bill = life.invoice_due(name)
    assert bill["coupons_amount_cents"] * 2 == bill["fees_amount_cents"]


def test_a_plan_that_is_deleted_ends_those_that_agreed_on_something(life: Life) -> None:
    life.ok("DELETE", "/plans/parts")
    for name in ("agreed", "listed", "later"):
        found = life.ok("GET", f"/subscriptions/{name}?status=terminated")["subscription"]
        assert found["plan_code"] == "parts"


def test_each_answer_holds_what_an_app_relies_on(life: Life) -> None:
    check_answers(life)
