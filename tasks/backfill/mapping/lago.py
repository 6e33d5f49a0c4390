"""A service in Lago -> source rows, the rules that they break, and what Odoo is to hold."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import replace
from datetime import tzinfo

from tasks.backfill.mapping.lago_customers import ACTIVE, map_lago_customer, refuse_owed
from tasks.backfill.mapping.lago_orders import OrderContext, map_lago_order
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.backfill.quarantine import kept_out_by
from tasks.check.suites import Suite
from tasks.model.errors import RecordError
from tasks.model.lago import LagoSubscription
from tasks.model.lago_support import Fate, constructs, kept_out
from tasks.model.records import Customer, Finding, Mapped, Order, Plan, Severity

_REMEDY = "Correct it in Lago and run the backfill again."
_UNREADABLE = {"fees": ("fee_unreadable", "Fee"), "invoices": ("invoice_unreadable", "Invoice")}
_WHY_NOT = {
    "terminated": "The subscription ended: nothing is left to bill.",
    "canceled": "The subscription was canceled: nothing is left to bill.",
    "pending": "The subscription has not begun yet.",
    "incomplete": "The subscription waits for its first payment.",
}


def out_of_scope(source: LagoSource) -> dict[str, dict[str, str]]:
    """Name the subscriptions that have nothing (left) to bill, each with a reason."""
    ended = {
        each.lago_id: _WHY_NOT.get(each.status, f"The subscription is {each.status}.")
        for each in source.subscriptions
        if each.status != ACTIVE
    }
    return {"users": {}, "plans": {}, "subscriptions": ended}


def customer_findings(source: LagoSource, rules: Suite) -> Iterator[Finding]:
    """Find the customers that Odoo cannot bill as Lago does."""
    for customer in source.customers:
        key, subject = customer.external_id, f"Customer {customer.external_id}."
        try:
            if customer.fault is not None:
                raise kept_out(key, "customer_unreadable", f"{subject} It {customer.fault}.")
            if customer.is_partner:
                raise kept_out(key, "partner_self_billed", subject)
            if not all(map(rules.rules["email_malformed"].keeps, customer.emails)):
                raise kept_out(key, "email_malformed", subject)
            if customer.unknown:
                words = f"{subject} {', '.join(customer.unknown)}."
                raise kept_out(key, "unknown_field", words)
            refuse_owed(
                customer,
                source.wallets_of.get(key, ()),
                source.notes_of.get(key, ()),
                source.currencies_of(customer),
            )
        except RecordError as error:
            yield _finding("users", error)


def lago_findings(
    source: LagoSource, kept_out_customers: Iterable[str], *, timezone: tzinfo
) -> tuple[Finding, ...]:
    """Find the plans and subscriptions that Odoo cannot bill as Lago does, and what hangs on them.

    Args:
        source: What was read.
        kept_out_customers: External ids of customers in quarantine.
        timezone: The company's.
    """
    findings: list[Finding] = [*_in_app(source), *_left_behind(source), *_unreadable(source)]
    plans: dict[str, Plan] = {}
    for plan in source.all_plans:
        try:
            plans[plan.lago_id] = map_lago_plan(plan, source.charge_context)
        except RecordError as error:
            findings.append(_finding("plans", error))
    customers = source.customers_by_id.keys() - set(kept_out_customers)
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
        plans = {plan.lago_id: map_lago_plan(plan, source.charge_context) for plan in taken}
    customers: dict[str, Customer] = {}
    if wants_orders or "customer" in entities:
        customers = {
            each.external_id: replace(
                map_lago_customer(each, source.organization),
                opening_credits=source.credits_of(each),
            )
            for each in source.customers
            if each.external_id in accepted["users"]
        }
    if wants_orders:
        orders: dict[str, list[Order]] = {}
        for subscription in source.subscriptions:
            if subscription.lago_id in accepted["subscriptions"]:
                order = _order(source, subscription, plans, customers.keys(), timezone)
                orders.setdefault(subscription.customer, []).append(order)
        for external_id, theirs in orders.items():
            customers[external_id] = replace(customers[external_id], orders=tuple(theirs))
    return Mapped(tuple(customers.values()), plans, ())


def _order(
    source: LagoSource,
    subscription: LagoSubscription,
    plans: Mapping[str, Plan],
    customers: Iterable[str],
    timezone: tzinfo,
) -> Order:
    key = subscription.lago_id
    subject = f"Subscription {subscription.external_id}."
    if subscription.customer not in customers:
        raise kept_out(key, "owner_quarantined", subject)
    if subscription.fault is not None:
        raise kept_out(key, "subscription_unreadable", f"{subject} It {subscription.fault}.")
    sold = source.plan_of(subscription)
    if sold is None:
        raise kept_out(key, "plan_unknown", subject)
    if sold.lago_id not in plans:
        raise kept_out(key, "plan_quarantined", f"{subject[:-1]}, plan {sold.code}.")
    customer = source.customers_by_id[subscription.customer]
    siblings = [each for each in source.live[customer.external_id] if each != subscription]
    context = OrderContext(
        customer=customer,
        zone=source.organization.zone_of(customer),
        company_zone=str(timezone),
        read_at=source.read_at,
        coupons=source.active_coupons.get(customer.external_id, ()),
        siblings=siblings,
        tax_codes=source.organization.tax_codes_of(customer),
        first_started_at=source.first_starts.get((subscription.customer, subscription.external_id)),
    )
    return map_lago_order(subscription, sold, plans[sold.lago_id], context)


def _unreadable(source: LagoSource) -> Iterator[Finding]:
    """Name what of the billed ledger cannot be read; it keeps its customer from the switch."""
    for each in source.unreadable:
        rule, what = _UNREADABLE[each.table]
        error = kept_out(each.lago_id, rule, f"{what} {each.name}. It {each.fault}.")
        yield _finding(each.table, error)


def _in_app(source: LagoSource) -> Iterator[Finding]:
    """Name once what Lago has and what is not copied, because the app or Odoo sees to it."""
    for name, times in sorted(source.in_app.items()):
        construct = constructs()[name]
        if construct.fate is Fate.STAYS_IN_APP:
            yield Finding(
                table="users",
                key=None,
                rule=name,
                severity=Severity.WARNING,
                sentence=f"{construct.what}: this stays where it is, and is not in Odoo.",
                observed=f"{times:,} times",
                remedy=construct.remedy,
            )


def _left_behind(source: LagoSource) -> Iterator[Finding]:
    """Name who is owed something that no switch brings along: nothing else of theirs goes on."""
    construct = constructs()["owed_without_subscription"]
    for customer in source.customers:
        key = customer.external_id
        owed = () if source.live.get(key) else source.credits_of(customer)
        if owed:
            amounts = ", ".join(f"{each.amount:,.2f} {each.currency}" for each in owed)
            yield Finding(
                table="users",
                key=key,
                rule=construct.name,
                severity=Severity.WARNING,
                sentence=f"Customer {key} is owed {amounts} and has no live subscription.",
                observed=amounts,
                remedy=construct.remedy,
            )


def _finding(table: str, error: RecordError) -> Finding:
    construct = constructs().get(error.rule)
    return kept_out_by(error, table, construct.remedy if construct else _REMEDY)
