"""Invoices and fees prove each other: what does not fit is asked for again, invoice by invoice.

A fee names its invoice, and the fees of a finalized invoice add up to its total. What does not fit
when it is asked for alone either costs its row: it is named, and nothing of its invoice counts.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from decimal import Decimal
from typing import TypeVar

from tasks.clients.lago.connection import Lago
from tasks.clients.lago.parsing_billing import NO_DAY
from tasks.model.errors import FatalError
from tasks.model.lago_billed import (
    FINALIZED,
    VOIDED,
    LagoCreditNote,
    LagoFee,
    LagoInvoice,
    LagoUnreadable,
)

Document = TypeVar("Document", LagoInvoice, LagoCreditNote)
Billed = TypeVar("Billed", LagoInvoice, LagoFee)
#: Of an invoice like these nothing is due, whatever its fees say.
_NO_BILL = frozenset({VOIDED, "failed"})
#: Above so many, and above this share of the invoices, it is no fault of single rows any more.
_SOME, _MOST = 100, 0.2


class Proof:
    """The proof of all that Lago billed, some invoices with all their fees at a time.

    Attributes:
        unreadable: What cannot be read so far.
    """

    def __init__(self, lago: Lago, services: Mapping[str, str], invoices: int) -> None:
        """Begin a proof.

        Args:
            lago: Who is asked again.
            services: Service of each customer.
            invoices: How many there are in all.
        """
        self._lago, self._services, self._readable = lago, services, invoices
        self._asked = self._hidden = 0
        self.unreadable: list[LagoUnreadable] = []

    def complete(
        self, invoices: dict[str, LagoInvoice], fees: dict[str | None, list[LagoFee]]
    ) -> None:
        """Ask again for what does not fit, and take what cannot be read out of both.

        Args:
            invoices: By id.
            fees: All of these invoices, and loose ones (None).

        Raises:
            FatalError: More cannot be read by now than can be faults of single rows.
        """
        unknown = [key for key in fees if key is not None and key not in invoices]
        unfooted = [key for key, each in invoices.items() if _fault(each, fees.get(key, ()))]
        self._asked += len(unknown) + len(unfooted)
        for key in (*unknown, *unfooted):
            before = len(invoices)
            fault = self._ask(key, invoices, fees)
            self._readable += len(invoices) - before
            if fault and len(self.unreadable) > max(_SOME, _MOST * self._readable):
                raise FatalError(
                    f"{len(self.unreadable):,} of Lago's invoices and fees cannot be read, the last"
                    f" because it {fault}. This version of Lago answers otherwise than expected."
                )
        services = self._services
        loose = [(each, _loose_fault(each, services)) for each in fees.pop(None, [])]
        self.unreadable += [
            _unreadable_fee(each, why, None, services) for each, why in loose if why
        ]
        if readable := [each for each, why in loose if why is None]:
            fees[None] = readable

    def notes(self) -> Iterator[str]:
        """Say what was got over."""
        if self._asked:
            yield f"{self._asked:,} invoices changed while they were read, and were asked for again"
        if self._hidden:
            yield f"{self._hidden:,} fees are of invoices that Lago does not show: left out"
        if self.unreadable:
            yield (
                f"{len(self.unreadable):,} invoices and fees cannot be read: nothing of these"
                " invoices is in this ledger, and whoever they are of is kept back"
            )

    def _ask(
        self,
        key: str,
        invoices: dict[str, LagoInvoice],
        fees: dict[str | None, list[LagoFee]],
    ) -> str | None:
        """Ask for an invoice, and keep it if it fits then; gives why it cannot be read."""
        found = _asked_again(self._lago, key)
        if found is None and key not in invoices:
            # Lago hides invoices that are being made or were closed; their fees are no bill.
            self._hidden += len(fees.pop(key, ()))
            return None
        if found is not None:
            invoices[key], fees[key] = of_service(found[0], self._services), list(found[1])
        if (fault := _fault(invoices[key], fees.get(key, ()))) is None:
            return None
        invoice, theirs = invoices.pop(key), fees.pop(key, [])
        if found is None and invoice.fault is None:
            self._hidden += len(theirs)
            return None
        self.unreadable += _left_out(invoice, theirs, fault, self._services)
        return fault


def named(rows: Iterable[Billed], where: str) -> Iterator[Billed]:
    """Name what has no id by its place."""
    for number, each in enumerate(rows, start=1):
        yield each if each.lago_id else replace(each, lago_id=f"row {number} of {where}")


def of_service(document: Document, services: Mapping[str, str]) -> Document:
    """Give a document that names no billing entity the one of its customer."""
    if document.service:
        return document
    return replace(document, service=services.get(document.customer, ""))


def _asked_again(lago: Lago, key: str) -> tuple[LagoInvoice, tuple[LagoFee, ...]] | None:
    """Ask for one invoice in one answer, and once more if that does not fit either."""
    found = lago.invoice(key)
    if found is not None and _fault(*found):
        found = lago.invoice(key)
    return found and (found[0], tuple(named(found[1], f"invoice {key}")))


def _left_out(
    invoice: LagoInvoice, fees: Sequence[LagoFee], fault: str, services: Mapping[str, str]
) -> Iterator[LagoUnreadable]:
    """Tell what is wrong with an invoice: its faulty fees, each by itself, or it as a whole."""
    said = (invoice.customer, *(fee.customer for fee in fees))
    whose = next((name for name in said if name in services), invoice.customer)
    invoice = of_service(replace(invoice, customer=whose), services)
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
    if len({invoice.customer, *(fee.customer for fee in fees)} - {""}) > 1:
        return "has a fee of another customer"
    if (total := _total(fees)) != invoice.fees:
        return f"is {invoice.fees} before tax, but its fees add up to {total}"
    return None


def _total(fees: Iterable[LagoFee]) -> Decimal:
    return sum((fee.amount for fee in fees), Decimal(0))
