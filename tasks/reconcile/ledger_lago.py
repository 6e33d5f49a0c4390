"""Lago's invoices and fees -> ledger lines: what was billed, each amount once, before tax.

The lines of a period add up to its revenue: the fees, without those that fill a wallet (they are
credit bought, no revenue), less coupons and less what progressive invoices billed already. Only
finalized invoices count, and none that is owed to a partner (self-billed): a voided one is billed
by the invoice that replaced it, a draft by none yet. So do credit notes of such invoices, but of
those that filled a wallet: those that voiding made, or that give back credit bought, give back what
does not count. Fees in advance that are on no invoice count by
themselves. The fees of one charge on one invoice (its filters and groups) are one line.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta, tzinfo

from tasks.model.lago_billed import PREPAID, LagoBilling, LagoCreditNote, LagoFee, LagoInvoice
from tasks.model.lago_units import metric_of
from tasks.model.ledger import FLAT, LedgerLine
from tasks.model.money import decimal_text
from tasks.model.periods import first_moment
from tasks.reconcile.lago_reductions import Reduction, reductions, superseded_fees

ORIGIN = "lago"


def billing_lines(service: str, billing: LagoBilling, zone: tzinfo = UTC) -> list[LedgerLine]:
    """Give the lines of one service, sorted, whatever the order of invoices and fees.

    Args:
        service: Code of the service.
        billing: All that Lago billed, of any service; by its customers loose fees are told apart.
        zone: The company's time zone, in which days of issue begin.
    """
    known = {invoice.lago_id: invoice for invoice in billing.invoices}
    mine = {
        key: invoice
        for key, invoice in known.items()
        if invoice.service == service and invoice.is_revenue
    }
    counted = [fee for fee in billing.fees if _counts(fee, mine, service, billing.services)]
    again = superseded_fees(mine, counted)
    merged: dict[tuple[str, ...], LagoFee] = {}
    for fee in counted:
        if fee.lago_id not in again:
            key = _same_line(fee)
            earlier = merged.get(key)
            merged[key] = fee if earlier is None else _sum(earlier, fee)
    lines = [_fee_line(service, fee, known.get(fee.invoice or "")) for fee in merged.values()]
    taken_off = reductions(mine, counted, again.values(), billing.coupons)
    lines += [_reduction(service, each, zone) for each in taken_off]
    notes = (note for note in billing.credit_notes if _is_of(note, service, known))
    lines += [_credit_note(service, note, zone) for note in notes]
    # Nothing but the units and the tax may be unknown, and they come last.
    return sorted(lines, key=lambda line: (*line[1:6], line.ref, line.amount))


def left_out(service: str, billing: LagoBilling) -> dict[str, int]:
    """Count the service's invoices that are no lines, by status; a partner's is finalized."""
    return dict(
        Counter(
            invoice.status
            for invoice in billing.invoices
            if invoice.service == service and not invoice.is_revenue
        )
    )


def _counts(
    fee: LagoFee, mine: Mapping[str, LagoInvoice], service: str, services: Mapping[str, str]
) -> bool:
    if fee.kind == PREPAID:
        return False
    if fee.invoice is None:
        return services.get(fee.customer) == service
    return fee.invoice in mine


def _is_of(note: LagoCreditNote, service: str, known: Mapping[str, LagoInvoice]) -> bool:
    corrected = known.get(note.invoice or "")
    counts = corrected is None or (corrected.is_revenue and corrected.kind != PREPAID)
    is_nothing = note.fault is not None or not note.amount
    return note.service == service and counts and not is_nothing


def _same_line(fee: LagoFee) -> tuple[str, ...]:
    if fee.kind != "charge" or fee.invoice is None:
        return (fee.lago_id,)
    period = (fee.start.isoformat(), fee.end.isoformat())
    return (fee.invoice, fee.subscription, fee.code, (fee.true_up_of and "minimum") or "", *period)


def _sum(one: LagoFee, other: LagoFee) -> LagoFee:
    # The smaller id stands for both, so that the order in which they came does not matter.
    first = min(one, other, key=lambda fee: fee.lago_id)
    same_tax = one.tax_rate == other.tax_rate
    return replace(
        first,
        amount=one.amount + other.amount,
        units=one.units + other.units,
        tax_rate=one.tax_rate if same_tax else None,
    )


def _fee_line(service: str, fee: LagoFee, invoice: LagoInvoice | None) -> LedgerLine:
    item, units = _item(fee, invoice)
    return LedgerLine(
        service,
        fee.customer,
        fee.subscription,
        item,
        fee.start,
        fee.end,
        units,
        decimal_text(fee.amount),
        fee.currency,
        None if fee.tax_rate is None else decimal_text(fee.tax_rate),
        fee.lago_id if invoice is None else invoice.number,
        ORIGIN,
    )


def _item(fee: LagoFee, invoice: LagoInvoice | None) -> tuple[str, str | None]:
    """Name what a fee is for, and give its units in the ledger's unit."""
    if fee.kind == "charge":
        metric, units = metric_of(fee.code, fee.units)
        if fee.true_up_of is not None:
            return f"minimum:{metric}", None
        return f"usage:{metric}", decimal_text(units)
    match fee.kind:
        case "subscription":
            return FLAT, None
        case "commitment":
            return "minimum", None
        case "fixed_charge":
            return f"fixed:{fee.code or fee.name}", decimal_text(fee.units)
        case "add_on" if invoice is not None and invoice.kind in ("one_off", "add_on"):
            return f"one-off:{fee.name}", decimal_text(fee.units)
        case "add_on":
            return f"addon:{fee.name}", decimal_text(fee.units)
    return f"other:{fee.name or fee.kind}", decimal_text(fee.units)


def _reduction(service: str, reduction: Reduction, zone: tzinfo) -> LedgerLine:
    """Write what is taken off before tax; credit notes and prepaid credit are payment."""
    invoice = reduction.invoice
    start, end = reduction.start, reduction.end
    if start is None or end is None:
        start, end = _day(invoice.issued_on, zone)
    return LedgerLine(
        service, invoice.customer, reduction.subscription, reduction.item, start, end, None,
        decimal_text(-reduction.amount), invoice.currency, None, invoice.number, ORIGIN,
    )  # fmt: skip


def _credit_note(service: str, note: LagoCreditNote, zone: tzinfo) -> LedgerLine:
    start, end = _day(note.issued_on, zone)
    return LedgerLine(
        service, note.customer, "", f"credit:{note.reason}", start, end, None,
        decimal_text(-note.amount), note.currency, None, note.number, ORIGIN,
    )  # fmt: skip


def _day(day: date, zone: tzinfo) -> tuple[datetime, datetime]:
    return first_moment(day, zone), first_moment(day + timedelta(days=1), zone)
