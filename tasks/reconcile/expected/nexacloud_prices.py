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


def charge_terms(segment: Segment, charge: RatedCharge) -> str:
    """Write the terms by which usage was rated, as Odoo's ledger does; see ``flat_terms``."""
    return _charge_terms(segment.plan.code, charge, _until(segment))


@lru_cache(maxsize=10_000)
def _charge_terms(plan_code: str, charge: RatedCharge, until: str | None) -> str:
    terms = {
        "charge_model": charge.charge_model,
        "included_quota": decimal_text(charge.included_quota),
        "unit_batch": charge.unit_batch,
        "price_per_unit": decimal_text(charge.price_per_unit),
        "rounding": charge.block_rating,
        "minimum_amount": decimal_text(charge.minimum_amount),
        "tiers": [],
        "plan_code": plan_code,
    }
    return _text(terms | ({"until": until} if until else {}))


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
    until = _until(segment)
    return _text(terms | ({"until": until} if until else {}))


def _until(segment: Segment) -> str | None:
    return segment.last_day.isoformat() if segment.is_changed and segment.last_day else None


def _text(terms: Mapping[str, object]) -> str:
    return json.dumps(terms, separators=(",", ":"), ensure_ascii=False)
