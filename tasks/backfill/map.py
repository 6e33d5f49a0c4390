"""map: accepted source rows -> the records that Odoo is to hold."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import tzinfo
from typing import Any

from tasks.backfill.mapping.customers import map_customer
from tasks.backfill.mapping.orders import map_order
from tasks.backfill.mapping.plans import map_plan
from tasks.model.errors import RecordError
from tasks.model.records import Customer, EndedOrder, Finding, Mapped, Order, Plan, Severity
from tasks.model.source import Source, ended_deployments
from tasks.model.texts import is_usable_key

Row = Mapping[str, Any]


def map_tables(
    tables: Mapping[str, Sequence[Row]],
    accepted: Mapping[str, frozenset[str]],
    *,
    entities: frozenset[str],
    timezone: tzinfo,
) -> Mapped:
    """Map what the checks accepted; a row that will not map is reported, the rest goes on.

    Args:
        tables: users, plans, deployments, subscriptions, deployment_addons.
        accepted: Ids per table that are neither in quarantine nor out of scope.
        entities: What to load, of customer, plan and order. Orders bring the customers and
            plans that they need along.
        timezone: The company's, for dates.
    """
    findings: list[Finding] = []
    plans: dict[str, Plan] = {}
    customers: dict[str, Customer] = {}
    if entities & {"plan", "order"}:
        for row in _accepted("plans", tables, accepted):
            try:
                plans[row["id"]] = map_plan(row)
            except RecordError as error:
                findings.append(_finding("plans", error))
    if entities & {"customer", "order"}:
        for row in _accepted("users", tables, accepted):
            try:
                customers[row["id"]] = map_customer(row)
            except RecordError as error:
                findings.append(_finding("users", error))
    if "order" in entities:
        orders, faults = _map_orders(tables, accepted, plans, timezone)
        findings.extend(faults)
        for user_id, theirs in orders.items():
            if user_id in customers:
                customers[user_id] = replace(customers[user_id], orders=tuple(theirs))
    ended = _ended(tables) if "order" in entities else ()
    return Mapped(tuple(customers.values()), plans, tuple(findings), ended)


def _map_orders(
    tables: Mapping[str, Sequence[Row]],
    accepted: Mapping[str, frozenset[str]],
    plans: Mapping[str, Plan],
    timezone: tzinfo,
) -> tuple[dict[str, list[Order]], list[Finding]]:
    subscriptions = {
        row["deployment_id"]: row for row in _accepted("subscriptions", tables, accepted)
    }
    addons: dict[str, list[Row]] = {}
    for row in _accepted("deployment_addons", tables, accepted):
        addons.setdefault(row["deployment_id"], []).append(row)
    orders: dict[str, list[Order]] = {}
    findings: list[Finding] = []
    for deployment in _accepted("deployments", tables, accepted):
        subscription = subscriptions.get(deployment["id"])
        plan = plans.get(subscription["plan_id"]) if subscription else None
        if subscription is None or plan is None:
            continue
        try:
            theirs = addons.get(deployment["id"], ())
            order = map_order(deployment, subscription, plan, timezone, theirs)
        except RecordError as error:
            findings.append(_finding("subscriptions", error))
            findings.append(_finding("deployments", error, key=deployment["id"]))
            continue
        orders.setdefault(deployment["user_id"], []).append(order)
    return orders, findings


def _ended(tables: Mapping[str, Sequence[Row]]) -> tuple[EndedOrder, ...]:
    source = Source(**{table: tuple(rows) for table, rows in tables.items()})
    ended = ended_deployments(source).items()
    # Of what Odoo cannot hold there is no order to end.
    return tuple(EndedOrder(key, moment) for key, moment in ended if is_usable_key(key))


def _accepted(
    table: str, tables: Mapping[str, Sequence[Row]], accepted: Mapping[str, frozenset[str]]
) -> Iterable[Row]:
    ids = accepted.get(table, frozenset())
    return (row for row in tables.get(table, ()) if row["id"] in ids)


def _finding(table: str, error: RecordError, key: str | None = None) -> Finding:
    return Finding(
        table=table,
        key=key or error.key,
        rule=error.rule,
        severity=Severity.CRITICAL_ROW,
        sentence=str(error),
        observed="",
        remedy="Correct the row in NexaCloud and run the backfill again.",
    )
