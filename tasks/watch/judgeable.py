"""What the source's terms can judge of what Odoo has posted."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from math import ceil

from tasks.model.lago_periods import prorated
from tasks.model.ledger import FIXED, FLAT, LedgerLine
from tasks.model.money import decimal_text, minor_digits
from tasks.reconcile.source import Source
from tasks.reconcile.window import ReconcileWindow
from tasks.watch.records import Posted, PostedLine

#: What Lago's stored terms tell without its own counting: prices and fixed charges.
_OF_LAGO = (FLAT, FIXED)
_CLOCK_CHANGE = timedelta(hours=1)


@dataclass(frozen=True, slots=True)
class Judgeable:
    """What is due and what is posted, as far as the terms name it.

    ``ended`` is when subscriptions were over, by id; ``left_out`` counts the posted lines of which
    the terms cannot say what is due.
    """

    expected: list[LedgerLine]
    posted: list[PostedLine]
    ended: Mapping[str, datetime]
    left_out: int


def judgeable(source: Source, posted: Posted, window: ReconcileWindow, home: str) -> Judgeable:
    """Put side by side what is due in the window and what is posted.

    Args:
        source: The terms' side.
        posted: Odoo's side.
        window: Periods that start in it.
        home: ``nexacloud`` or ``lago``.
    """
    lines = (LedgerLine(*row) for row in source.expected.iter_rows())
    expected = [line for line in lines if window.since <= line.period_start < window.until]
    columns = source.subscriptions.select("subscription", "ended_at", "live_from")
    ended = {
        name: over
        for name, over, running in columns.iter_rows()
        if over is not None and running is None
    }
    beyond = set(source.left_out.select("subscription", "item").iter_rows())
    priced = [
        line
        for line in posted.lines
        if not beyond & {(line.subscription, line.item), (line.subscription, "")}
    ]
    if home == "nexacloud":
        named = _named_by_rows(expected, priced, ended)
        return Judgeable(expected, named, ended, len(posted.lines) - len(named))
    # Lago ended them at the switch: from then on Odoo knows how long they go.
    ends = {one.subscription: one.ends_at for one in posted.live if one.ends_at}
    named = [line for line in priced if line.item.startswith(_OF_LAGO)]
    due = [
        _until(line, ends.get(line.subscription))
        for line in expected
        if line.item.startswith(_OF_LAGO)
        and not (line.subscription in ends and line.period_start >= ends[line.subscription])
    ]
    return Judgeable(due, named, ended | ends, len(posted.lines) - len(named))


def _until(line: LedgerLine, ends_at: datetime | None) -> LedgerLine:
    """Give what is due of a price whose subscription ends within its period: its days until then.

    What was paid ahead for the others is credited, in arrears they are not billed.
    """
    if line.item != FLAT or ends_at is None or not line.period_start < ends_at < line.period_end:
        return line
    days, whole = (_days(line.period_start, end) for end in (ends_at, line.period_end))
    part = prorated(Decimal(line.amount), days, whole, minor_digits(line.currency))
    return line._replace(amount=decimal_text(part))


def _days(start: datetime, end: datetime) -> int:
    """Count the days that are begun; a night in which the clock is changed is none."""
    return ceil((end - start - _CLOCK_CHANGE) / timedelta(days=1))


def _named_by_rows(
    expected: Iterable[LedgerLine], posted: Iterable[PostedLine], ended: Mapping[str, datetime]
) -> list[PostedLine]:
    """Leave out what NexaCloud's rows no longer tell of a subscription that ended.

    They have no word on which add-ons it had, and its last usage is priced only where NexaCloud
    itself billed it; what begins after the end is judged all the same.
    """
    due = {(line.subscription, line.item, line.period_start) for line in expected}
    return [
        line
        for line in posted
        if line.item == FLAT
        or line.subscription not in ended
        or line.period_start >= ended[line.subscription]
        or (line.subscription, line.item, line.period_start) in due
    ]
