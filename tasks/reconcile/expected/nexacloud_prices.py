"""A plan's prices: how usage is rated by them, and as the JSON that ledger lines carry."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import lru_cache

from tasks.model.money import decimal_text
from tasks.model.nexacloud import SECONDS_PER_CORE_HOUR
from tasks.model.rating import RatedCharge
from tasks.reconcile.expected.nexacloud_changes import Segment
from tasks.reconcile.expected.nexacloud_rows import PlanRow


def charge_of(plan: PlanRow) -> RatedCharge | None:
    """Give the terms of a plan's CPU seconds; None if it has no quota, or no price beyond it."""
    if plan.quota is None or plan.quota < 0 or plan.rate is None or plan.rate < 0:
        return None
    return RatedCharge(
        "standard",
        price_per_unit=plan.rate,
        included_quota=plan.quota,
        unit_batch=SECONDS_PER_CORE_HOUR,
    )


@lru_cache(maxsize=10_000)
def charge_terms(plan_code: str, charge: RatedCharge) -> str:
    """Write the terms by which usage was rated, as Odoo's ledger does."""
    return _text(
        {
            "charge_model": charge.charge_model,
            "included_quota": decimal_text(charge.included_quota),
            "unit_batch": charge.unit_batch,
            "price_per_unit": decimal_text(charge.price_per_unit),
            "rounding": charge.block_rating,
            "minimum_amount": decimal_text(charge.minimum_amount),
            "tiers": [],
            "plan_code": plan_code,
        }
    )


def flat_terms(segment: Segment) -> str:
    """Write the terms of a recurring price, as Odoo's ledger does.

    ``until`` is the first day on which the subscription was another plan, in place: by then
    nobody else can know this price.
    """
    cycle = segment.cycle or ""
    terms = {
        "price": decimal_text(segment.plan.prices[cycle]),
        "cycle": cycle,
        "plan_code": segment.plan.code,
    }
    if segment.is_changed and segment.last_day is not None:
        terms["until"] = segment.last_day.isoformat()
    return _text(terms)


def _text(terms: Mapping[str, object]) -> str:
    return json.dumps(terms, separators=(",", ":"), ensure_ascii=False)
