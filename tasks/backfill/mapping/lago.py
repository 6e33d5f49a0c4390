"""A service in Lago -> source rows, the rules that they break, and what Odoo is to hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import tzinfo
from typing import Any

from tasks.backfill.mapping.customers import map_customer
from tasks.backfill.mapping.lago_customers import user_row
from tasks.backfill.mapping.lago_orders import map_lago_order
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.model.errors import RecordError
from tasks.model.lago import LagoBilling, LagoCustomer, LagoMetric, LagoPlan, LagoSubscription
from tasks.model.records import Customer, Finding, Mapped, Order, Plan, Severity

ACTIVE = "active"
AGGREGATIONS = {
    "count_agg": "count",
    "sum_agg": "sum",
    "max_agg": "max",
    "unique_count_agg": "unique",
    "weighted_sum_agg": "weighted_sum",
    "latest_agg": "last",
}
"""The addon's words for Lago's; of any other, Odoo cannot count events."""

_REMEDY = "Correct it in Lago and run the backfill again."
_WHY_NOT = {
    "terminated": "The subscription ended: nothing is left to bill.",
    "canceled": "The subscription was canceled: nothing is left to bill.",
    "pending": "The subscription has not begun yet.",
}


@dataclass(frozen=True, slots=True)
class LagoSource:
    """What was read of one service: its own customers, plans and subscriptions.

    ``own_plans`` are those that belong to one subscription alone, by its Lago id. ``billing``
    holds every service's invoices and fees.
    """

    customers: tuple[LagoCustomer, ...]
    plans: tuple[LagoPlan, ...]
    subscriptions: tuple[LagoSubscription, ...]
    own_plans: Mapping[str, LagoPlan]
    metrics: tuple[LagoMetric, ...]
    billing: LagoBilling

    def plan_of(self, subscription: LagoSubscription) -> LagoPlan | None:
        """Give the plan that a subscription is billed by."""
        by_code = {plan.code: plan for plan in self.plans}
        own = self.own_plans.get(subscription.lago_id)
        return own or by_code.get(subscription.plan_code)

    @property
    def all_plans(self) -> tuple[LagoPlan, ...]:
        """The service's plans, those of one subscription last."""
        return (*self.plans, *self.own_plans.values())

    def tables(self) -> dict[str, list[dict[str, Any]]]:
        """Give the source rows that a report accounts for; ``deployment_id`` names the order."""
        return {
            "users": [user_row(customer) for customer in self.customers],
            "plans": [
                {"id": plan.lago_id, "name": plan.name, "code": plan.code}
                for plan in self.all_plans
            ],
            "subscriptions": [
                {
                    "id": each.lago_id,
                    "deployment_id": each.external_id,
                    "user_id": each.customer,
                    "status": each.status,
                    "canceled_at": each.ended_at,
                }
                for each in self.subscriptions
            ],
        }


def own_plan(subscription: LagoSubscription, plan: LagoPlan) -> LagoPlan:
    """Name a plan after the one subscription that it belongs to: Lago gives it the parent's."""
    return replace(plan, code=f"{plan.code}:{subscription.external_id}")


def out_of_scope(source: LagoSource) -> dict[str, dict[str, str]]:
    """Name the subscriptions that have nothing (left) to bill, each with a reason."""
    ended = {
        each.lago_id: _WHY_NOT.get(each.status, f"The subscription is {each.status}.")
        for each in source.subscriptions
        if each.status != ACTIVE
    }
    return {"users": {}, "plans": {}, "subscriptions": ended}


def lago_findings(
    source: LagoSource, kept_out: Iterable[str], *, currency: str, timezone: tzinfo
) -> tuple[Finding, ...]:
    """Find the plans and subscriptions that Odoo cannot bill as Lago does, and what hangs on them.

    Args:
        source: What was read.
        kept_out: External ids of customers in quarantine.
        currency: The company's.
        timezone: The company's.
    """
    findings: list[Finding] = []
    plans: dict[str, Plan] = {}
    for plan in source.all_plans:
        try:
            plans[plan.lago_id] = _in_currency(map_lago_plan(plan), currency)
        except RecordError as error:
            findings.append(_finding("plans", error))
        if plan.has_commitment:
            findings.append(_commitment(plan))
    customers = {customer.external_id for customer in source.customers} - set(kept_out)
    for subscription in source.subscriptions:
        if subscription.status == ACTIVE:
            try:
                _order(source, subscription, plans, customers, timezone)
            except RecordError as error:
                findings.append(_finding("subscriptions", error))
    return tuple(findings)


def map_lago(
    source: LagoSource,
    accepted: Mapping[str, frozenset[str]],
    *,
    entities: frozenset[str],
    timezone: tzinfo,
) -> Mapped:
    """Map what the checks accepted; see ``tasks.backfill.map.map_tables``."""
    wants_orders = "order" in entities
    plans: dict[str, Plan] = {}
    if wants_orders or "plan" in entities:
        taken = [plan for plan in source.all_plans if plan.lago_id in accepted["plans"]]
        plans = {plan.lago_id: map_lago_plan(plan) for plan in taken}
    customers: dict[str, Customer] = {}
    if wants_orders or "customer" in entities:
        rows = [user_row(customer) for customer in source.customers]
        customers = {row["id"]: map_customer(row) for row in rows if row["id"] in accepted["users"]}
    if wants_orders:
        orders: dict[str, list[Order]] = {}
        for subscription in source.subscriptions:
            if subscription.lago_id in accepted["subscriptions"]:
                order = _order(source, subscription, plans, customers.keys(), timezone)
                orders.setdefault(subscription.customer, []).append(order)
        for external_id, theirs in orders.items():
            customers[external_id] = replace(customers[external_id], orders=tuple(theirs))
    return Mapped(tuple(customers.values()), plans, ())


def wire_metrics(source: LagoSource, plans: Iterable[Plan]) -> list[dict[str, str]]:
    """Give the metrics that the plans charge for, as a bundle carries them.

    Whatever Lago does to count, its fees tell one quantity a period: here it is a sum. Events,
    which the app may send to Odoo itself one day, count as they do in Lago.
    """
    needed = {charge.metric for plan in plans for charge in plan.charges}
    known = {metric.code: metric for metric in source.metrics}
    return [_wire_metric(code, known.get(code)) for code in sorted(needed)]


def _wire_metric(code: str, metric: LagoMetric | None) -> dict[str, str]:
    wire = {"code": code, "name": metric.name if metric else code, "aggregation": "sum"}
    method = AGGREGATIONS.get(metric.aggregation) if metric else None
    if method:
        wire["event_aggregation"] = method
    if metric and metric.field_name:
        wire["field_name"] = metric.field_name
    return wire


def _order(
    source: LagoSource,
    subscription: LagoSubscription,
    plans: Mapping[str, Plan],
    customers: Iterable[str],
    timezone: tzinfo,
) -> Order:
    key = subscription.lago_id
    if subscription.customer not in customers:
        raise RecordError(key, "owner_quarantined", "Its customer is not loaded.")
    plan = source.plan_of(subscription)
    if plan is None:
        raise RecordError(key, "plan_unknown", "Its plan is not in Lago.")
    if plan.lago_id not in plans:
        raise RecordError(key, "plan_quarantined", f"Its plan {plan.code} is not loaded.")
    return map_lago_order(subscription, plans[plan.lago_id], timezone)


def _in_currency(plan: Plan, currency: str) -> Plan:
    if plan.currency != currency:
        raise RecordError(
            plan.external_id,
            "currency_other",
            f"Plan {plan.code} is sold in {plan.currency}; Odoo bills in {currency} alone.",
        )
    return plan


def _commitment(plan: LagoPlan) -> Finding:
    return Finding(
        table="plans",
        key=plan.lago_id,
        rule="minimum_commitment",
        severity=Severity.WARNING,
        sentence=f"Plan {plan.code} has a minimum commitment, which plans in Odoo do not have.",
        observed="",
        remedy="Bill the rest up to the minimum in Odoo by hand, or end the commitment.",
    )


def _finding(table: str, error: RecordError) -> Finding:
    return Finding(
        table=table,
        key=error.key,
        rule=error.rule,
        severity=Severity.CRITICAL_ROW,
        sentence=str(error),
        observed="",
        remedy=_REMEDY,
    )
