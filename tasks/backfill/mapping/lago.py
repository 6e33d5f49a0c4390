"""A service in Lago -> source rows, the rules that they break, and what Odoo is to hold."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, tzinfo
from decimal import Decimal
from functools import cached_property

from tasks.backfill.mapping.lago_charges import (
    AGGREGATIONS,
    ChargeContext,
    groups_billed,
    keyed_events,
    zero_usage_flat,
)
from tasks.backfill.mapping.lago_customers import Organization, map_lago_customer, user_row
from tasks.backfill.mapping.lago_orders import OrderContext, map_lago_order
from tasks.backfill.mapping.lago_owed import opening_credits, refuse_owed
from tasks.backfill.mapping.lago_plans import map_lago_plan
from tasks.check.suites import Suite
from tasks.model.errors import RecordError
from tasks.model.lago import (
    LagoCoupon,
    LagoCustomer,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
    first_starts,
)
from tasks.model.lago_billed import LagoBilling, LagoCreditNote, LagoWallet
from tasks.model.lago_support import Fate, constructs, kept_out
from tasks.model.lago_units import metric_of
from tasks.model.lago_unreadable import LagoUnreadable
from tasks.model.records import (
    Customer,
    Finding,
    Mapped,
    OpeningCredit,
    Order,
    Plan,
    Severity,
)
from tasks.model.source import Row

ACTIVE = "active"
_REMEDY = "Correct it in Lago and run the backfill again."
_WHY_NOT = {
    "terminated": "The subscription ended: nothing is left to bill.",
    "canceled": "The subscription was canceled: nothing is left to bill.",
    "pending": "The subscription has not begun yet.",
    "incomplete": "The subscription waits for its first payment.",
}


@dataclass(frozen=True)
class LagoSource:
    """What was read of one service: its own customers, plans and subscriptions.

    ``own_plans`` are those that belong to one subscription alone, by its Lago id. ``billing``
    holds every service's invoices and fees. ``read_at`` is when the reading began.
    """

    customers: tuple[LagoCustomer, ...]
    plans: tuple[LagoPlan, ...]
    subscriptions: tuple[LagoSubscription, ...]
    own_plans: Mapping[str, LagoPlan]
    metrics: tuple[LagoMetric, ...]
    billing: LagoBilling
    wallets: tuple[LagoWallet, ...] = ()
    organization: Organization = field(default_factory=Organization)
    read_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)

    def plan_of(self, subscription: LagoSubscription) -> LagoPlan | None:
        """Give the plan that a subscription is billed by."""
        own = self.own_plans.get(subscription.lago_id)
        return own or self._plans_by_code.get(subscription.plan_code)

    @cached_property
    def _plans_by_code(self) -> dict[str, LagoPlan]:
        return {plan.code: plan for plan in self.plans}

    @cached_property
    def customers_by_id(self) -> dict[str, LagoCustomer]:
        """The customers by their external id."""
        return {customer.external_id: customer for customer in self.customers}

    @cached_property
    def live(self) -> dict[str, list[LagoSubscription]]:
        """The live subscriptions of each customer."""
        found: dict[str, list[LagoSubscription]] = defaultdict(list)
        for each in self.subscriptions:
            if each.status == ACTIVE:
                found[each.customer].append(each)
        return found

    @cached_property
    def first_starts(self) -> dict[tuple[str, str], datetime]:
        """When each customer first had each external id."""
        return first_starts(self.subscriptions)

    @cached_property
    def active_coupons(self) -> dict[str, list[LagoCoupon]]:
        """The coupons of each customer that still lower something."""
        found: dict[str, list[LagoCoupon]] = defaultdict(list)
        for each in self.billing.coupons:
            if each.status == ACTIVE and each.remaining != 0:
                found[each.customer].append(each)
        return found

    @cached_property
    def wallets_of(self) -> dict[str, list[LagoWallet]]:
        """The wallets of each customer."""
        found: dict[str, list[LagoWallet]] = defaultdict(list)
        for each in self.wallets:
            found[each.customer].append(each)
        return found

    @cached_property
    def notes_of(self) -> dict[str, list[LagoCreditNote]]:
        """The credit notes of each customer."""
        found: dict[str, list[LagoCreditNote]] = defaultdict(list)
        for each in self.billing.credit_notes:
            found[each.customer].append(each)
        return found

    def currencies_of(self, customer: LagoCustomer) -> frozenset[str]:
        """Give the currencies that a customer is billed in."""
        sold = map(self.plan_of, self.live.get(customer.external_id, ()))
        of_plans = {plan.currency for plan in sold if plan is not None}
        return frozenset({customer.currency} if customer.currency else of_plans)

    def credits_of(self, customer: LagoCustomer) -> tuple[OpeningCredit, ...]:
        """Give what Lago owes to a customer."""
        key = customer.external_id
        return opening_credits(customer, self.wallets_of.get(key, ()), self.notes_of.get(key, ()))

    @cached_property
    def charge_context(self) -> ChargeContext:
        """What the charges of all plans mean beside their own words."""
        return ChargeContext(
            metrics={metric.code: metric for metric in self.metrics},
            flat_at_zero=zero_usage_flat(self.billing.version),
            groups=groups_billed(self.all_plans, self.billing.fees),
        )

    @cached_property
    def unreadable(self) -> tuple[LagoUnreadable, ...]:
        """What of this service's billed ledger cannot be read, each with whose it is, if known.

        Of a row of which nothing tells whose it is every service is told.
        """
        services = {customer.service for customer in self.customers}
        owners = {each.external_id: each.customer for each in self.subscriptions}
        found = []
        for each in self.billing.unreadable:
            owner = each.customer
            if owner not in self.customers_by_id:
                owner = owners.get(each.subscription, owner)
            is_nobodys = not owner and each.service in {*services, ""}
            if owner in self.customers_by_id or is_nobodys:
                found.append(replace(each, customer=owner))
        return tuple(found)

    @property
    def all_plans(self) -> tuple[LagoPlan, ...]:
        """The service's plans, those of one subscription last."""
        return (*self.plans, *self.own_plans.values())

    def tables(self) -> dict[str, Sequence[Row]]:
        """Give the source rows that a report accounts for; ``deployment_id`` names the order."""
        billed: dict[str, list[Row]] = defaultdict(list)
        for each in self.unreadable:
            row = {"id": each.lago_id, "name": each.name, "deployment_id": each.subscription}
            billed[each.table].append({**row, "user_id": each.customer or None})
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
            # Of what was billed only that which cannot be read has an outcome of its own.
            **billed,
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
    findings: list[Finding] = [*_in_app(source), *_unreadable(source)]
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


def wire_metrics(source: LagoSource, plans: Iterable[Plan]) -> list[dict[str, str]]:
    """Give the metrics that the plans charge for, as a bundle carries them.

    Whatever Lago does to count, its fees tell one quantity a period: here it is a sum. Events,
    which the app may send to Odoo itself one day, count as they do in Lago. A charge that is not
    told by its metric alone has one of its own, which counts some of the metric's events; the
    metric itself is there for the plans that the app makes.
    """
    taken = {plan.external_id for plan in plans}
    known = {metric.code: metric for metric in source.metrics}
    wire: dict[str, dict[str, str]] = {}
    for plan in source.all_plans:
        if plan.lago_id not in taken:
            continue
        for charge in plan.charges:
            code, _ = metric_of(charge.metric, Decimal(1))
            wire[code] = _wire_metric(code, known.get(code))
            if metric := known.get(code):
                wire[code] |= _wire_filters(metric)
        for code, of_events, group, chosen in keyed_events(plan, source.charge_context):
            told = _wire_metric(code, known.get(of_events))
            if group:
                told["name"] += f" ({', '.join(value for _, value in group)})"
            wire[code] = told | {"event_code": of_events, "event_filter": chosen}
    return [wire[code] for code in sorted(wire)]


def _wire_filters(metric: LagoMetric) -> dict[str, str]:
    if not metric.filters:
        return {}
    filters = [{"key": key, "values": list(values)} for key, values in metric.filters.items()]
    return {"filters": json.dumps(filters)}


def _wire_metric(code: str, metric: LagoMetric | None) -> dict[str, str]:
    wire = {"code": code, "name": metric.name if metric else code, "aggregation": "sum"}
    method = AGGREGATIONS.get(metric.aggregation) if metric else None
    if method:
        wire["event_aggregation"] = method
    if metric and metric.field_name:
        wire["field_name"] = metric.field_name
    if metric and metric.rounding:
        wire |= {"rounding": metric.rounding, "rounding_digits": str(metric.rounding_digits)}
    return wire


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
    siblings = [each for each in source.live[customer.external_id] if each is not subscription]
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
        if each.table == "fees":
            error = kept_out(each.lago_id, "fee_unreadable", f"Fee {each.name}. It {each.fault}.")
        else:
            subject = f"Invoice {each.name}. It {each.fault}."
            error = kept_out(each.lago_id, "invoice_unreadable", subject)
        yield _finding(each.table, error)


def _in_app(source: LagoSource) -> Iterator[Finding]:
    """Name once what Lago has and what is not copied, because the app or Odoo sees to it."""
    entities = source.organization.entities
    services = {customer.service for customer in source.customers}
    seen: Counter[str] = Counter()
    for customer in source.customers:
        seen.update(customer.in_app)
    for plan in source.all_plans:
        seen.update(plan.in_app)
    for subscription in source.subscriptions:
        seen.update(subscription.in_app)
    for code in services & entities.keys():
        seen.update(entities[code].in_app)
    for name, times in sorted(seen.items()):
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


def _finding(table: str, error: RecordError) -> Finding:
    construct = constructs().get(error.rule)
    return Finding(
        table=table,
        key=error.key,
        rule=error.rule,
        severity=Severity.CRITICAL_ROW,
        sentence=str(error),
        observed="",
        remedy=construct.remedy if construct else _REMEDY,
    )
