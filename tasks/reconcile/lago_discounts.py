"""Lago's coupons on an invoice -> what each takes off each subscription."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tasks.model.lago import LagoCoupon, LagoFee, LagoInvoice, digits_of


@dataclass(frozen=True, slots=True)
class Discount:
    """What a coupon takes off a subscription for the period of its plan's price."""

    code: str
    subscription: str
    start: datetime
    end: datetime
    amount: Decimal


def coupons_by_invoice(coupons: Iterable[LagoCoupon]) -> dict[str, dict[str, Decimal]]:
    """Give what each coupon, by code, took off each invoice, by the invoice's Lago id."""
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for coupon in coupons:
        for invoice, amount in coupon.lowered.items():
            found[invoice][coupon.code] += amount
    return found


def discount_lines(
    invoice: LagoInvoice, fees: Sequence[LagoFee], coupons: Mapping[str, Decimal]
) -> list[Discount]:
    """Spread an invoice's coupons over its subscriptions; empty if nobody can tell how.

    The parts of one coupon are rounded to the currency's subunit and add up to it. They add up
    to what the invoice was lowered by, or none is told.
    """
    periods = _periods(fees)
    if not coupons or sum(coupons.values()) != invoice.coupons or not periods:
        return []
    shares = {name: sum((f.coupons for f in fees if f.subscription == name), Decimal(0))
              for name in periods}  # fmt: skip
    if len(periods) > 1 and (len(coupons) > 1 or not sum(shares.values())):
        return []
    found = []
    step = Decimal(1).scaleb(-digits_of(invoice.currency))
    for code, amount in sorted(coupons.items()):
        left, weight = amount, sum(shares.values())
        for name, (start, end) in periods.items():
            part = left if len(periods) == 1 else (left * shares[name] / weight).quantize(step)
            left, weight = left - part, weight - shares[name]
            if part:
                found.append(Discount(code, name, start, end, part))
    return found


def _periods(fees: Iterable[LagoFee]) -> dict[str, tuple[datetime, datetime]]:
    """Give the period of each subscription on an invoice: its plan price's, else its first."""
    found: dict[str, tuple[datetime, datetime]] = {}
    for fee in sorted(fees, key=lambda fee: (fee.kind != "subscription", fee.start, fee.lago_id)):
        if fee.subscription:
            found.setdefault(fee.subscription, (fee.start, fee.end))
    return dict(sorted(found.items()))
