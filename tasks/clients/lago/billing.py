"""All that Lago billed, read so that no invoice and no fee can be missing unseen.

Invoices and fees are two lists, each paged over moving data. They prove each other: a fee names
its invoice, and the fees of a finalized invoice add up to its total. What does not fit is
asked for once more, invoice by invoice, in one answer.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from tasks.clients.lago.connection import Lago
from tasks.model.errors import RetryableError
from tasks.model.lago import FINALIZED, LagoBilling, LagoCreditNote, LagoFee, LagoInvoice

Document = TypeVar("Document", LagoInvoice, LagoCreditNote)


def read_billing(lago: Lago) -> LagoBilling:
    """Read invoices, fees, credit notes and coupons of every service.

    Raises:
        RetryableError: An invoice is not the sum of its fees, even when asked for alone.
    """
    version = lago.version()
    services = {customer.external_id: customer.service for customer in lago.customers()}
    invoices = {each.lago_id: _of_service(each, services) for each in lago.invoices()}
    fees: dict[str | None, list[LagoFee]] = defaultdict(list)
    for fee in lago.fees():
        fees[fee.invoice].append(fee)
    notes = list(lago.credit_notes())
    coupons = lago.coupons()
    _complete(lago, invoices, fees, services)
    for key, nobodys in [(key, each) for key, each in invoices.items() if not each.customer]:
        # Lago need not say whose an invoice is; its fees do.
        for fee in fees.get(key, ())[:1]:
            invoices[key] = _of_service(replace(nobodys, customer=fee.customer), services)
    credit_notes = tuple(_of_service(_of_customer(each, invoices), services) for each in notes)
    everything = [fee for theirs in fees.values() for fee in theirs]
    unreadable = sum(fee.has_null_group for fee in everything)
    if unreadable:
        lago.notes.append(
            f"{unreadable:,} fees have a group without a value, which the vendor's client cannot"
            " read; they were read without it"
        )
    return LagoBilling(
        tuple(invoices.values()),
        tuple(everything),
        credit_notes,
        services,
        tuple(lago.notes),
        version,
        coupons,
    )


def _of_customer(note: LagoCreditNote, invoices: Mapping[str, LagoInvoice]) -> LagoCreditNote:
    """Give a credit note the customer of its invoice: Lago's list does not say whose it is."""
    corrected = invoices.get(note.invoice or "")
    if note.customer or corrected is None:
        return note
    return replace(note, customer=corrected.customer, service=note.service or corrected.service)


def _of_service(document: Document, services: Mapping[str, str]) -> Document:
    """Give a document that names no billing entity the one of its customer."""
    if document.service:
        return document
    return replace(document, service=services.get(document.customer, ""))


def _complete(
    lago: Lago,
    invoices: dict[str, LagoInvoice],
    fees: dict[str | None, list[LagoFee]],
    services: Mapping[str, str],
) -> None:
    unknown = [key for key in fees if key is not None and key not in invoices]
    unfooted = [key for key, invoice in invoices.items() if not _foots(invoice, fees.get(key, ()))]
    hidden = 0
    for key in [*unknown, *unfooted]:
        found = lago.invoice(key)
        if found is None:
            # Lago hides invoices that are being made or were closed; their fees are no bill.
            hidden += len(fees.pop(key, ()))
            invoices.pop(key, None)
            continue
        invoice, own = _of_service(found[0], services), found[1]
        if not _foots(invoice, own):
            raise RetryableError(
                f"Lago's invoice {invoice.number} is {invoice.fees} before tax, but its fees add"
                f" up to {_total(own)}. Run it again when Lago is quieter."
            )
        invoices[key], fees[key] = invoice, list(own)
    asked = len(unknown) + len(unfooted)
    if asked:
        lago.notes.append(
            f"{asked:,} invoices changed while they were read, and were asked for again"
        )
    if hidden:
        lago.notes.append(f"{hidden:,} fees are of invoices that Lago does not show: left out")


def _foots(invoice: LagoInvoice, fees: list[LagoFee] | tuple[LagoFee, ...]) -> bool:
    return invoice.status != FINALIZED or _total(fees) == invoice.fees


def _total(fees: list[LagoFee] | tuple[LagoFee, ...]) -> Decimal:
    return sum((fee.amount for fee in fees), Decimal(0))
