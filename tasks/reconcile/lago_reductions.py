"""What Lago takes off its fees: coupons, and what progressive invoices have billed already.

An invoice at a threshold (progressive billing) has all units of the period so far; the next one
has them again, less a credit for what was billed. Here each counts once: the fees of the last
invoice of a period stand, and neither the earlier ones nor the credits for them.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tasks.model.lago import LagoCoupon
from tasks.model.lago_billed import PROGRESSIVE, LagoFee, LagoInvoice

ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Reduction:
    """An amount (above 0) that an invoice is less than its fees.

    ``start`` and ``end`` are the period that it is for; None: the day of issue.
    """

    invoice: LagoInvoice
    item: str
    subscription: str
    amount: Decimal
    start: datetime | None = None
    end: datetime | None = None


def superseded_fees(
    invoices: Mapping[str, LagoInvoice], fees: Iterable[LagoFee]
) -> dict[str, LagoFee]:
    """Give the fees of progressive invoices that a later invoice of the same period has again.

    Args:
        invoices: The finalized ones, by their Lago id.
        fees: Of these invoices.
    """
    by_period: dict[tuple[str, datetime], list[LagoFee]] = defaultdict(list)
    for fee in fees:
        if fee.kind == "charge" and fee.invoice in invoices:
            by_period[fee.subscription, fee.start].append(fee)
    dropped: dict[str, LagoFee] = {}
    for theirs in by_period.values():
        progressive = [fee for fee in theirs if _is_progressive(invoices[fee.invoice or ""])]
        if not progressive:
            continue
        last = max(_rank(invoices[fee.invoice or ""]) for fee in theirs)
        for fee in progressive:
            if _rank(invoices[fee.invoice or ""]) < last:
                dropped[fee.lago_id] = fee
    return dropped


def reductions(
    invoices: Mapping[str, LagoInvoice],
    fees: Collection[LagoFee],
    dropped: Iterable[LagoFee],
    coupons: Iterable[LagoCoupon],
) -> Iterator[Reduction]:
    """Yield what the invoices are less than their fees, once ``dropped`` are left out.

    Args:
        invoices: The finalized ones, by their Lago id.
        fees: Of these invoices.
        dropped: The fees that a later invoice has again.
        coupons: As they were applied, with what each took off which invoice.
    """
    by_invoice: dict[str, list[LagoFee]] = defaultdict(list)
    for fee in fees:
        by_invoice[fee.invoice or ""].append(fee)
    taken: dict[str, dict[str, Decimal]] = defaultdict(dict)
    for coupon in coupons:
        for billed, amount in coupon.credits.items():
            if billed in invoices and invoices[billed].customer == coupon.customer:
                taken[billed][coupon.code] = taken[billed].get(coupon.code, ZERO) + amount
    for key, invoice in invoices.items():
        if invoice.coupons:
            yield from _coupons(invoice, by_invoice[key], taken.get(key, {}))
    yield from _progressive(invoices, dropped)


def _coupons(
    invoice: LagoInvoice, fees: list[LagoFee], taken: Mapping[str, Decimal]
) -> Iterator[Reduction]:
    """Name each coupon of an invoice; what Lago does not tell apart is of no subscription."""
    subscriptions = {fee.subscription for fee in fees if fee.coupons}
    rest = invoice.coupons - sum(taken.values(), ZERO)
    if len(subscriptions) == 1 and not rest:
        [subscription] = subscriptions
        mine = [fee for fee in fees if fee.subscription == subscription]
        flat = [fee for fee in mine if fee.kind == "subscription"]
        # The plan's price tells the period; without one the last that is billed.
        period = max(flat or mine, key=lambda fee: (fee.start, fee.end))
        for code, amount in sorted(taken.items()):
            item = f"discount:{code}"
            yield Reduction(invoice, item, subscription, amount, period.start, period.end)
        return
    for code, amount in sorted(taken.items()):
        yield Reduction(invoice, f"discount:{code}", "", amount)
    if rest:
        yield Reduction(invoice, "credit:coupon", "", rest)


def _progressive(
    invoices: Mapping[str, LagoInvoice], dropped: Iterable[LagoFee]
) -> Iterator[Reduction]:
    """Yield what a customer was credited beyond the fees that are left out; in all it is none."""
    left: dict[str, Decimal] = defaultdict(Decimal)
    last: dict[str, LagoInvoice] = {}
    for invoice in invoices.values():
        if invoice.progressive_credit:
            left[invoice.customer] += invoice.progressive_credit
            known = last.get(invoice.customer, invoice)
            last[invoice.customer] = max(known, invoice, key=_rank)
    for fee in dropped:
        invoice = invoices[fee.invoice or ""]
        left[fee.customer] -= fee.amount
        last.setdefault(fee.customer, invoice)
    for customer, amount in left.items():
        if amount:
            yield Reduction(last[customer], "credit:progressive billing", "", amount)


def _is_progressive(invoice: LagoInvoice) -> bool:
    return invoice.kind == PROGRESSIVE


def _rank(invoice: LagoInvoice) -> tuple[bool, date, str, str]:
    """Order the invoices of a period: the period's own is the last."""
    return (not _is_progressive(invoice), invoice.issued_on, invoice.number, invoice.lago_id)
