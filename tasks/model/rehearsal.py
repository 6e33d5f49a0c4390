"""First invoices that Odoo made and took back: what each customer would be billed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any


@dataclass(frozen=True, slots=True)
class Line:
    """A line of a rehearsed invoice; ``start`` and ``end`` are first and last day, or None."""

    product: str
    quantity: Decimal
    price: Decimal
    discount: Decimal
    untaxed: Decimal
    total: Decimal
    start: date | None
    end: date | None


@dataclass(frozen=True, slots=True)
class Invoice:
    """A rehearsed invoice, in its currency.

    ``due`` is what is left after the customer's credit; ``charged`` the card, None if it is not
    charged, and then ``no_card`` says why, if a card is missing. ``closed_on`` is when Odoo would
    close the subscription if nobody paid; None: never.
    """

    subscription: str
    day: date
    lines: tuple[Line, ...]
    untaxed: Decimal
    tax: Decimal
    total: Decimal
    due: Decimal
    currency: str
    charged: str | None
    no_card: str | None
    mailed: bool
    closed_on: date | None


@dataclass(frozen=True, slots=True)
class Rehearsed:
    """A customer's first invoices, or why there are none: ``code`` and ``message``."""

    customer: str
    code: str | None
    message: str | None
    invoices: tuple[Invoice, ...]


def rehearsed_of(raw: Mapping[str, Any]) -> Rehearsed:
    """Read what the addon answers of a customer."""
    invoices = tuple(map(_invoice, raw["invoices"]))
    return Rehearsed(raw["customer"], raw["code"], raw["message"], invoices)


def _invoice(raw: Mapping[str, Any]) -> Invoice:
    return Invoice(
        subscription=raw["subscription"],
        day=date.fromisoformat(raw["date"]),
        lines=tuple(map(_line, raw["lines"])),
        untaxed=Decimal(raw["untaxed"]),
        tax=Decimal(raw["tax"]),
        total=Decimal(raw["total"]),
        due=Decimal(raw["due"]),
        currency=raw["currency"],
        charged=raw["charged"],
        no_card=raw["no_card"],
        mailed=raw["mailed"],
        closed_on=_day(raw["closed_on"]),
    )


def _line(raw: Mapping[str, Any]) -> Line:
    return Line(
        product=raw["product"],
        quantity=Decimal(raw["quantity"]),
        price=Decimal(raw["price"]),
        discount=Decimal(raw["discount"]),
        untaxed=Decimal(raw["untaxed"]),
        total=Decimal(raw["total"]),
        start=_day(raw["from"]),
        end=_day(raw["to"]),
    )


def _day(text: str | None) -> date | None:
    return date.fromisoformat(text) if text else None
