"""Changes of plan: what a subscription was sold as before, and what a change costs by days.

NexaCloud's row of a subscription has the plan of today. That it had another one, and until what
day, stands only in the lines by which invoices settled the change ("Unused time on ... after
2026-09-14", "Remaining time on ..."). Such a line is priced anew: the named plan's price, times
the days of the period that were left, divided by the days of the whole.
"""

from __future__ import annotations

import re
import unicodedata
from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_key
from tasks.model.lago_periods import Rhythm, prorated
from tasks.model.ledger import PRORATION, LedgerLine
from tasks.model.money import decimal_text
from tasks.model.nexacloud import CYCLE_MONTHS
from tasks.reconcile.expected.nexacloud_rows import AddonRow, PlanRow

_DIGITS = 6
#: Nobody prices in less; amounts that are nearer are one.
_SAME = Decimal("0.00005")
_GIVES_BACK = re.compile(r"\b(un-?used|credit|refund|inutil|non util)", re.IGNORECASE)
#: How days are written, and read.
_WRITTEN = (
    (re.compile(r"\b(\d{4}-\d{2}-\d{2})\b"), ("%Y-%m-%d",)),
    (
        re.compile(r"\b(\d{1,2} [A-Za-z]{3,9} \d{4}|[A-Za-z]{3,9} \d{1,2},? \d{4})\b"),
        ("%d %b %Y", "%d %B %Y", "%b %d %Y", "%B %d %Y"),
    ),
)
#: Months as French invoices write them, whole or cut short, by how they begin without accents.
_FRENCH = ("janv", "fev", "mars", "avr", "mai", "juin", "juil", "aout", "sept", "oct", "nov", "dec")
_FRENCH_DAY = re.compile(r"\b(\d{1,2})(?:er)? ([a-z]{3,9})\.? (\d{4})\b")


@dataclass(frozen=True, slots=True)
class Segment:
    """Days over which a subscription was one plan by one cycle.

    ``cycle`` None: there is no price for it, and ``fault`` says why. Periods count from
    ``anchor``. ``last_day`` is the first day after; None: it goes on. ``is_changed``: it gave way
    to another plan.
    """

    plan: PlanRow
    cycle: str | None
    anchor: date
    first_day: date
    last_day: date | None
    fault: str = ""
    is_changed: bool = False

    def holds(self, day: date) -> bool:
        """Whether it was there on a day, or ended on it."""
        return self.first_day <= day and (self.last_day is None or day <= self.last_day)


@dataclass(frozen=True, slots=True)
class PlanChanges:
    """The plan of today, and which one a subscription had before each day of change.

    ``None`` instead of a plan: nobody can tell.
    """

    now: PlanRow
    before: tuple[tuple[date, PlanRow | None], ...] = ()

    def segments(self, first_day: date, cycle: str, last_day: date | None) -> list[Segment]:
        """Give the stretches from the first day on; another cycle counts from its own first day."""
        days = [first_day, *(day for day, _ in self.before), last_day]
        plans = [*(plan for _, plan in self.before), self.now]
        found: list[Segment] = []
        for plan, begins, ends in zip(plans, days[:-1], days[1:], strict=True):
            sold = self._cycle(plan, cycle)
            fault = "" if sold else "price_missing_for_cycle" if plan else "plan_before_unknown"
            anchor = found[-1].anchor if found and found[-1].cycle in {sold, None} else begins
            first = begins or first_day
            is_changed = len(found) < len(self.before)
            found.append(
                Segment(plan or self.now, sold, anchor or first, first, ends, fault, is_changed)
            )
        return found

    def _cycle(self, plan: PlanRow | None, cycle: str) -> str | None:
        """Say by which cycle a plan was sold: the subscription's, or before a change its only."""
        if plan is None:
            return None
        if cycle in plan.prices:
            return cycle
        was_another = cycle in self.now.prices and len(plan.prices) == 1
        return next(iter(plan.prices)) if was_another else None


def changes_of(
    prorations: Sequence[LedgerLine],
    plans: Mapping[str, PlanRow],
    plan_id: str,
    *,
    after: date,
    before: date | None,
) -> PlanChanges:
    """Read from a subscription's own prorations which plans it had.

    Args:
        prorations: Its lines.
        plans: By id.
        plan_id: The plan of today.
        after: Its first day: what was settled then is of the subscription before it.
        before: The day of its end (None: it goes on).
    """
    left: dict[date, Counter[str]] = defaultdict(Counter)
    for line in prorations:
        named = _named(line, plans)
        for day in _days(line)[:1]:
            if named and after < day and (before is None or day < before):
                left[day][named] += 1 if _is_given_back(line) else -1
    found: list[tuple[date, PlanRow | None]] = []
    for day, counts in sorted(left.items()):
        gone = [name for name, count in counts.items() if count > 0]
        if any(counts.values()):
            old = _like(gone[0], plans, plans[plan_id]) if len(gone) == 1 else None
            found.append((day, old))
    return PlanChanges(plans[plan_id], tuple(found))


def passing(
    prorations: Sequence[LedgerLine], plans: Mapping[str, PlanRow], stretches: Sequence[Segment]
) -> list[Segment]:
    """Give the plans that a subscription took and gave back on one day.

    They are no stretch of it, and what was settled of them has a price all the same.

    Args:
        prorations: Its lines.
        plans: By id.
        stretches: What it was sold as.
    """
    found = []
    known = {name for each in stretches for name in _names(each.plan)}
    settled: dict[tuple[str, date], set[bool]] = defaultdict(set)
    for line in prorations:
        named = _named(line, plans)
        for day in _days(line)[:1]:
            if named and named not in known:
                settled[named, day].add(_is_given_back(line))
    for (named, day), ways in sorted(settled.items()):
        if len(ways) < len((True, False)):
            continue
        for each in stretches:
            plan = _like(named, plans, each.plan)
            if each.holds(day) and each.cycle in plan.prices:
                found.append(replace(each, plan=plan, first_day=day, last_day=day))
    return found


def is_rest_charged(prorations: Sequence[LedgerLine], plan: PlanRow, day: date) -> bool:
    """Say whether a line charges a plan for what is left of a period from a day on."""
    return any(
        not _is_given_back(line)
        and _days(line)[:1] == [day]
        and any(name in _text(line) for name in _names(plan))
        for line in prorations
    )


def rederived(
    line: LedgerLine, stretches: Sequence[Segment], addons: Sequence[AddonRow], zone: ZoneInfo
) -> str | None:
    """Price a proration anew, as text; None if the line does not say of what.

    Within the day of the change the invoice may count hours: any amount between the day's two
    ends is what the terms say. Otherwise it is the amount by whole days.

    Args:
        line: The line as billed; its item holds the description.
        stretches: What the deployment's subscriptions were sold as.
        addons: The deployment's.
        zone: The company's time zone.
    """
    billed = Decimal(line.amount)
    sign = -1 if _is_given_back(line) else 1
    by_days = []
    for price, segment in _readings(line, stretches, addons):
        for day in _days(line) or _edges(line, segment, sign, zone):
            if not segment.holds(day):
                continue
            try:
                from_morning, from_evening = _rest(price, segment, day)
            except ArithmeticError:
                # A price of more digits than any money has.
                continue
            values = sorted((sign * from_morning, sign * from_evening))
            if values[0] - _SAME <= billed <= values[1] + _SAME:
                return line.amount
            by_days.append(sign * from_morning)
    if not by_days:
        return None
    return decimal_text(min(by_days, key=lambda value: (abs(value - billed), value)))


def _readings(
    line: LedgerLine, stretches: Sequence[Segment], addons: Sequence[AddonRow]
) -> list[tuple[Decimal, Segment]]:
    """Give the prices that a line can speak of, of a whole period: those of the longest name."""
    text = _text(line)
    found: list[tuple[str, Decimal, Segment]] = []
    for segment in stretches:
        if segment.cycle is None:
            continue
        plan = segment.plan
        found += [(name, plan.prices[segment.cycle], segment) for name in _names(plan)]
        months = CYCLE_MONTHS[segment.cycle]
        found += [
            (addon_key(addon.name), addon.price * months, segment)
            for addon in addons
            if addon.name and addon.name.strip() and addon.price is not None
        ]
    found = [each for each in found if each[0] in text]
    longest = max((len(name) for name, _, _ in found), default=0)
    return [(price, segment) for name, price, segment in found if len(name) == longest]


def _edges(line: LedgerLine, segment: Segment, sign: int, zone: ZoneInfo) -> list[date]:
    """Guess the day of a line that tells none: the stretch's end or beginning, or the line's."""
    edge = segment.last_day if sign < 0 else segment.first_day
    return [edge or line.period_start.astimezone(zone).date()]


def _rest(price: Decimal, segment: Segment, day: date) -> tuple[Decimal, Decimal]:
    """Price what is left of a period from a day's beginning, and from its end."""
    period = Rhythm(segment.cycle or "", "anniversary", segment.anchor).period_at(day)
    left = (period.end - day).days
    return (
        prorated(price, left, period.days, _DIGITS),
        prorated(price, left - 1, period.days, _DIGITS),
    )


def _text(line: LedgerLine) -> str:
    return addon_key(line.item.removeprefix(PRORATION))


def _names(plan: PlanRow) -> tuple[str, ...]:
    return _keys(plan.name, plan.code)


@lru_cache(maxsize=10_000)
def _keys(*names: str) -> tuple[str, ...]:
    return tuple(addon_key(name) for name in names if name.strip())


def _named(line: LedgerLine, plans: Mapping[str, PlanRow]) -> str | None:
    """Find the name of the plan that a line speaks of: the longest one in it."""
    text = _text(line)
    found = [name for plan in plans.values() for name in _names(plan) if name in text]
    return max(found, key=lambda name: (len(name), name), default=None)


def _like(name: str, plans: Mapping[str, PlanRow], plan: PlanRow) -> PlanRow:
    """Choose among the plans of one name: the one most like the plan that came after it."""
    if name in _names(plan):
        return plan
    found = [each for each in plans.values() if name in _names(each)]
    return min(
        found,
        key=lambda each: (
            each.currency != plan.currency,
            each.prices.keys() != plan.prices.keys(),
            each.plan_id,
        ),
    )


def _is_given_back(line: LedgerLine) -> bool:
    return Decimal(line.amount) < 0 or bool(_GIVES_BACK.search(line.item))


def _days(line: LedgerLine) -> list[date]:
    """Read the days that a line tells, the first named first; none if it tells none."""
    text = line.item.removeprefix(PRORATION)
    found = []
    for pattern, forms in _WRITTEN:
        for written in pattern.findall(text):
            for form in forms:
                with suppress(ValueError):
                    day = datetime.strptime(written.replace(",", ""), form).replace(tzinfo=UTC)
                    found.append(day.date())
                    break
    return found or _french_days(text)


def _french_days(text: str) -> list[date]:
    """Read days such as 1er août 2026 and 12 déc. 2026."""
    plain = unicodedata.normalize("NFD", text.casefold())
    plain = "".join(sign for sign in plain if not unicodedata.combining(sign))
    found = []
    for day, name, year in _FRENCH_DAY.findall(plain):
        months = [at for at, begin in enumerate(_FRENCH, start=1) if name.startswith(begin)]
        with suppress(ValueError):
            found += [date(int(year), month, int(day)) for month in months]
    return found
