"""What the watch looks at, and what it names."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum


class Trouble(StrEnum):
    """What is wrong with a line; each line that the watch names has exactly one."""

    NOT_BILLED = "not_billed"
    BILLED_AFTER_END = "billed_after_end"
    BILLED_TWICE = "billed_twice"
    NOT_DUE = "not_due"
    OTHER_AMOUNT = "other_amount"
    OTHER_TAX = "other_tax"
    USAGE_LATE = "usage_late"
    CLOSING = "unpaid_closing"


@dataclass(frozen=True, slots=True)
class Live:
    """A subscription that Odoo bills.

    ``flat_from`` and ``usage_from`` are the moments from which Odoo bills price and usage; None:
    from the beginning. ``ends_at``: when it is over in Odoo; None: it goes on.
    """

    customer: str
    subscription: str
    order: str
    flat_from: datetime | None
    usage_from: datetime | None
    ends_at: datetime | None


@dataclass(frozen=True, slots=True)
class PostedLine:
    """One line of a posted invoice, before tax; of a credit note it is negative.

    ``tax_rate`` is the line's own percentage, ``due_tax_rate`` that of its order; None: not told.
    """

    customer: str
    subscription: str
    item: str
    period_start: datetime
    period_end: datetime
    units: Decimal | None
    amount: Decimal
    currency: str
    tax_rate: Decimal | None
    due_tax_rate: Decimal | None
    ref: str


@dataclass(frozen=True, slots=True)
class Unpaid:
    """A posted invoice that is not paid: what is left of it, with tax.

    ``closes_on``: the last day before Odoo's plan ends the subscription; None: it never does.
    """

    customer: str
    subscription: str
    ref: str
    amount: Decimal
    currency: str
    closes_on: date | None


@dataclass(frozen=True, slots=True)
class Posted:
    """What Odoo answers: posted lines, whom it bills, and what is not paid."""

    lines: tuple[PostedLine, ...]
    live: tuple[Live, ...]
    unpaid: tuple[Unpaid, ...]


@dataclass(frozen=True, slots=True)
class Watched:
    """A line of the watch; ``trouble`` is None where all agrees.

    ``expected`` and ``posted`` are before tax, None where that side has no line. ``stake`` is the
    money that the trouble is about, never negative. ``decided`` is what a person said of the
    trouble in Odoo; empty while it is open.
    """

    customer: str
    subscription: str
    item: str
    period_start: datetime | None
    period_end: datetime | None
    currency: str
    expected: Decimal | None
    posted: Decimal | None
    trouble: Trouble | None
    stake: Decimal
    evidence: str
    refs: str
    decided: str = ""

    @property
    def is_open(self) -> bool:
        """Say whether something is wrong that nobody has decided about."""
        return self.trouble is not None and not self.decided
