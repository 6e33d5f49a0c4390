"""Percentages of transactions, with the two rules that make the first of them free."""

from collections.abc import Iterable
from decimal import Decimal
from itertools import accumulate, takewhile

from .ladder import Part, share
from .numbers import PERCENT, ZERO, divide_half_up, plain
from .tariff import Tariff


def of_total(tariff: Tariff, units: Decimal, events: list[Decimal]) -> tuple[Decimal, list[Part]]:
    """Rate the total: return the units without fee, and the parts.

    Both free rules hold together until the first of them ends. The amount frees units up to
    itself; an event that reaches it is not free of its own fee any more.
    """
    free_count = _free_count(tariff, events)
    free = min(units, tariff.quota) if tariff.quota else ZERO
    if tariff.free_events:
        within = sum(events[: tariff.free_events], ZERO)
        free = min(within, tariff.quota) if tariff.quota else within
    parts = []
    if units > free:
        parts.append(share(units - free, tariff.percent))
    paid_count = len(events) - free_count
    if units and paid_count and tariff.event_fee:
        text = f"{paid_count} events x {plain(tariff.event_fee)}"
        parts.append((text, paid_count * tariff.event_fee))
    return free, parts


def _free_count(tariff: Tariff, events: list[Decimal]) -> int:
    if not (tariff.quota or tariff.free_events):
        return 0
    totals: Iterable[Decimal] = accumulate(events[: tariff.free_events or None])
    if tariff.quota:
        totals = takewhile(lambda total: total < tariff.quota, totals)
    return len(list(totals))


def one_by_one(tariff: Tariff, events: list[Decimal]) -> tuple[Decimal, list[Part]]:
    """Rate each transaction by itself: return the units without fee, and the parts.

    While a free amount lasts, the number of free events does not matter; the transaction
    that uses the amount up pays for the rest of itself and ends both rules.
    """
    credit, skips = tariff.quota, 0 if tariff.quota else tariff.free_events
    free = ZERO
    fees: list[Decimal] = []
    for event in events:
        if skips:
            skips -= 1
            free += event
        elif event < credit:
            credit -= event
            free += event
        else:
            free += credit
            fees.append(_clamp(tariff, (event - credit) * tariff.percent * PERCENT))
            credit = ZERO
    fees = [fee for fee in fees if fee]
    total = sum(fees, ZERO)
    text = f"{len(fees)} transactions for {plain(divide_half_up(total, 1))}"
    return free, [(text, total)] if fees else []


def _clamp(tariff: Tariff, share_of_event: Decimal) -> Decimal:
    fee = share_of_event + tariff.event_fee
    if tariff.least is not None:
        fee = max(fee, tariff.least)
    return fee if tariff.most is None else min(fee, tariff.most)
