"""One outcome for every deployment and billing period that was read: the accounts close here."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from functools import lru_cache, partial
from zoneinfo import ZoneInfo

from tasks.model.periods import begins_period
from tasks.model.records import LoadedRow, Outcome
from tasks.usage.pages import ByPeriod, Page
from tasks.usage.records import MeteredOrder, PeriodKey, Rated, Stored, UsageRow, UsageSum

BEFORE_SUBSCRIPTION = (
    "before_subscription",
    "It began before the first billing period of the deployment's present subscription.",
)
ENDED = ("ended", "The deployment was deleted or its subscription ended, and Odoo has no order.")
NOT_IN_ODOO = (
    "not_in_odoo",
    "The deployment is live, but Odoo has no order for it.",
    "Look the deployment up in the backfill's report, correct it, and run the backfill.",
)
ALL_QUARANTINED = (
    "usage_quarantined",
    "All of its records are in quarantine.",
    "Correct the records in NexaCloud, then meter again with --full.",
)
#: Of a period that was not sent, because Odoo holds it already.
HELD = LoadedRow("usage", "", Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class Metered:
    """What Odoo answered and holds of a page, by deployment and start of the period.

    ``stored`` is empty when nothing was read back.
    """

    answers: Mapping[PeriodKey, LoadedRow] = field(default_factory=dict)
    stored: Mapping[PeriodKey, Stored] = field(default_factory=dict)
    ratings: Mapping[PeriodKey, Rated] = field(default_factory=dict)
    unrated: Mapping[PeriodKey, tuple[str, str]] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class MeterResult:
    """What Odoo answered and holds of all pages.

    ``new`` are the sums of each page that Odoo did not hold, ``gone`` periods that it held and
    NexaCloud does not any more; both are empty when nothing was to be loaded. Of ``stored`` a
    later one stands. ``stopped`` says why the load or the rating is not whole, ``refused`` why
    nothing was to be loaded at all.
    """

    new: Sequence[tuple[UsageSum, ...]] = ()
    gone: Sequence[tuple[UsageSum, ...]] = ()
    answers: ByPeriod[LoadedRow] = field(default_factory=ByPeriod)
    stored: tuple[ByPeriod[Stored], ...] = ()
    ratings: ByPeriod[Rated] = field(default_factory=ByPeriod)
    unrated: ByPeriod[tuple[str, str]] = field(default_factory=ByPeriod)
    stopped: str | None = None
    refused: str | None = None

    def of(self, place: int, page: Page, orders: Mapping[str, MeteredOrder]) -> Metered:
        """Give what Odoo answered and holds of the page at a place."""
        if not self.new:
            return Metered()
        sent = {each.key for each in self.new[place]}
        held = (each.key for each in loadable(page.sums, orders) if each.key not in sent)
        stored: dict[PeriodKey, Stored] = {}
        for each in self.stored:
            stored |= each.of(page)
        return Metered(
            {**{key: HELD for key in held if key}, **self.answers.of(page)},
            stored,
            self.ratings.of(page),
            self.unrated.of(page),
        )


def loadable(sums: Iterable[UsageSum], orders: Mapping[str, MeteredOrder]) -> tuple[UsageSum, ...]:
    """Keep the sums that have a period, an order in Odoo, and at least one good record."""
    return tuple(
        each for each in sums if each.start and each.records and each.deployment_id in orders
    )


def differing(
    sums: Iterable[UsageSum],
    stored: Mapping[PeriodKey, Stored],
    orders: Mapping[str, MeteredOrder],
    zone: ZoneInfo,
) -> tuple[UsageSum, ...]:
    """Keep the sums that Odoo does not hold just so, to the last digit.

    A sum of which Odoo's order has no such billing period (any more) is kept too: Odoo
    is to say so.
    """
    begins_on = lru_cache(maxsize=None)(lambda start: start.astimezone(zone).date())

    def is_held(each: UsageSum) -> bool:
        if not each.key or stored.get(each.key) != (each.end, each.seconds):
            return False
        first_day = orders[each.key[0]].first_day
        return first_day is not None and begins_period(begins_on(each.start), first_day)

    return tuple(each for each in sums if not is_held(each))


def close_usage_accounts(
    sums: Sequence[UsageSum],
    orders: Mapping[str, MeteredOrder],
    metered: Metered,
    *,
    refused: str | None,
    stopped: str | None,
) -> tuple[UsageRow, ...]:
    """Give every sum exactly one outcome, in the given order.

    Args:
        sums: What was read, and what vanished from the source.
        orders: Odoo's orders by deployment id.
        metered: What Odoo answered and holds.
        refused: Why nothing at all was loaded, told of the sums that were fit to.
        stopped: Why the load ended early, told of the sums that Odoo never answered for.
    """

    def close(each: UsageSum) -> UsageRow:
        order = orders.get(each.deployment_id or "")
        if order and each.key:
            return _in_odoo(each, each.key, order, metered, refused, stopped)
        if not each.records:
            return _with_reason(each, order, Outcome.QUARANTINED, *ALL_QUARANTINED)
        if order:
            why: tuple[str, ...] = BEFORE_SUBSCRIPTION
        else:
            why = ENDED if each.ended else NOT_IN_ODOO
        return _with_reason(each, order, Outcome.OUT_OF_SCOPE, *why)

    return tuple(close(each) for each in sums)


def _in_odoo(
    each: UsageSum,
    key: PeriodKey,
    order: MeteredOrder,
    metered: Metered,
    refused: str | None,
    stopped: str | None,
) -> UsageRow:
    stored = metered.stored.get(key)
    row = partial(
        UsageRow,
        each,
        label=order.name,
        odoo_id=order.odoo_id,
        stored=stored[1] if stored else None,
        rated=metered.ratings.get(key),
    )
    answer = metered.answers.get(key)
    if answer is not None:
        code, reason = metered.unrated.get(key, (answer.code, answer.message))
        return row(outcome=answer.outcome, code=code, reason=reason)
    if not each.records:
        code, reason, remedy = ALL_QUARANTINED
        return row(outcome=Outcome.QUARANTINED, code=code, reason=reason, remedy=remedy)
    if refused is not None:
        why = f"Nothing was written: {refused}"
        return row(outcome=Outcome.NOT_SELECTED, code="run_refused", reason=why)
    return row(
        outcome=Outcome.FAILED,
        code="not_loaded",
        reason=stopped or "Odoo gave no answer for this period.",
        remedy="Meter again: what is already there costs nothing.",
    )


def _with_reason(
    each: UsageSum,
    order: MeteredOrder | None,
    outcome: Outcome,
    code: str,
    reason: str,
    remedy: str | None = None,
) -> UsageRow:
    label, odoo_id = (order.name, order.odoo_id) if order else ("", None)
    return UsageRow(each, outcome, label, odoo_id, code=code, reason=reason, remedy=remedy)
