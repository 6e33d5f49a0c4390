"""The terms behind a ledger line, as JSON: what whoever compares needs to explain an amount."""

import json
from decimal import Decimal

from odoo.addons.fusion_centralize_billing.periods.calendar import CYCLES
from odoo.addons.fusion_centralize_billing.rating.numbers import plain
from odoo.addons.fusion_centralize_billing.rating.tariff import TIERED

_CYCLE_OF = {every: cycle for cycle, every in CYCLES.items()}
# Shown only where they are set: most charges have none of them.
_EXTRAS = ("flat_amount", "percent", "fixed_amount", "transaction_min", "transaction_max")


def flat_terms(price: str, unit: str, count: int, plan_code: str) -> str:
    """Return the terms of a recurring price, which is due every so many units."""
    cycle = _CYCLE_OF.get((unit, count), f"every {count} {unit}s")
    return _text({"price": price, "cycle": cycle, "plan_code": plan_code})


def charge_terms(charge) -> str:
    """Return the terms of a charge for usage."""
    terms = {
        "charge_model": charge.charge_model,
        "included_quota": _number(charge.included_quota),
        "unit_batch": charge.unit_batch,
        "price_per_unit": _number(charge.price_per_unit),
        "rounding": charge.block_rating,
        "minimum_amount": _number(charge.minimum_amount),
        "tiers": [
            {name: None if value is None else _number(value) for name, value in tier.items()}
            for tier in (charge.tier_ids._terms() if charge.charge_model in TIERED else ())
        ],
        "plan_code": charge.plan_code,
    }
    terms |= {name: _number(charge[name]) for name in _EXTRAS if charge[name]}
    if charge.free_events:
        terms["free_events"] = charge.free_events
    if charge.flat_at_zero:
        terms["flat_at_zero"] = True
    return _text(terms)


def _number(value) -> str:
    """Write a float field as the decimal that was loaded: its shortest text."""
    return plain(Decimal(repr(value)) if isinstance(value, float) else Decimal(value))


def _text(terms: dict) -> str:
    return json.dumps(terms, separators=(",", ":"), ensure_ascii=False)
