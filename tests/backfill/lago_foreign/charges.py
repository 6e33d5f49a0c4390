"""Metered charges: models, filters, groups, minimums, units that round, thresholds."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from tests.backfill.lago_foreign.objects import Case, Json, fee, uid, used

FLAT = "subscription"
NEW_YEAR = "2026-01-01T00:00:00Z"
JANUARY = NEW_YEAR, "2026-01-31T23:59:59Z"


def cases() -> Iterator[Case]:
    """Yield the customers."""
    yield from _models()
    yield from _kept_out()
    yield _filters()
    yield _groups()
    yield _several_of_a_metric()
    yield _pricing_unit()
    yield _thresholds()
    yield _without_usage()
    yield from _minimum_in_part()


def _priced(
    key: str, model: str, properties: Json, counted: Json | None = None, **known: Any
) -> tuple[Case, Json, Json]:
    """Give a customer whose plan costs nothing but one charge, since New Year."""
    case = Case(f"charge-{key}", currency="EUR")
    charge = case.charge(key.replace("-", "_"), model, properties, counted=counted or {}, **known)
    mine = case.subscribe(case.plan(f"for-charge-{key}", 0, charges=[charge]), NEW_YEAR)
    return case, charge, mine


def _tier(start: int, end: int | None, price: str, flat: str = "0") -> Json:
    return {"from_value": start, "to_value": end, "per_unit_amount": price, "flat_amount": flat}


def _models() -> Iterator[Case]:
    """Each model, with what January's units cost by Lago's rule."""
    touching = [_tier(0, 10, "1"), _tier(10, 20, "0.5"), _tier(20, None, "0.1", "2")]
    stepped = [_tier(0, 10, "1"), _tier(11, None, "0.4", "3")]
    whole = [_tier(0, 20, "1", "1"), _tier(21, None, "0.5", "4")]
    no_groups: Json = {"grouped_by": [], "pricing_group_keys": None}
    said: list[tuple[str, str, Json, list[tuple[str, str]]]] = [
        # (251 - 50) / 100 are 3 packages, and 50 are free.
        ("package", "package", {"amount": "2.50", "package_size": 100, "free_units": 50},
         [("251", "7.50"), ("50", "0.00"), ("51", "2.50")]),
        ("package-of-one", "package", {"amount": "0.333", "package_size": 1, "free_units": 0},
         [("3", "1.00"), ("2.5", "1.00")]),
        # 10.5 units are 10 x 1 and half a unit of the second tier.
        ("tiers", "graduated", {"graduated_ranges": stepped},
         [("10", "10.00"), ("10.5", "13.20"), ("25", "19.00")]),
        ("touching", "graduated", {"graduated_ranges": touching},
         [("10", "10.00"), ("15.5", "12.75"), ("20", "15.00"), ("30", "18.00")]),
        # 20.5 rounds up to 21, of the second tier, but 20.5 are priced.
        ("volume", "volume", {"volume_ranges": whole},
         [("20", "21.00"), ("20.5", "14.25"), ("21", "14.50")]),
        ("percent", "percentage", {"rate": "1.5", "fixed_amount": None, "free_units_per_events": 0,
                                   "free_units_per_total_aggregation": "200.0"},
         [("200", "0.00"), ("1033", "12.50")]),
        ("percent-tiers", "graduated_percentage", {"graduated_percentage_ranges": [
            {"from_value": 0, "to_value": 1000, "rate": "1", "flat_amount": "0"},
            {"from_value": 1001, "to_value": None, "rate": "0.5", "flat_amount": "2"}]},
         [("1000", "10.00"), ("1500", "14.50")]),
        ("fine", "standard", {"amount": "0.000000000000125"}, [("40000000000", "0.01")]),
        ("half-cent", "standard", {"amount": "0.005"}, [("1", "0.01"), ("3", "0.02")]),
        ("grouped-by-none", "standard", {"amount": "1", **no_groups},
         [("7", "7.00")]),
    ]  # fmt: skip
    for key, model, properties, costs in said:
        case, charge, mine = _priced(key, model, properties)
        units, amount = costs[0]
        cents = int(amount.replace(".", ""))
        case.bill("2026-02-01", fee(mine, FLAT, 0, *JANUARY),
                  used(mine, charge, units, cents, *JANUARY))  # fmt: skip
        case.usage = [(key.replace("-", "_"), each, amount) for each, amount in costs]
        case.orders[f"charge-{key}-s"] = {"price": "0"}
        # Of volumes the first tier's flat fee is due without usage.
        net, total = ("1.00", "1.20") if key == "volume" else ("0.00", "0.00")
        case.first[f"charge-{key}-s"] = ("2026-03-01", net, total)
        yield case
    # Rounded up to tens before it is priced.
    rounding = {"rounding_function": "ceil", "rounding_precision": -1}
    case, charge, mine = _priced("rounded", "standard", {"amount": "0.3"}, rounding)
    case.bill("2026-02-01", used(mine, charge, "120.0", 3600, *JANUARY))
    case.usage, case.orders = [("rounded", "120", "36.00")], {"charge-rounded-s": {"price": "0"}}
    case.first["charge-rounded-s"] = ("2026-03-01", "0.00", "0.00")
    yield case


def _kept_out() -> Iterator[Case]:
    one = {"amount": "1"}
    percent = {"rate": "1"}
    overlap = [_filter({"region": ["eu", "us"]}, "2"), _filter({"region": ["us", "jp"]}, "3")]
    commas = [_filter({"region": ["eu,us"]}, "2"), _filter({"region": ["eu", "us"]}, "3")]
    alike = [
        _filter({"region": ["eu,size=xl"]}, "2"),
        _filter({"region": ["eu"], "size": ["xl"]}, "3"),
    ]
    ranges = [
        {"from_value": 0, "to_value": 10, "rate": "1", "flat_amount": "0"},
        {"from_value": 10, "to_value": None, "rate": "2", "flat_amount": "0"},
    ]
    capped = {"volume_ranges": [_tier(0, 20, "1"), _tier(21, 50, "0.5")]}
    mixed = {"graduated_ranges": [_tier(0, 5, "1"), _tier(6, 9, "1"), _tier(9, None, "1")]}
    said: list[tuple[str, str, str, Json, Json, Json]] = [
        ("dynamic", "charge_model_unknown", "dynamic", {}, {}, {}),
        ("custom", "charge_model_unknown", "custom", {"custom_properties": {"a": 1}}, {}, {}),
        ("ahead", "charge_in_advance", "standard", one, {"pay_in_advance": True}, {}),
        ("loose", "charge_not_invoiceable", "standard", one,
         {"pay_in_advance": True, "invoiceable": False}, {}),
        ("prorated", "charge_prorated", "standard", one, {"prorated": True}, {"recurring": True}),
        ("seats", "metric_recurring", "standard", one, {}, {"recurring": True}),
        ("expression", "metric_expression", "standard", one, {}, {"expression": "event.timestamp"}),
        ("aggregation", "metric_unknown", "standard", one, {}, {"aggregation_type": "custom_agg"}),
        ("spoiled-metric", "metric_unknown", "standard", one, {}, {"rounding_precision": "some"}),
        ("fee-per-event", "charge_per_event", "percentage",
         percent | {"fixed_amount": "0.2"}, {}, {}),
        ("free-events", "charge_per_event", "percentage",
         percent | {"free_units_per_events": 3}, {}, {}),
        ("least-per-event", "charge_per_event", "percentage",
         percent | {"per_transaction_min_amount": "1.75"}, {}, {}),
        ("overlap", "charge_filter_overlap", "standard", one, {"filters": overlap}, {}),
        ("commas", "charge_filter_overlap", "standard", one, {"filters": commas}, {}),
        ("alike", "charge_filter_unreadable", "standard", one, {"filters": alike}, {}),
        ("all-values", "charge_filter_unreadable", "standard", one,
         {"filters": [_filter({"region": ["__ALL_FILTER_VALUES__"]}, "2")]}, {}),
        ("touching-percent", "charge_terms", "graduated_percentage",
         {"graduated_percentage_ranges": ranges}, {}, {}),
        ("capped", "charge_terms", "volume", capped, {}, {}),
        ("mixed-bounds", "charge_terms", "graduated", mixed, {}, {}),
        ("no-amount", "charge_terms", "standard", {"amount": None}, {}, {}),
        ("no-properties", "charge_terms", "package", {}, {}, {}),
        ("negative", "charge_terms", "standard", {"amount": "-1"}, {}, {}),
        ("new-property", "unknown_field", "standard", one | {"surcharge": "0.2"}, {}, {}),
        ("new-field", "unknown_field", "standard", one, {"loyalty_rate": "0.9"}, {}),
        ("target", "charge_target_wallet", "standard", one, {"accepts_target_wallet": True}, {}),
        ("fractions", "pricing_unit_fraction", "standard", one,
         {"applied_pricing_unit": {"code": "tokens", "conversion_rate": "3"}}, {}),
        ("least-of-groups", "charge_minimum_groups", "standard",
         one | {"pricing_group_keys": ["team"]}, {"min_amount_cents": 500}, {}),
        ("no-least", "plan_unreadable", "standard", one, {"min_amount_cents": "five"}, {}),
    ]  # fmt: skip
    for key, rule, model, properties, known, counted in said:
        case, _, mine = _priced(key, model, properties, counted, **known)
        mine |= {"started_at": "2026-02-01T00:00:00Z", "subscription_at": "2026-02-01T00:00:00Z"}
        case.kept = rule
        yield case


def _filter(values: Json, amount: str) -> Json:
    return {"values": values, "properties": {"amount": amount}, "invoice_display_name": None}


def _filters() -> Case:
    """A filter of two properties wins over the one of one; the rest has the charge's price."""
    filters = [_filter({"region": ["eu"]}, "2"),
               _filter({"region": ["eu"], "tier": ["gold", "plain"]}, "3")]  # fmt: skip
    case, charge, mine = _priced("filters", "standard", {"amount": "1"}, filters=filters)
    case.bill(
        "2026-02-01",
        used(mine, charge, "5", 1000, *JANUARY, item={"filters": {"region": ["eu"]}}),
        used(mine, charge, "4", 1200, *JANUARY,
             item={"filters": {"region": ["eu"], "tier": ["gold", "plain"]}}),
        used(mine, charge, "3", 300, *JANUARY, item={"filters": None}),
    )  # fmt: skip
    code = charge["lago_id"]
    case.usage = [
        (f"{code}:region=eu]", "5", "10.00"), (f"{code}:region=eu,tier=gold,plain]", "4", "12.00"),
        (f"{code}]", "3", "3.00"),
    ]  # fmt: skip
    case.first["charge-filters-s"] = ("2026-03-01", "0.00", "0.00")
    case.orders["charge-filters-s"] = {"price": "0"}
    return case


def _groups() -> Case:
    """Packages for each team, and for events without one."""
    properties = {
        "amount": "5",
        "package_size": 10,
        "free_units": 0,
        "pricing_group_keys": ["team"],
    }
    case, charge, mine = _priced("groups", "package", properties, code="per_team")
    fees = [
        used(mine, charge, units, cents, *JANUARY, item={"grouped_by": {"team": team}})
        for team, units, cents in (("a, b", "11", 1000), ("c", "10", 500), (None, "1.0", 500))
    ]
    case.bill("2026-02-01", *fees)
    case.usage = [
        ("per_team:team=a, b]", "11", "10.00"), ("per_team:team=c]", "10", "5.00"),
        ("per_team]", "1", "5.00"),
    ]  # fmt: skip
    case.first["charge-groups-s"] = ("2026-03-01", "0.00", "0.00")
    case.orders["charge-groups-s"] = {"price": "0"}
    return case


def _several_of_a_metric() -> Case:
    """Two charges of one metric, one of them with a minimum of its own: 30.00 - 4.00."""
    case = Case("several", currency="EUR")
    read = case.charge("traffic", "standard", {"amount": "0.5"}, code="read")
    write = case.charge("traffic", "standard", {"amount": "1"}, code="write", min_amount_cents=3000)
    mine = case.subscribe(case.plan("traffic", 500, charges=[read, write]), NEW_YEAR)
    written = used(mine, write, "4", 400, *JANUARY)
    case.bill(
        "2026-02-01", fee(mine, FLAT, 500, *JANUARY), used(mine, read, "100", 5000, *JANUARY),
        written,
        used(mine, write, "1.0", 2600, *JANUARY, lago_true_up_parent_fee_id=uid("written")),
    )  # fmt: skip
    case.usage = [("/read]", "100", "50.00"), ("/write]", "4", "30.00")]
    case.first["several-s"] = ("2026-03-01", "35.00", "42.00")
    case.orders["several-s"] = {"price": "5"}
    return case


def _pricing_unit() -> Case:
    """Tokens worth 0.017 of the currency: 7 x 3 are 21 tokens, 0.357."""
    unit = {"code": "tokens", "conversion_rate": "0.017"}
    case, charge, mine = _priced(
        "tokens", "standard", {"amount": "3"}, {"aggregation_type": "count_agg"},
        applied_pricing_unit=unit,
    )  # fmt: skip
    case.bill("2026-02-01", used(mine, charge, "7", 36, *JANUARY))
    case.usage, case.orders = [("tokens", "7", "0.36")], {"charge-tokens-s": {"price": "0"}}
    case.first["charge-tokens-s"] = ("2026-03-01", "0.00", "0.00")
    return case


def _thresholds() -> Case:
    """An invoice within the period has the units so far; the period's own has them all."""
    case = Case("thresholds", currency="EUR")
    calls = case.charge("watched", "standard", {"amount": "1"})
    threshold = {"lago_id": uid("watch"), "amount_cents": 5000, "recurring": False}
    plan = case.plan("watched", 1000, charges=[calls], usage_thresholds=[threshold])
    mine = case.subscribe(plan, NEW_YEAR)
    case.bill("2026-01-14", used(mine, calls, "60", 6000, *JANUARY), kind="progressive_billing")
    case.bill(
        "2026-02-01", fee(mine, FLAT, 1000, *JANUARY), used(mine, calls, "90", 9000, *JANUARY),
        progressive_billing_credit_amount_cents=6000,
    )  # fmt: skip
    case.first["thresholds-s"] = ("2026-03-01", "10.00", "12.00")
    case.orders["thresholds-s"] = {"price": "10"}
    case.usage = [("watched", "90", "90.00")]
    return case


def _without_usage() -> Case:
    """The first tier's flat fee is due without usage since 1.51."""
    ranges = {"volume_ranges": [_tier(0, 10, "1", "4"), _tier(11, None, "0.5", "2")]}
    case, charge, mine = _priced("unused", "volume", ranges)
    case.bill("2026-02-01", used(mine, charge, "0.0", 400, *JANUARY))
    case.usage = [("unused", "0", "4.00"), ("unused", "12", "8.00")]
    case.first["charge-unused-s"] = ("2026-03-01", "4.00", "4.80")
    case.orders["charge-unused-s"] = {"price": "0"}
    return case


def _minimum_in_part() -> Iterator[Case]:
    """A charge's minimum of a part of a month is less: only whole months are carried."""
    for key, since in (("whole", "2026-01-01"), ("part", "2026-02-10")):
        case = Case(f"least-{key}", currency="EUR")
        calls = case.charge(f"least_{key}", "standard", {"amount": "1"}, min_amount_cents=2000)
        mine = case.subscribe(
            case.plan(f"for-least-{key}", 0, charges=[calls]), f"{since}T00:00:00Z"
        )
        case.kept = "lines_in_part" if key == "part" else ""
        if not case.kept:
            up = used(mine, calls, "1.0", 1700, *JANUARY, lago_true_up_parent_fee_id=uid("least"))
            case.bill("2026-02-01", used(mine, calls, "3", 300, *JANUARY), up)
            case.first["least-whole-s"] = ("2026-03-01", "20.00", "24.00")
            case.orders["least-whole-s"] = {"price": "0"}
            case.usage = [("least_whole", "3", "20.00")]
        yield case
