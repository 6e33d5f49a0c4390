"""A service in Lago as it was read: whole, in pages of customers, as rows of a report.

A page has all that can only be judged with its customers.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import cached_property
from itertools import chain
from operator import attrgetter
from typing import TypeVar

from tasks.backfill.mapping.lago_charges import ChargeContext, groups_billed, zero_usage_flat
from tasks.backfill.mapping.lago_customers import ACTIVE, Organization, opening_credits, user_row
from tasks.model.lago import (
    LagoCoupon,
    LagoCustomer,
    LagoMetric,
    LagoPlan,
    LagoSubscription,
    first_starts,
)
from tasks.model.lago_billed import LagoBilling, LagoCreditNote, LagoUnreadable, LagoWallet
from tasks.model.records import OpeningCredit
from tasks.model.source import Row
from tasks.model.spool import Divided

Theirs = TypeVar("Theirs")
Owned = TypeVar("Owned", LagoSubscription, LagoCoupon, LagoWallet, LagoCreditNote, LagoUnreadable)


@dataclass(frozen=True)
class Whole:
    """What can only be said of a whole service: what its charges mean, what it leaves in the app.

    ``in_app`` counts constructs by name; of all pages the first alone has it.
    """

    context: ChargeContext
    in_app: Counter[str]


@dataclass(frozen=True)
class LagoSource:
    """What was read of one service: its own customers, plans and subscriptions.

    ``own_plans`` are those that belong to one subscription alone, by its Lago id. ``billing``
    holds every service's invoices and fees. ``read_at`` is when the reading began. ``whole`` is
    what is known of the whole, where this is a page of it.
    """

    customers: Collection[LagoCustomer]
    plans: tuple[LagoPlan, ...]
    subscriptions: Collection[LagoSubscription]
    own_plans: Mapping[str, LagoPlan]
    metrics: tuple[LagoMetric, ...]
    billing: LagoBilling
    wallets: tuple[LagoWallet, ...] = ()
    organization: Organization = field(default_factory=Organization)
    read_at: datetime = datetime(1970, 1, 1, tzinfo=UTC)
    whole: Whole | None = None

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
        return _by_customer(each for each in self.subscriptions if each.status == ACTIVE)

    @cached_property
    def first_starts(self) -> dict[tuple[str, str], datetime]:
        """When each customer first had each external id."""
        return first_starts(self.subscriptions)

    @cached_property
    def active_coupons(self) -> dict[str, list[LagoCoupon]]:
        """The coupons of each customer that still lower something."""
        active = (each for each in self.billing.coupons if each.status == ACTIVE)
        return _by_customer(each for each in active if each.remaining != 0)

    @cached_property
    def wallets_of(self) -> dict[str, list[LagoWallet]]:
        """The wallets of each customer."""
        return _by_customer(self.wallets)

    @cached_property
    def notes_of(self) -> dict[str, list[LagoCreditNote]]:
        """The credit notes of each customer."""
        return _by_customer(self.billing.credit_notes)

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
    def in_app(self) -> Counter[str]:
        """How often the service has each construct that is not copied, by name."""
        if self.whole is not None:
            return self.whole.in_app
        services = {customer.service for customer in self.customers}
        entities = (each for code, each in self.organization.entities.items() if code in services)
        having = chain(self.customers, self.all_plans, self.subscriptions, entities)
        names: Iterable[tuple[str, ...]] = map(attrgetter("in_app"), having)
        return Counter(chain.from_iterable(names))

    @cached_property
    def charge_context(self) -> ChargeContext:
        """What the charges of all plans mean beside their own words."""
        if self.whole is not None:
            return self.whole.context
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
        if self.whole is not None:
            return self.billing.unreadable
        services, ours = set(), set()
        for customer in self.customers:
            services.add(customer.service)
            ours.add(customer.external_id)
        named = {each.subscription for each in self.billing.unreadable}
        owners = {
            each.external_id: each.customer
            for each in self.subscriptions
            if each.external_id in named
        }
        found = []
        for each in self.billing.unreadable:
            owner = each.customer
            if owner not in ours:
                owner = owners.get(each.subscription, owner)
            is_nobodys = not owner and each.service in {*services, ""}
            if owner in ours or is_nobodys:
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


def source_pages(source: LagoSource) -> Iterator[LagoSource]:
    """Give a service a page at a time; plans are whole in each.

    Of what was billed a page has no invoices and no fees. What cannot be read and is nobody's is
    in the first.
    """
    if not (isinstance(source.customers, Divided) and isinstance(source.subscriptions, Divided)):
        yield source
        return
    unreadable = _by_customer(source.unreadable)
    whole = Whole(source.charge_context, source.in_app)
    divided = zip(source.customers.pages(), source.subscriptions.pages(), strict=True)
    for place, (customers, subscriptions) in enumerate(divided):
        names = [each.external_id for each in customers]
        billing = replace(
            source.billing,
            invoices=(),
            fees=(),
            credit_notes=_of(source.notes_of, names),
            coupons=_of(source.active_coupons, names),
            unreadable=_of(unreadable, names if place else (*names, "")),
        )
        yield replace(
            source,
            customers=tuple(sorted(customers, key=oldest_first)),
            subscriptions=subscriptions,
            wallets=_of(source.wallets_of, names),
            billing=billing,
            whole=replace(whole, in_app=Counter()) if place else whole,
        )


def tables_of(source: LagoSource) -> Iterator[dict[str, Sequence[Row]]]:
    """Give the rows that a report accounts for, each in one page alone: plans in the first."""
    for place, page in enumerate(source_pages(source)):
        tables = page.tables()
        yield {name: rows for name, rows in tables.items() if name != "plans" or not place}


def counts_of(source: LagoSource) -> Counter[str]:
    """Count these rows, by table."""
    read = {
        "users": len(source.customers),
        "plans": len(source.all_plans),
        "subscriptions": len(source.subscriptions),
    }
    return Counter(read) + Counter(each.table for each in source.unreadable)


def oldest_first(customer: LagoCustomer) -> tuple[datetime, str]:
    """Order customers."""
    return customer.created_at, customer.external_id


def _by_customer(rows: Iterable[Owned]) -> dict[str, list[Owned]]:
    found: dict[str, list[Owned]] = defaultdict(list)
    for each in rows:
        found[each.customer].append(each)
    return found


def _of(known: Mapping[str, Sequence[Theirs]], names: Iterable[str]) -> tuple[Theirs, ...]:
    """Give what some customers have."""
    return tuple(each for name in names for each in known.get(name, ()))
