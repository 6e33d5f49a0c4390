"""Subscriptions as they were there: from when until when, as which plan, and by which prices."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from functools import lru_cache

from tasks.model.money import decimal_text
from tasks.model.nexacloud import CYCLE_MONTHS, SECONDS_PER_CORE_HOUR
from tasks.model.rating import RatedCharge
from tasks.model.source import ENDED_STATUSES, LIVE_STATUSES
from tasks.reconcile.expected.nexacloud_changes import Segment, is_rest_charged
from tasks.reconcile.expected.nexacloud_rows import (
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
)


@dataclass(frozen=True, slots=True)
class Life:
    """A subscription that can be priced: ``starts`` at its first day's first moment, UTC.

    ``ends`` is the first moment after its end; None: it goes on. ``stretches`` are what it was
    sold as, oldest first.
    """

    row: SubscriptionRow
    customer: str
    first_day: date
    starts: datetime
    ends: datetime | None
    stretches: Sequence[Segment]

    def holds(self, moment: datetime) -> bool:
        """Whether it was there."""
        return self.starts <= moment and (self.ends is None or moment < self.ends)

    def sold_on(self, day: date) -> Segment:
        """Give what it was sold as on a day."""
        return [each for each in self.stretches if each.first_day <= day][-1]

    def begun_as(self, day: date) -> Segment:
        """Give what a period that begins on a day is billed as.

        What is settled on the same day was billed by then, unless it counts from there anew.
        """
        first, *others = self.stretches
        begun = [
            each for each in others if each.first_day < day or each.first_day == each.anchor == day
        ]
        return [first, *begun][-1]


def in_rhythm(lives: Sequence[Life], told: Told) -> list[Life]:
    """Let a subscription that took over in the middle of a period keep the old one's rhythm.

    It did where the rest of that period was charged on its first day.
    """
    found: list[Life] = []
    for life in sorted(lives, key=lambda each: (each.starts, each.row.subscription_id)):
        before = [
            each
            for each in found
            if each.stretches[-1].last_day == life.first_day and each.row.cycle == life.row.cycle
        ]
        first = life.stretches[0]
        if len(before) == 1 and is_rest_charged(told.prorations, first.plan, life.first_day):
            kept = before[0].stretches[-1].anchor
            stretches = [
                replace(each, anchor=kept) if each.anchor == first.anchor else each
                for each in life.stretches
            ]
            life = replace(life, stretches=stretches)
        found.append(life)
    return found


def end_of(row: SubscriptionRow, deployment: DeploymentRows) -> tuple[datetime | None, str]:
    """Say when a subscription ended (None: it goes on), or why nobody can.

    Nothing is left to bill once the deployment is gone. An end without a date is that of the last
    period that the row names.
    """
    has_ended = row.status in ENDED_STATUSES
    if not (has_ended or deployment.is_deleted):
        return None, "" if row.status in LIVE_STATUSES else "status_unknown"
    told = [deployment.deleted_at] if deployment.is_deleted else []
    told += [row.canceled_at] if has_ended else []
    end = min(filter(None, told), default=row.period_end)
    return end, "" if end else "end_unknown"


def fault_of(row: SubscriptionRow, deployment: DeploymentRows, plans: Mapping[str, PlanRow]) -> str:
    """Name what keeps a subscription from being priced at all; empty: nothing does."""
    if not deployment.is_known:
        return "deployment_unknown"
    if row.customer is None:
        return "subscriber_unknown"
    if row.cycle not in CYCLE_MONTHS:
        return "cycle_unknown"
    plan = plans.get(row.plan_id or "")
    if plan is None:
        return "plan_unknown"
    return "" if plan.currency else "currency_unknown"


def turn(life: Life) -> tuple[bool, datetime, str]:
    """Give the order in which subscriptions of a deployment pay: the last one does."""
    return life.ends is None, life.starts, life.row.subscription_id


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
    terms: dict[str, object] = {
        "charge_model": charge.charge_model,
        "included_quota": decimal_text(charge.included_quota),
        "unit_batch": charge.unit_batch,
        "price_per_unit": decimal_text(charge.price_per_unit),
        "rounding": charge.block_rating,
        "minimum_amount": decimal_text(charge.minimum_amount),
        "tiers": [],
        "plan_code": plan_code,
    }
    return _text(terms, until)


def flat_terms(segment: Segment) -> str:
    """Write the terms of a recurring price, as Odoo's ledger does.

    ``until`` is the first day on which the subscription was another plan, in place: by then
    nobody else can know this price.
    """
    cycle = segment.cycle or ""
    terms: dict[str, object] = {
        "price": decimal_text(segment.plan.prices[cycle]),
        "cycle": cycle,
        "plan_code": segment.plan.code,
    }
    return _text(terms, _until(segment))


def _until(segment: Segment) -> str | None:
    return segment.last_day.isoformat() if segment.is_changed and segment.last_day else None


def _text(terms: dict[str, object], until: str | None) -> str:
    told = terms | ({"until": until} if until else {})
    return json.dumps(told, separators=(",", ":"), ensure_ascii=False)
