"""Lago's plan -> a plan with its charges: the same price for the same usage, or why not."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tasks.model.errors import RecordError
from tasks.model.lago import LagoCharge, LagoPlan, metric_of
from tasks.model.rating.charge import Tier
from tasks.model.records import Charge, Plan, Terms

#: Lago's interval -> our billing cycle.
CYCLES = {"monthly": "monthly", "yearly": "yearly"}
ZERO = Decimal(0)
#: Of a percentage: these need every single event, and Lago tells the period's sum.
_PER_EVENT = (
    "fixed_amount",
    "free_units_per_events",
    "per_transaction_min_amount",
    "per_transaction_max_amount",
)
_MOST_DECIMALS = 6


def map_lago_plan(plan: LagoPlan) -> Plan:
    """Map a plan of Lago.

    Raises:
        RecordError: It is sold by another cycle, in a way that Odoo's charges do not know, or
            at a price that Odoo cannot hold exactly.
    """
    cycle = CYCLES.get(plan.interval)
    if cycle is None:
        raise RecordError(
            plan.lago_id, "cycle_unknown", f"Plan {plan.code} is billed {plan.interval}."
        )
    repeated = [m for m, times in Counter(c.metric for c in plan.charges).items() if times > 1]
    if repeated:
        raise RecordError(
            plan.lago_id,
            "charge_twice",
            f"Plan {plan.code} charges twice for {', '.join(repeated)}; Odoo does so once.",
        )
    return Plan(
        external_id=plan.lago_id,
        code=plan.code,
        name=plan.name,
        currency=plan.currency,
        flat_prices={cycle: plan.price},
        charges=tuple(_charge(plan, charge) for charge in plan.charges),
        active=True,
    )


def _charge(plan: LagoPlan, charge: LagoCharge) -> Charge:
    for is_there, words in (
        (charge.filters, "has filters, each with prices of its own"),
        (charge.is_prorated, "is prorated by the day"),
        (charge.model not in _MODELS, f"has the model {charge.model}"),
    ):
        if is_there:
            raise _refused(plan, charge, words)
    metric, per_unit = metric_of(charge.metric, Decimal(1))
    try:
        terms = _MODELS[charge.model](charge.properties)
    except (KeyError, TypeError, ArithmeticError):
        raise _refused(plan, charge, "has terms that cannot be read") from None
    if terms is None:
        raise _refused(plan, charge, "has fees for single events, of which Lago tells the sum")
    own = terms.pop("charge", {})
    made = Charge(
        metric=metric,
        included_quota=own.get("included_quota", ZERO) * per_unit,
        unit_batch=int(own.get("unit_batch", 1) * per_unit),
        price_per_unit=own.get("price_per_unit", ZERO),
        charge_model=charge.model,
        currency=plan.currency,
        terms=Terms(minimum_amount=charge.minimum, **terms),
    )
    if any(_decimals(price) > _MOST_DECIMALS for price in _prices(made)):
        raise _refused(plan, charge, f"has a price of more than {_MOST_DECIMALS} decimals")
    return made


def _standard(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"charge": {"price_per_unit": Decimal(properties["amount"])}}


def _package(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {
        "charge": {
            "price_per_unit": Decimal(properties["amount"]),
            "unit_batch": int(properties["package_size"]),
            "included_quota": Decimal(properties["free_units"]),
        }
    }


def _graduated(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"tiers": tuple(_tier(tier) for tier in properties["graduated_ranges"])}


def _volume(properties: Mapping[str, Any]) -> dict[str, Any]:
    return {"tiers": tuple(_tier(tier) for tier in properties["volume_ranges"])}


def _percentage(properties: Mapping[str, Any]) -> dict[str, Any] | None:
    if any(Decimal(properties.get(name) or 0) for name in _PER_EVENT):
        return None
    free = Decimal(properties.get("free_units_per_total_aggregation") or 0)
    return {"percent": Decimal(properties["rate"]), "charge": {"included_quota": free}}


def _graduated_percentage(properties: Mapping[str, Any]) -> dict[str, Any]:
    tiers = properties["graduated_percentage_ranges"]
    return {
        "tiers": tuple(
            Tier(_end(tier), flat=Decimal(tier["flat_amount"]), percent=Decimal(tier["rate"]))
            for tier in tiers
        )
    }


_MODELS = {
    "standard": _standard,
    "package": _package,
    "graduated": _graduated,
    "volume": _volume,
    "percentage": _percentage,
    "graduated_percentage": _graduated_percentage,
}


def _tier(tier: Mapping[str, Any]) -> Tier:
    price, flat = Decimal(tier["per_unit_amount"]), Decimal(tier["flat_amount"])
    return Tier(_end(tier), per_unit=price, flat=flat)


def _end(tier: Mapping[str, Any]) -> Decimal | None:
    return None if tier["to_value"] is None else Decimal(tier["to_value"])


def _prices(charge: Charge) -> tuple[Decimal, ...]:
    terms = charge.terms or Terms()
    tiers = [price for tier in terms.tiers for price in (tier.per_unit, tier.flat, tier.percent)]
    return (charge.price_per_unit, terms.minimum_amount, terms.percent, *tiers)


def _decimals(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0


def _refused(plan: LagoPlan, charge: LagoCharge, words: str) -> RecordError:
    return RecordError(
        plan.lago_id,
        "charge_not_supported",
        f"Plan {plan.code}: the charge for {charge.metric} {words}.",
    )
