"""Ledgers: what each side billed, line by line, and what comparing two of them gives.

A ledger line is one comparable amount before tax. It names a service, a customer, a
subscription, an item and the period that it is for; what two sides say under the same names
is matched. Amounts are whole millionths of the currency's major unit (``micro``), never floats.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import NamedTuple

import polars as pl

from tasks.model.errors import FatalError
from tasks.model.money import minor_digits

MICRO = 1_000_000
#: What a line is of (``item``): a plan's price, or a kind with a name of its own behind it.
FLAT = "flat"
USAGE, MINIMUM, ADDON, FIXED = "usage:", "minimum:", "addon:", "fixed:"
DISCOUNT, PRORATION, OTHER = "discount:", "proration:", "other:"
#: By how much an invoice's total is below subtotal and tax, where that is the tax itself.
TAX_WITHIN = f"{OTHER}tax within the subtotal"
#: An invoice that a rule keeps out of the comparison.
KEPT_OUT = f"{OTHER}invoice kept out"
#: What was billed beyond the period that the subscription's row names.
BEYOND = f"{OTHER}billed beyond its period"
#: NexaCloud keeps four decimals: one in the last place is no difference.
FINE_STEP_MICRO = 100
#: More digits than any side keeps; the text is rounded once, to millionths.
_READ_DIGITS = 18

MOMENT = pl.Datetime("us", "UTC")


class LedgerLine(NamedTuple):
    """One comparable amount, as a reader gives it; the fields are the columns of a ledger.

    Attributes:
        service: Code of the service.
        customer: External id of the customer at the service.
        subscription: External id of the subscription; empty if the line is of none.
        item: ``flat``, ``usage:<metric>``, ``minimum:<metric>``, ``addon:<name>``,
            ``fixed:<code>``, ``discount:<code>``, ``minimum`` (of a plan), ``credit:<...>``,
            ``proration:<...>``, ``one-off:<...>`` or ``other:<...>``.
        period_start: First moment of the service period, in UTC.
        period_end: First moment after it.
        units: Quantity billed in the metric's unit, as plain digits; None if not told.
        amount: Before tax, in the currency's major unit, exact as the side holds it.
        currency: ISO code.
        tax_rate: Percent that this side applied; None if not told.
        ref: Where a person finds the line.
        origin: ``lago``, ``stripe``, ``nexacloud``, ``odoo``, or ``terms`` for what is due by them.
        terms: The terms that were rated, as JSON, where the side tells them; else empty.
    """

    service: str
    customer: str
    subscription: str
    item: str
    period_start: datetime
    period_end: datetime
    units: str | None
    amount: str
    currency: str
    tax_rate: str | None
    ref: str
    origin: str
    terms: str = ""


LEDGER_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "customer": pl.String(),
    "subscription": pl.String(),
    "item": pl.String(),
    "period_start": MOMENT,
    "period_end": MOMENT,
    "units": pl.String(),
    "amount": pl.String(),
    "currency": pl.String(),
    "tax_rate": pl.String(),
    "ref": pl.String(),
    "origin": pl.String(),
    "terms": pl.String(),
}


class LineOutcome(StrEnum):
    """What became of a line, billed against Odoo; each line ends in exactly one.

    A line that the terms alone speak of is a ``match``: nobody bills it. Whether anything is
    wrong with it, ``WrongSide`` tells.
    """

    MATCH = "match"
    DELTA = "delta"
    MISSING_IN_ODOO = "missing_in_odoo"
    MISSING_IN_EXTERNAL = "missing_in_external"


class WrongSide(StrEnum):
    """Which of the three ledgers is wrong; a line is settled when none is.

    ``NONE``: all that speak agree, or the subscription has ended and was billed as expected.
    ``COPY``: billed as expected, Odoo differs. ``BILLED``: Odoo has what is expected, billed was
    something else. ``TERMS``: billed and Odoo agree, the terms were misread. ``OPEN``: all three
    differ, or nothing is known of what was due.
    """

    NONE = ""
    COPY = "copy"
    BILLED = "billed"
    TERMS = "terms"
    OPEN = "open"


class Cause(StrEnum):
    """Why two sides differ; two at once are written ``a+b``, in this order."""

    RATE_ROUNDED_TO_CENTS = "rate_rounded_to_cents"
    QUOTA_NOT_APPLIED = "quota_not_applied"
    QUOTA_DIFFERS = "quota_differs"
    BLOCK_RATING = "block_rating"
    USAGE_MISSING = "usage_missing"
    USAGE_COUNTED_TWICE = "usage_counted_twice"
    PERIOD_BOUNDARY = "period_boundary"
    PRORATION = "proration"
    FLAT_PRICE_DIFFERS = "flat_price_differs"
    PLAN_DIFFERS = "plan_differs"
    TAX_INCLUDED = "tax_included"
    CURRENCY = "currency"
    TAX_DIFFERS = "tax_differs"
    BILLED_TWICE = "billed_twice"
    ENDED_BEFORE_COPY = "ended_before_copy"
    KEPT_OUT = "kept_out"
    BEGINS_LATER = "begins_later"
    ADDON_MISSING = "addon_missing"
    ONE_OFF = "one_off"
    CREDIT = "credit"
    DISCOUNT = "discount"
    NOT_ITEMIZED = "not_itemized"
    PRICE_NOT_COMPARED = "price_not_compared"
    ROUNDING = "rounding"
    UNEXPLAINED = "unexplained"


class Family(StrEnum):
    """Kinds of revenue, by what the item's name begins with."""

    PLAN = "plan"
    USAGE = "usage"
    ADDON = "add-on"
    ONE_OFF = "one-off"
    PRORATION = "proration"
    CREDIT = "credit"
    OTHER = "other"


#: The families that Odoo's plans and charges speak of; the others are outside the model.
MODELED = frozenset({Family.PLAN, Family.USAGE})
FAMILY_OF_PREFIX = {
    "flat": Family.PLAN,
    "usage": Family.USAGE,
    "minimum": Family.USAGE,
    "addon": Family.ADDON,
    "fixed": Family.ADDON,
    "one-off": Family.ONE_OFF,
    "proration": Family.PRORATION,
    "credit": Family.CREDIT,
    "discount": Family.CREDIT,
}

#: What a comparison gives: a row for the lines of the three ledgers that belong together.
#: Several lines of one side under the same names are one row (``odoo_lines``,
#: ``external_lines`` and ``expected_lines`` count them, and are 0 where the side has none).
#: ``*_micro`` are null where the side has no line, ``delta_micro`` is Odoo's less the external
#: one, null counting as 0; where nothing is known of what was due, ``expected_micro`` is null
#: too. A line in two currencies is two rows, one in each currency, so that each side foots in
#: each currency. The period is that of Odoo's line where there is one.
MATCHED_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "customer": pl.String(),
    "subscription": pl.String(),
    "item": pl.String(),
    "period_start": MOMENT,
    "period_end": MOMENT,
    "currency": pl.String(),
    "outcome": pl.String(),
    "cause": pl.String(),  # empty for a match of which no side is wrong, and only then
    "wrong_side": pl.String(),  # of ``WrongSide``
    "external_micro": pl.Int64(),
    "expected_micro": pl.Int64(),
    "odoo_micro": pl.Int64(),  # as invoiced: rounded to the currency's smallest unit
    "delta_micro": pl.Int64(),
    "evidence": pl.String(),
    "external_units": pl.String(),  # empty if not told
    "odoo_units": pl.String(),
    "external_ref": pl.String(),
    "odoo_ref": pl.String(),
    "external_origin": pl.String(),  # empty where the side has no line
    "external_lines": pl.Int64(),
    "odoo_lines": pl.Int64(),
    "expected_lines": pl.Int64(),
    "family": pl.String(),
    "month": pl.String(),  # 2026-10: the month in which the period starts, in the billing zone
    "external_period_start": MOMENT,
    "external_period_end": MOMENT,
    "tax_rate": pl.String(),  # percent, of the external line; null if not told
    "odoo_tax_rate": pl.String(),
    "terms": pl.String(),
}


def joined_causes(causes: Iterable[Cause]) -> str:
    """Write causes that act together, in their fixed order.

    >>> joined_causes([Cause.TAX_INCLUDED, Cause.QUOTA_NOT_APPLIED])
    'quota_not_applied+tax_included'
    """
    found = set(causes)
    return "+".join(cause for cause in Cause if cause in found)


def minor_unit_micro(currency: str) -> int:
    """Return the smallest amount that can be invoiced, in millionths of the major unit.

    >>> minor_unit_micro("CAD"), minor_unit_micro("JPY")
    (10000, 1000000)
    """
    return int(10 ** (6 - minor_digits(currency)))


def ledger_frame(lines: Iterable[Sequence[object]]) -> pl.DataFrame:
    """Put lines (``LedgerLine`` or tuples in its order) into a frame of ``LEDGER_SCHEMA``."""
    return pl.DataFrame(list(lines), schema=LEDGER_SCHEMA, orient="row")


def micros(column: str) -> pl.Expr:
    """Read a column of decimal texts as millionths, a half away from zero; null if no number."""
    exact = pl.col(column).str.to_decimal(scale=_READ_DIGITS)
    return (exact.round(6, mode="half_away_from_zero") * MICRO).cast(pl.Int64)


def require_amounts(ledger: pl.DataFrame, amounts: pl.Series, side: str) -> None:
    """Refuse a ledger with an amount that is no number: it would count as nothing.

    Args:
        ledger: The lines.
        amounts: Their amounts as they were read; null where the text is no number.
        side: What the ledger is called in the message.

    Raises:
        FatalError: Names the first such line.
    """
    if amounts.null_count():
        broken = ledger.filter(amounts.is_null())
        line = broken.row(0, named=True)
        raise FatalError(
            f"{broken.height} lines of {side} have an amount that is no number; the first is"
            f" {line['item']!r} of {line['ref']!r}: {line['amount']!r}."
        )
