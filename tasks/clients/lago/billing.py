"""All that Lago billed, read so that no invoice and no fee can be missing unseen.

Invoices and fees are two lists, each paged over moving data, and each lies on disk as it was read.
They are divided twice: by invoice, where they prove each other (``proof.py``), and by customer,
which is how the ledgers look at them. Few pages of either are in memory at a time.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from functools import partial
from operator import attrgetter, length_hint

from tasks.clients.lago.connection import Lago
from tasks.clients.lago.parsing_billing import NO_DAY
from tasks.clients.lago.proof import Proof, named, of_service
from tasks.model.lago_billed import LagoBilling, LagoCreditNote, LagoFee, LagoInvoice
from tasks.model.spool import Divided, page_of

#: Fees in one page, about: each takes some 2 kB while its page is looked at.
PAGE_FEES = 20_000
Page = tuple[dict[str, LagoInvoice], dict[str | None, list[LagoFee]]]


def read_billing(lago: Lago, page_fees: int = PAGE_FEES) -> LagoBilling:
    """Read invoices, fees, credit notes and coupons of every service, in pages of customers.

    An invoice that cannot be read, or of which a fee cannot, or that is not the sum of its fees
    even when asked for alone, is in ``unreadable``, and nothing of it in the rest.

    Args:
        lago: Lago.
        page_fees: Fees in a page, about.

    Raises:
        FatalError: That is so of too many to be faults of single rows.
    """
    version = lago.version()
    services = {customer.external_id: customer.service for customer in lago.customers()}
    listed, billed = lago.invoices(), lago.fees()
    notes, coupons = list(lago.credit_notes()), lago.coupons()
    number = max(1, -(-max(map(length_hint, (listed, billed))) // page_fees))
    home = partial(page_of, number=number)
    by_invoice = Divided(
        number,
        ((home(each.lago_id), of_service(each, services)) for each in named(listed, "invoices")),
    )
    fees_of = Divided(
        number, ((home(each.invoice or each.customer), each) for each in named(billed, "fees"))
    )
    # They would be on disk twice.
    del listed, billed
    proof = Proof(lago, services, len(by_invoice))
    proven: Divided[LagoInvoice] = Divided(number)
    fees: Divided[LagoFee] = Divided(number)
    corrected = {note.invoice for note in notes}
    known: dict[str, LagoInvoice] = {}
    for invoices, theirs in map(_grouped, by_invoice.pages(), fees_of.pages()):
        proof.complete(invoices, theirs)
        _name_customers(invoices, theirs, services)
        proven.add((home(each.customer), each) for each in invoices.values())
        fees.add((home(customer), fee) for customer, fee in _completed(invoices, theirs))
        known |= {key: invoices[key] for key in corrected & invoices.keys() if key}
    lago.notes += proof.notes()
    if without_value := sum(fee.has_null_group for fee in fees):
        lago.notes.append(
            f"{without_value:,} fees have a group without a value, which the vendor's client cannot"
            " read; they were read without it"
        )
    given_back = (_of_invoice(each, known, services) for each in notes)
    return LagoBilling(
        proven,
        fees,
        Divided(number, ((home(key), note) for key, note in given_back)),
        services,
        tuple(lago.notes),
        version,
        Divided(number, ((home(each.customer), each) for each in coupons)),
        tuple(sorted(proof.unreadable, key=attrgetter("table", "lago_id"))),
    )


def _grouped(invoices: Iterable[LagoInvoice], fees: Iterable[LagoFee]) -> Page:
    """Give a page's invoices by id, and its fees by invoice."""
    found: dict[str | None, list[LagoFee]] = defaultdict(list)
    for fee in fees:
        found[fee.invoice].append(fee)
    return {each.lago_id: each for each in invoices}, found


def _name_customers(
    invoices: dict[str, LagoInvoice],
    fees: Mapping[str | None, Sequence[LagoFee]],
    services: Mapping[str, str],
) -> None:
    """Say whose the invoices are: Lago need not, but their fees do."""
    for key, nobodys in [(key, each) for key, each in invoices.items() if not each.customer]:
        for fee in fees.get(key, ())[:1]:
            invoices[key] = of_service(replace(nobodys, customer=fee.customer), services)


def _completed(
    invoices: Mapping[str, LagoInvoice], fees: Mapping[str | None, Sequence[LagoFee]]
) -> Iterator[tuple[str, LagoFee]]:
    """Give each fee what its invoice alone tells: whose it is, and its day; and with whom it is."""
    for key, theirs in fees.items():
        invoice = invoices.get(key or "")
        for fee in theirs:
            if invoice is None:
                yield fee.customer, fee
                continue
            if not fee.customer:
                fee = replace(fee, customer=invoice.customer)
            if fee.start == NO_DAY:
                day = datetime.combine(invoice.issued_on, time(), UTC)
                fee = replace(fee, start=day, end=day + timedelta(days=1))
            yield invoice.customer, fee


def _of_invoice(
    note: LagoCreditNote, invoices: Mapping[str, LagoInvoice], services: Mapping[str, str]
) -> tuple[str, LagoCreditNote]:
    """Give a credit note the customer of its invoice, which Lago's list does not say."""
    corrected = invoices.get(note.invoice or "")
    if corrected is None:
        return note.customer, of_service(note, services)
    if not note.customer:
        service = note.service or corrected.service
        note = replace(note, customer=corrected.customer, service=service)
    return corrected.customer, of_service(note, services)
