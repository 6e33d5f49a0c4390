"""Expected against posted: each trouble has its name, and the decision that settles it."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from tasks.model.addons import addon_key
from tasks.model.lago_periods import prorated
from tasks.model.ledger import FLAT, USAGE, LedgerLine
from tasks.model.money import minor_digits
from tasks.watch.records import Live, PostedLine, Trouble, Unpaid, Watched

ZERO = Decimal(0)
_USAGE = (USAGE, "minimum")

#: A decision about one customer comes before one about a kind of item.
CUSTOMER, ITEM = "customer", "item"
#: No difference of amounts: a person has to get the money, or to keep the subscription.
_NEVER = frozenset({Trouble.CLOSING})


class Key(NamedTuple):
    """Under what both sides are matched; an add-on's name without what spellings differ in."""

    customer: str
    subscription: str
    item: str
    day: date
    currency: str


def watch_lines(
    expected: Iterable[LedgerLine],
    posted: Iterable[PostedLine],
    live: Sequence[Live],
    *,
    ended: Mapping[str, datetime],
    due_by: datetime,
    zone: ZoneInfo,
) -> list[Watched]:
    """Compare what is due with what is posted, of whoever is live; sorted by their names.

    Args:
        expected: What is due by the source's terms, of anybody.
        posted: Lines of posted invoices.
        live: Whom Odoo bills.
        ended: When subscriptions ended at the source, by id.
        due_by: What was due later than this may still be on its way into an invoice.
        zone: The company's time zone.
    """
    begins = {one.subscription: one for one in live}
    ours = [line for line in expected if _is_ours(line, begins)]
    prices = _days_of_prices(ours)
    due: dict[Key, list[LedgerLine]] = defaultdict(list)
    for line in ours:
        due[_key(line, zone)].append(line)
    billed: dict[Key, list[PostedLine]] = defaultdict(list)
    for each in posted:
        billed[_key(each, zone)].append(each)
    rows = []
    for key in sorted({*due, *billed}):
        row = _row(key, due.get(key, []), billed.get(key, []), ended)
        if row.trouble is Trouble.NOT_BILLED and not _is_late(row, due_by, prices):
            continue
        rows.append(row)
    return rows


def closing_lines(unpaid: Iterable[Unpaid], today: date, within_days: int) -> list[Watched]:
    """Name the unpaid invoices for which Odoo ends a subscription soon, the first end first.

    An invoice of several subscriptions has a row for each; its amount stands with the first.
    """
    found = [
        (each.closes_on, each)
        for each in unpaid
        if each.closes_on and (each.closes_on - today).days <= within_days
    ]
    rows = []
    told: set[str] = set()
    for closes_on, each in sorted(found, key=lambda pair: (pair[0], pair[1].ref)):
        days = (closes_on - today).days
        when = f"in {days} days" if days > 0 else "now"
        said = f"Not paid; Odoo ends the subscription {when}, after {closes_on}."
        rows.append(
            Watched(
                each.customer,
                each.subscription,
                "invoice",
                None,
                None,
                each.currency,
                expected=None,
                posted=None,
                trouble=Trouble.CLOSING,
                stake=ZERO if each.ref in told else each.amount,
                evidence=said,
                refs=each.ref,
            )
        )
        told.add(each.ref)
    return rows


def _is_ours(line: LedgerLine, live: Mapping[str, Live]) -> bool:
    """Say whether Odoo is to bill what is due: it begins at or after the switch."""
    one = live.get(line.subscription)
    if one is None:
        return False
    since = one.usage_from if line.item.startswith(_USAGE) else one.flat_from
    return since is None or line.period_start >= since


def _days_of_prices(expected: Iterable[LedgerLine]) -> dict[str, list[datetime]]:
    days = defaultdict(list)
    for line in expected:
        if line.item == FLAT:
            days[line.subscription].append(line.period_start)
    return days


def _is_late(row: Watched, due_by: datetime, prices: Mapping[str, list[datetime]]) -> bool:
    """Say whether it should be posted by now: usage goes out with the next recurring price."""
    start, end = row.period_start, row.period_end
    if start is None or end is None:
        return True
    if row.item.startswith(_USAGE):
        return any(end <= day <= due_by for day in prices.get(row.subscription, ()))
    return start <= due_by


def _key(line: LedgerLine | PostedLine, zone: ZoneInfo) -> Key:
    kind, _, name = line.item.partition(":")
    item = f"addon:{addon_key(name)}" if kind == "addon" else line.item
    day = line.period_start.astimezone(zone).date()
    return Key(line.customer, line.subscription, item, day, line.currency)


def _row(
    key: Key,
    due: Sequence[LedgerLine],
    billed: Sequence[PostedLine],
    ended: Mapping[str, datetime],
) -> Watched:
    of = (due or billed)[0]
    amounts = [_cents(Decimal(line.amount), key.currency) for line in due]
    expected = sum(amounts, ZERO) if due else None
    posted = sum((line.amount for line in billed), ZERO) if billed else None
    over = ended.get(key.subscription)
    has_ended = over is not None and of.period_start >= over
    trouble, stake, evidence = _judge(due, billed, expected or ZERO, has_ended=has_ended)
    return Watched(
        key.customer, key.subscription, of.item, of.period_start, of.period_end, key.currency,
        expected, posted, trouble, stake, evidence,
        ", ".join(sorted({line.ref for line in billed})),
    )  # fmt: skip


def _judge(
    due: Sequence[LedgerLine], billed: Sequence[PostedLine], expected: Decimal, *, has_ended: bool
) -> tuple[Trouble | None, Decimal, str]:
    """Name what is wrong with a line, the money that it is about, and how it is seen."""
    posted = sum((line.amount for line in billed), ZERO)
    apart = posted - expected
    if not apart:
        return _tax(billed, posted)
    stake = abs(apart)
    if not due:
        if has_ended:
            return Trouble.BILLED_AFTER_END, stake, "The subscription had ended at the source."
        return Trouble.NOT_DUE, stake, "Posted, and no term of the source names it."
    if not posted:
        said = "Billed and credited again." if billed else "No posted invoice has it."
        return Trouble.NOT_BILLED, stake, said
    invoices = {line.ref for line in billed if line.amount > 0}
    if apart > 0 and len(invoices) > 1 and any(line.amount == expected for line in billed):
        return Trouble.BILLED_TWICE, stake, f"{len(invoices)} invoices bill the same period."
    counted, used = _units(line.units for line in due), _units(line.units for line in billed)
    is_usage = due[0].item.startswith(_USAGE)
    if apart < 0 and is_usage and counted is not None and used is not None and counted > used:
        return Trouble.USAGE_LATE, stake, f"{counted} were used, {used} are billed."
    return Trouble.OTHER_AMOUNT, stake, "More than is due." if apart > 0 else "Less than is due."


def _tax(billed: Sequence[PostedLine], posted: Decimal) -> tuple[Trouble | None, Decimal, str]:
    """Compare the tax of the lines with that of their orders."""
    lines = [
        (line, line.tax_rate, line.due_tax_rate)
        for line in billed
        if line.tax_rate is not None and line.due_tax_rate is not None
    ]
    if not posted:
        # Billed and credited: nothing is left to be taxed.
        return None, ZERO, ""
    sums = [(has, right, line.amount * (has - right) / 100) for line, has, right in lines]
    apart = sum((each[2] for each in sums), ZERO)
    stake = _cents(abs(apart), billed[0].currency)
    if not stake:
        return None, ZERO, ""
    has, right, _ = next(each for each in sums if each[2])
    return Trouble.OTHER_TAX, stake, f"Posted with {has} % of tax; the order has {right} %."


def _units(units: Iterable[Decimal | str | None]) -> Decimal | None:
    told = [None if each is None else Decimal(each) for each in units]
    return None if None in told else sum((each for each in told if each is not None), ZERO)


def _cents(amount: Decimal, currency: str) -> Decimal:
    """Round to the currency's smallest unit, a half away from zero, as an invoice does."""
    return prorated(amount, 1, 1, minor_digits(currency))


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in Odoo that holds, about a customer or a kind of item.

    ``value`` is the customer, or what the item's name begins with (``flat``, ``usage``). ``most``
    is the largest sum for one customer in one month, in ``currency``. ``said`` tells by whom it
    was made, until when it holds, and why.
    """

    number: int
    scope: str
    value: str
    currency: str
    most: Decimal
    said: str

    def covers(self, line: Watched) -> bool:
        """Say whether it was made for such a line, whatever the amount."""
        if line.trouble is None or line.trouble in _NEVER or line.currency != self.currency:
            return False
        about = line.customer if self.scope == CUSTOMER else line.item.partition(":")[0]
        return about == self.value


def settle(
    lines: Sequence[Watched], decisions: Iterable[Decision], zone: ZoneInfo
) -> list[Watched]:
    """Note at each line with trouble the decision that settles it, if one does.

    The limit of a decision is for all that it covers of a customer in a month, as in the dual
    run: if that comes to more, all of it is open.

    Args:
        lines: Of the watch.
        decisions: Those that hold.
        zone: The company's, in which a month begins.
    """
    said: dict[int, str] = {}
    for decision in sorted(decisions, key=lambda one: (one.scope != CUSTOMER, one.number)):
        covered = [at for at, line in enumerate(lines) if decision.covers(line)]
        sums: dict[tuple[str, date | None], Decimal] = defaultdict(Decimal)
        for at in covered:
            sums[_cycle(lines[at], zone)] += lines[at].stake
        for at in covered:
            if sums[_cycle(lines[at], zone)] <= decision.most:
                said.setdefault(at, decision.said)
    return [replace(line, decided=said.get(at, "")) for at, line in enumerate(lines)]


def _cycle(line: Watched, zone: ZoneInfo) -> tuple[str, date | None]:
    start = line.period_start
    return line.customer, start.astimezone(zone).date().replace(day=1) if start else None
