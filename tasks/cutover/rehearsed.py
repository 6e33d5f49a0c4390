"""First invoices that Odoo made and took back: in words for whoever decides, and as a table."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from tasks.cutover.gates import Gate
from tasks.model.report import Table

NAME = "first_invoices"
_EXAMPLES = 20
_NO_INVOICE = "its first invoice cannot be made. {}"
_COLUMNS = (
    *("customer", "subscription", "date", "product", "quantity", "price", "discount", "from", "to"),
    *(
        "untaxed",
        "with tax",
        "currency",
        "invoice total",
        "charged to",
        "mailed",
        "closed unpaid on",
    ),
)
#: Codes of those about whom a rehearsal says nothing.
_NOBODY = ("unknown_customer", "live")


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


def gate_of_rehearsal(rehearsed: Sequence[Rehearsed]) -> Gate:
    """Say what the first invoices come to; it keeps nobody back (see ``kept_back``)."""
    failed = _failed(rehearsed)
    said = totals_in_words(rehearsed)
    if failed:
        said += f" {len(failed):,} cannot be invoiced, and are kept back."
    examples = tuple(each.customer for each in failed[:_EXAMPLES])
    return Gate(NAME, ok=True, sentence=said, count=len(failed), examples=examples)


def kept_back(
    billed: Mapping[str, Mapping[str, str]], rehearsed: Sequence[Rehearsed]
) -> dict[str, dict[str, str]]:
    """Say of each subscription of whoever cannot be invoiced why it is not carried.

    Args:
        billed: What the old side bills: by customer and subscription why it is not carried, or "".
        rehearsed: What Odoo made of their first invoices.
    """
    why = {each.customer: each.message for each in _failed(rehearsed)}
    return {
        customer: {
            key: said or (customer in why and _NO_INVOICE.format(why[customer])) or ""
            for key, said in subscriptions.items()
        }
        for customer, subscriptions in billed.items()
    }


def _failed(rehearsed: Sequence[Rehearsed]) -> list[Rehearsed]:
    return [each for each in rehearsed if each.code is not None and each.code not in _NOBODY]


def totals_in_words(rehearsed: Sequence[Rehearsed]) -> str:
    """Tell all first invoices in a sentence."""
    invoices = [invoice for each in rehearsed for invoice in each.invoices]
    if not invoices:
        return "There is no first invoice to rehearse."
    totals: dict[str, Decimal] = defaultdict(Decimal)
    for invoice in invoices:
        totals[invoice.currency] += invoice.total
    money = ", ".join(f"{total:,.2f} {currency}" for currency, total in sorted(totals.items()))
    days = sorted(invoice.day for invoice in invoices)
    when = f"on {days[0]}" if days[0] == days[-1] else f"from {days[0]} to {days[-1]}"
    charged = sum(invoice.charged is not None for invoice in invoices)
    mailed = sum(invoice.mailed for invoice in invoices)
    return (
        f"Odoo made and took back {len(invoices):,} first invoices, {when}: {money} with tax;"
        f" {charged:,} would be charged to a card, {mailed:,} mailed."
    )


def rehearsal_table(rehearsed: Sequence[Rehearsed]) -> Table:
    """Lay the first invoices out, a row for each line; who has none has a row that says why."""
    rows = []
    for each in rehearsed:
        if each.code is not None:
            rows.append((each.customer, "", "", each.message, *("",) * (len(_COLUMNS) - 4)))
        for invoice in each.invoices:
            rows += [_row(each.customer, invoice, line) for line in invoice.lines]
    return Table(
        "First invoices, rehearsed",
        _COLUMNS,
        tuple(rows),
        intro="Made by Odoo's own code for the day on which each is due, and taken back.",
        file=f"{NAME}.csv",
    )


def _row(customer: str, invoice: Invoice, line: Line) -> tuple[Any, ...]:
    return (
        customer,
        invoice.subscription,
        invoice.day.isoformat(),
        line.product,
        line.quantity,
        line.price,
        line.discount,
        line.start.isoformat() if line.start else "",
        line.end.isoformat() if line.end else "",
        line.untaxed,
        line.total,
        invoice.currency,
        invoice.total,
        invoice.charged or invoice.no_card or "not charged",
        "yes" if invoice.mailed else "no",
        invoice.closed_on.isoformat() if invoice.closed_on else "never",
    )
