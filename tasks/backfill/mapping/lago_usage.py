"""Lago's fees -> usage: what Lago counted for a subscription, a charge and a period.

Odoo is to rate what Lago rated, so the quantities are those on Lago's own invoices; whether
Lago counted right nobody can tell from them. An invoice at a threshold (progressive billing) has
all units so far, of which the period's own invoice has the whole: it tells none.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime, tzinfo
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.backfill.mapping.lago_charges import charge_key, group_of, has_key
from tasks.model.lago import LagoCharge, LagoPlan
from tasks.model.lago_billed import FINALIZED, PROGRESSIVE, LagoFee, LagoInvoice
from tasks.model.lago_units import keyed_metric, metric_of
from tasks.model.records import Order


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


def charge_names(plans: Iterable[LagoPlan]) -> dict[str, tuple[str, LagoCharge]]:
    """Give the charges that usage must name, each with its plan's code, by their Lago id."""
    return {
        charge.lago_id: (plan.code, charge)
        for plan in plans
        for charge in plan.charges
        if has_key(charge, plan)
    }


def billed_usage(
    invoices: Iterable[LagoInvoice],
    fees: Iterable[LagoFee],
    *,
    orders: Mapping[str, Order],
    charges: Mapping[str, tuple[str, LagoCharge]],
    timezone: tzinfo,
) -> tuple[BilledUsage, ...]:
    """Add up the units of the fees, sorted; true-ups have none, drafts and voided do not count.

    Args:
        invoices: Of any status.
        fees: Of any kind.
        orders: Those to look at, by external id; what lies before their first day was another
            subscription's of the same id.
        charges: Those that usage must name, by their Lago id.
        timezone: The company's, where an order has none of its own.
    """
    final = {
        invoice.lago_id
        for invoice in invoices
        if invoice.status == FINALIZED and invoice.kind != PROGRESSIVE
    }
    zones = {name: ZoneInfo(order.timezone) for name, order in orders.items() if order.timezone}
    units: dict[tuple[str, str, datetime, datetime], Decimal] = {}
    for fee in fees:
        order = orders.get(fee.subscription)
        if fee.kind != "charge" or fee.true_up_of is not None or order is None:
            continue
        if fee.invoice is not None and fee.invoice not in final:
            continue
        zone = zones.get(fee.subscription, timezone)
        if fee.start.astimezone(zone).date() < order.started_on:
            continue
        metric, quantity = metric_of(fee.code, fee.units)
        if keyed := charges.get(fee.charge or ""):
            metric = keyed_metric(metric, charge_key(*keyed, group_of(fee)))
        name = (fee.subscription, metric, fee.start, fee.end)
        units[name] = units.get(name, Decimal(0)) + quantity
    return tuple(BilledUsage(*name, total) for name, total in sorted(units.items()))
