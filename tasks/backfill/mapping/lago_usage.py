"""Lago's fees -> usage: what Lago counted for a subscription, a metric and a period.

Odoo is to rate what Lago rated, so the quantities are those on Lago's own invoices; whether
Lago counted right nobody can tell from them.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import date, datetime, tzinfo
from decimal import Decimal

from tasks.model.lago import FINALIZED, LagoFee, LagoInvoice, metric_of


@dataclass(frozen=True, slots=True)
class BilledUsage:
    """What was billed of one metric in one period; ``units`` are in the metric's unit."""

    subscription: str
    metric: str
    start: datetime
    end: datetime
    units: Decimal

    @property
    def name(self) -> str:
        """What it is called in reports and in Odoo's answers."""
        return f"{self.subscription}/{self.metric}@{self.start.isoformat()}"


def billed_usage(
    invoices: Iterable[LagoInvoice],
    fees: Iterable[LagoFee],
    *,
    started_on: Mapping[str, date],
    timezone: tzinfo,
) -> tuple[BilledUsage, ...]:
    """Add up the units of the fees, sorted; true-ups have none, drafts and voided do not count.

    Args:
        invoices: Of any status.
        fees: Of any kind.
        started_on: First day of the subscriptions to look at, by external id; what lies
            before it was another subscription's of the same id.
        timezone: The company's.
    """
    final = {invoice.lago_id for invoice in invoices if invoice.status == FINALIZED}
    units: dict[tuple[str, str, datetime, datetime], Decimal] = {}
    for fee in fees:
        day = started_on.get(fee.subscription)
        if fee.kind != "charge" or fee.true_up_of is not None or day is None:
            continue
        if fee.invoice is not None and fee.invoice not in final:
            continue
        if fee.start.astimezone(timezone).date() < day:
            continue
        metric, quantity = metric_of(fee.code, fee.units)
        key = (fee.subscription, metric, fee.start, fee.end)
        units[key] = units.get(key, Decimal(0)) + quantity
    return tuple(BilledUsage(*key, total) for key, total in sorted(units.items()))
