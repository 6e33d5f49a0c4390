"""All that Lago billed, read so that no invoice and no fee can be missing unseen.

Invoices and fees are two lists, each paged over moving data. They prove each other: a fee names
its invoice, and the fees of a finalized invoice add up to its total. What does not fit is
asked for again, invoice by invoice, in one answer. What does not fit then either costs its row: it
is named, and nothing of its invoice counts.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from decimal import Decimal
from typing import TypeVar

from tasks.clients.lago.connection import Lago
from tasks.clients.lago.parsing_billing import NO_DAY
from tasks.model.errors import FatalError
from tasks.model.lago_billed import (
    FINALIZED,
    VOIDED,
    LagoBilling,
    LagoCreditNote,
    LagoFee,
    LagoInvoice,
)
from tasks.model.lago_unreadable import LagoUnreadable

Document = TypeVar("Document", LagoInvoice, LagoCreditNote)
Billed = TypeVar("Billed", LagoInvoice, LagoFee)
#: Of an invoice like these nothing is due, whatever its fees say.
_NO_BILL = frozenset({VOIDED, "failed"})
#: Above so many, and above this share of the invoices, it is no fault of single rows any more.
_SOME, _MOST = 100, 0.2


def read_billing(lago: Lago) -> LagoBilling:
    """Read invoices, fees, credit notes and coupons of every service.

    An invoice that cannot be read, or of which a fee cannot, or that is not the sum of its fees
    even when asked for alone, is in ``unreadable``, and nothing of it in the rest.

    Raises:
        FatalError: That is so of too many to be faults of single rows.
    """
    version = lago.version()
    services = {customer.external_id: customer.service for customer in lago.customers()}
    listed = _named(lago.invoices(), "invoices")
    invoices = {each.lago_id: _of_service(each, services) for each in listed}
    fees: dict[str | None, list[LagoFee]] = defaultdict(list)
    for fee in _named(lago.fees(), "fees"):
        fees[fee.invoice].append(fee)
    notes = list(lago.credit_notes())
    coupons = lago.coupons()
    unreadable = _complete(lago, invoices, fees, services)
    for key, nobodys in [(key, each) for key, each in invoices.items() if not each.customer]:
        # Lago need not say whose an invoice is; its fees do.
        for fee in fees.get(key, ())[:1]:
            invoices[key] = _of_service(replace(nobodys, customer=fee.customer), services)
    credit_notes = tuple(_of_service(_of_customer(each, invoices), services) for each in notes)
    everything = [
        _completed(fee, invoices.get(key or "")) for key, theirs in fees.items() for fee in theirs
    ]
    without_value = sum(fee.has_null_group for fee in everything)
    if without_value:
        lago.notes.append(
            f"{without_value:,} fees have a group without a value, which the vendor's client cannot"
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
        tuple(unreadable),
    )


def _named(rows: Iterable[Billed], where: str) -> Iterator[Billed]:
    """Name what has no id by its place."""
    for number, each in enumerate(rows, start=1):
        yield each if each.lago_id else replace(each, lago_id=f"row {number} of {where}")


def _completed(fee: LagoFee, invoice: LagoInvoice | None) -> LagoFee:
    """Give a fee what its invoice alone tells: whose it is, and its day."""
    if invoice is None:
        return fee
    if not fee.customer:
        fee = replace(fee, customer=invoice.customer)
    if fee.start != NO_DAY:
        return fee
    day = datetime.combine(invoice.issued_on, time(), UTC)
    return replace(fee, start=day, end=day + timedelta(days=1))


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
) -> list[LagoUnreadable]:
    """Ask again for what does not fit; take what cannot be read out of both, and give it."""
    unknown = [key for key in fees if key is not None and key not in invoices]
    unfooted = [key for key, each in invoices.items() if _fault(each, fees.get(key, ()))]
    hidden = 0
    unreadable: list[LagoUnreadable] = []
    for key in [*unknown, *unfooted]:
        found = _asked_again(lago, key)
        if found is None and key not in invoices:
            # Lago hides invoices that are being made or were closed; their fees are no bill.
            hidden += len(fees.pop(key, ()))
            continue
        if found is not None:
            invoices[key], fees[key] = _of_service(found[0], services), list(found[1])
        if (fault := _fault(invoices[key], fees.get(key, ()))) is None:
            continue
        if found is None and invoices[key].fault is None:
            hidden += len(fees.pop(key, ()))
            invoices.pop(key)
            continue
        unreadable += _left_out(invoices.pop(key), fees.pop(key, []), fault, services)
        if len(unreadable) > max(_SOME, _MOST * len(invoices)):
            raise FatalError(
                f"{len(unreadable):,} of Lago's invoices and fees cannot be read, the last because"
                f" it {fault}. This version of Lago answers otherwise than expected."
            )
    loose = [(each, _loose_fault(each, services)) for each in fees.pop(None, [])]
    unreadable += [_unreadable_fee(each, fault, None, services) for each, fault in loose if fault]
    if readable := [each for each, fault in loose if fault is None]:
        fees[None] = readable
    asked = len(unknown) + len(unfooted)
    if asked:
        lago.notes.append(
            f"{asked:,} invoices changed while they were read, and were asked for again"
        )
    if hidden:
        lago.notes.append(f"{hidden:,} fees are of invoices that Lago does not show: left out")
    if unreadable:
        lago.notes.append(
            f"{len(unreadable):,} invoices and fees cannot be read: nothing of these invoices is in"
            " this ledger, and whoever they are of is kept back"
        )
    return unreadable


def _asked_again(lago: Lago, key: str) -> tuple[LagoInvoice, tuple[LagoFee, ...]] | None:
    """Ask for one invoice in one answer, and once more if that does not fit either."""
    found = lago.invoice(key)
    if found is not None and _fault(*found):
        found = lago.invoice(key)
    return found and (found[0], tuple(_named(found[1], f"invoice {key}")))


def _left_out(
    invoice: LagoInvoice, fees: Sequence[LagoFee], fault: str, services: Mapping[str, str]
) -> Iterator[LagoUnreadable]:
    """Tell what is wrong with an invoice: its faulty fees, each by itself, or it as a whole."""
    said = (invoice.customer, *(fee.customer for fee in fees))
    whose = next((name for name in said if name in services), invoice.customer)
    invoice = _of_service(replace(invoice, customer=whose), services)
    broken = [] if invoice.fault else [(fee, fee.fault) for fee in fees if fee.fault]
    for fee, why in broken:
        yield _unreadable_fee(fee, why, invoice, services)
    if not broken:
        names = {fee.subscription for fee in fees}
        yield LagoUnreadable(
            "invoices",
            invoice.lago_id,
            invoice.number,
            invoice.customer,
            names.pop() if len(names) == 1 else "",
            invoice.service,
            fault,
        )


def _unreadable_fee(
    fee: LagoFee, fault: str, invoice: LagoInvoice | None, services: Mapping[str, str]
) -> LagoUnreadable:
    customer = invoice.customer if invoice else fee.customer
    service = (invoice.service if invoice else "") or services.get(customer, "")
    place = f" on {invoice.number}" if invoice else ""
    name = f"{fee.name or fee.kind}{place}"
    return LagoUnreadable("fees", fee.lago_id, name, customer, fee.subscription, service, fault)


def _loose_fault(fee: LagoFee, services: Mapping[str, str]) -> str | None:
    """Say what is wrong with a fee that is on no invoice, which would tell more; None: nothing."""
    if fee.fault is None and fee.start == NO_DAY:
        return "has neither a period nor a day on which it was made"
    if fee.fault is None and fee.customer not in services:
        return "names no customer that Lago has"
    return fee.fault


def _fault(invoice: LagoInvoice, fees: Sequence[LagoFee]) -> str | None:
    """Say what is wrong with an invoice and its fees; None: it counts, or is no bill."""
    if invoice.fault is not None or invoice.status in _NO_BILL:
        return invoice.fault
    if any(fee.fault for fee in fees):
        return "has a fee that cannot be read"
    if invoice.status != FINALIZED:
        return None
    if any(fee.currency != invoice.currency for fee in fees):
        return f"is in {invoice.currency}, and has a fee in another currency"
    if invoice.customer and any(fee.customer not in (invoice.customer, "") for fee in fees):
        return "has a fee of another customer"
    if (total := _total(fees)) != invoice.fees:
        return f"is {invoice.fees} before tax, but its fees add up to {total}"
    return None


def _total(fees: Iterable[LagoFee]) -> Decimal:
    return sum((fee.amount for fee in fees), Decimal(0))
