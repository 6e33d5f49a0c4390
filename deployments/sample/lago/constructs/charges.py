"""Constructs of metered prices: models, parts of a metric, and how a metric counts."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from deployments.sample.lago.constructs.common import MONTHLY, SEATS, contract, plan, priced
from deployments.sample.lago.objects.selling import tier
from deployments.sample.lago.tenant.terms import Charge, Contract, Json, Part

TIERS = [tier(0, 100, "0.10"), tier(101, None, "0.06", "3")]
#: Metric -> what Lago's object says of it beside a plain sum.
METRICS: dict[str, Json] = {
    "metric_recurring": {"recurring": True},
    "metric_rounded": {"rounding_function": "ceil", "rounding_precision": -1},
    "metric_expression": {"expression": "event.properties.a * event.properties.b"},
    "metric_unknown": {"aggregation_type": "custom_agg"},
    "charge_pricing_unit": {"aggregation_type": "count_agg", "field_name": None},
    "charge_filter": {"filters": [{"key": "region", "values": ["eu", "us"]}]},
    "charge_filter_values": {"filters": [{"key": "region", "values": ["eu", "us"]}]},
    "charge_group_filter": {"filters": [{"key": "region", "values": ["eu", "us"]}]},
    "charge_filter_unreadable": {"filters": [{"key": "region", "values": ["eu", "us"]}]},
    "charge_filter_overlap": {
        "filters": [
            {"key": "region", "values": ["eu", "us"]},
            {"key": "tier", "values": ["gold", "plain"]},
        ]
    },
}


def charges() -> Iterator[Contract]:
    """Yield the constructs of the area ``charges``."""
    yield priced("charge_standard", "standard", {"amount": "0.255"})
    package = {"amount": "4.00", "package_size": 50, "free_units": 100}
    yield priced("charge_package", "package", package)
    yield priced("charge_graduated", "graduated", {"graduated_ranges": TIERS})
    yield priced("charge_volume", "volume", {"volume_ranges": TIERS})
    yield priced("charge_percentage", "percentage", {"rate": "1.25"}, units=(4000, 1234))
    parts = [
        {"from_value": 0, "to_value": 100, "rate": "2", "flat_amount": "1"},
        {"from_value": 101, "to_value": None, "rate": "1", "flat_amount": "0"},
    ]
    yield priced(
        "charge_graduated_percentage", "graduated_percentage",
        {"graduated_percentage_ranges": parts},
    )  # fmt: skip
    several = tuple(
        Charge("charge_several", "standard", {"amount": amount}, code=code)
        for code, amount in (("read", "0.02"), ("stored", "0.031"))
    )
    yield contract("charge_several_per_metric", plan("c-several", "10", charges=several))
    regions = tuple(
        Part({"region": region}, units, {"amount": amount})
        for region, units, amount in (("eu", (30, 44), "0.11"), ("us", (70,), "0.09"))
    )
    yield priced("charge_filter", "standard", {"amount": "0.2"}, filters=regions, units=(11, 5))
    groups = tuple(
        Part({"workspace": name}, units) for name, units in (("a", (120, 90)), ("b", (60,)))
    )
    yield priced("charge_group_keys", "package", package, groups=groups)
    yield priced("charge_pricing_unit", "standard", {"amount": "2"}, rate=Decimal("0.25"))
    yield priced("pricing_unit_fraction", "standard", {"amount": "0.333"}, rate=Decimal("0.017"))
    yield priced(
        "charge_decimals", "standard", {"amount": "0.000000123456789"}, units=(45_000_000,)
    )
    flat = {"graduated_ranges": [tier(0, 100, "0.10", "5"), tier(101, None, "0.06")]}
    yield priced("charge_zero_usage_flat", "graduated", flat, units=(0, 40, 0))
    yield priced(
        "charge_minimum", "standard", {"amount": "0.05"}, minimum=Decimal(12),
        contract={"billing_time": "anniversary"},
    )  # fmt: skip
    progressive = plan("c-progressive", "10", thresholds=(Decimal(5),), charges=(SEATS,))
    yield contract("progressive_billing", progressive)
    either = Part({"region": ["eu", "us"]}, (230, 160), package | {"amount": "3.00"})
    yield priced("charge_filter_values", "package", package, filters=(either,), units=(11, 105))
    blank = {"more": {"filters": [_filter()]}}
    yield priced("charge_filter_unreadable", "standard", {"amount": "0.1"}, **blank)
    gold = _filter("eu") | {"values": {"tier": ["gold"]}}
    two = {"more": {"filters": [_filter("eu"), gold]}}
    yield priced("charge_filter_overlap", "standard", {"amount": "0.1"}, **two)
    one = {"more": {"filters": [_filter("eu")]}}
    grouped = {"amount": "0.1", "pricing_group_keys": ["workspace"]}
    yield priced("charge_group_filter", "standard", grouped, **one)
    many = tuple(Part({"workspace": f"w{number}"}, (3,)) for number in range(101))
    yield priced("charge_group_many", "standard", {"amount": "0.1"}, groups=many)
    yield priced(
        "charge_minimum_groups", "standard", {"amount": "0.1"}, groups=groups, minimum=Decimal(9)
    )
    yield priced("charge_in_advance", "standard", {"amount": "0.1"}, more={"pay_in_advance": True})
    loose = {"pay_in_advance": True, "invoiceable": False}
    yield priced("charge_not_invoiceable", "standard", {"amount": "0.1"}, more=loose)
    target = {"accepts_target_wallet": True}
    yield priced("charge_target_wallet", "standard", {"amount": "0.1"}, more=target)
    yield priced("charge_prorated", "standard", {"amount": "0.1"}, more={"prorated": True})
    per_event = {"rate": "1", "fixed_amount": "0.30"}
    yield priced("charge_per_event", "percentage", per_event)
    yield priced(
        "charge_model_unknown", "standard", {"amount": "0"}, more={"charge_model": "dynamic"}
    )
    yield priced("charge_terms", "standard", {"amount": "0.1"}, more={"properties": {}})
    yield priced("metric_rounded", "standard", {"amount": "0.1"}, tens=True)
    for metric in ("metric_recurring", "metric_expression", "metric_unknown"):
        yield priced(metric, "standard", {"amount": "0.1"}, metric=metric)


def app() -> Iterator[Contract]:
    """Yield what stays in the app: the rest of these customers is carried."""
    feature: Json = {"code": "sso", "name": "SSO", "description": None, "privileges": []}
    yield contract(
        "entitlements", plan("a-features", "30", more={"entitlements": [{"entitlement": feature}]})
    )
    far = plan("a-thresholds", "30", charges=(SEATS,), thresholds=(Decimal(900),))
    yield contract("usage_thresholds", far)
    later = {"billing_configuration": {"invoice_grace_period": 3}}
    yield contract("grace_period", MONTHLY, customer=later)
    dated = {"subscription_invoice_issuing_date_anchor": "current_period_end"}
    yield contract("issuing_date", MONTHLY, customer={"billing_configuration": dated})
    number = {"purchase_order_number": "PO-4711"}
    yield contract("purchase_orders", MONTHLY, subscription=number)
    address = {"shipping_address": {"address_line1": "1 Dock Street", "city": "Halifax"}}
    yield contract("shipping_address", MONTHLY, customer=address)
    told = {
        "lago_id": "0b0e9a52-7a4f-4b42-9a0e-2f4f6c1f5a11", "key": "tier", "value": "gold",
        "display_in_invoice": False, "created_at": "2026-06-01T00:00:00Z",
    }  # fmt: skip
    yield contract("metadata", MONTHLY, customer={"metadata": [told]})


def _filter(*values: str) -> Json:
    return {
        "invoice_display_name": None,
        "properties": {"amount": "0.3"},
        "values": {"region": list(values)} if values else {},
    }
