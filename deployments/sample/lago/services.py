"""NexaDesk and NexaMaps: services that bill through Lago alone, with their own customers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from random import Random

from deployments.sample import words
from deployments.sample.kept_out import ENDED
from deployments.sample.lago.book import LagoBook
from deployments.sample.lago.catalog import METRICS, SERVICES, PlanTerms
from deployments.sample.lago.differences import ServiceDifferences, Use
from deployments.sample.lago.extras import Extras
from deployments.sample.lago.objects.invoices import fee_object
from deployments.sample.lago.objects.parts import Json
from deployments.sample.lago.objects.selling import charge_object, plan_object, subscription_object
from deployments.sample.nexacloud.invoices import tax_rate
from deployments.sample.nexacloud.users import make_users
from deployments.sample.periods import CYCLE_MONTHS, add_months, boundary, first_day
from deployments.sample.rows import User
from deployments.sample.world import World

CUSTOMERS_PER_SERVICE = 0.2
FEWEST_CUSTOMERS = 24
KNOWN_SHARE = 0.25
TERMINATED_SHARE = 0.06
VOID_SHARE = 0.03
OWN_PRICE_SHARE = 0.05
REBATE = Decimal(4)


def add_services(book: LagoBook, world: World, months: int) -> None:
    """Add plans, customers, subscriptions and invoices of each service."""
    for service, terms in SERVICES.items():
        _Service(book, world, service, terms, months).write()


@dataclass(slots=True)
class _Contract:
    """One subscription with what its invoices are made from."""

    user: User
    customer: Json
    subscription: Json
    terms: PlanTerms
    plan: Json
    started_at: datetime
    ended_at: datetime | None
    outside: str


class _Service:
    def __init__(
        self,
        book: LagoBook,
        world: World,
        service: str,
        terms: tuple[PlanTerms, ...],
        months: int,
    ) -> None:
        self._book = book
        self._random: Random = book.random
        self._world = world
        self._service = service
        self._months = months
        self._terms = terms
        self._plans = {each.code: self._plan(each) for each in terms}
        self._differences = ServiceDifferences(self._random, terms)
        self._extras = Extras(book, service)

    def write(self) -> None:
        """Write the service's customers and what they were billed."""
        for user in self._users():
            customer = self._book.customer(user, self._service)
            for number in range(self._random.choice((1, 1, 1, 2))):
                for contract in self._contracts(user, customer, number):
                    self._bill(contract)
            self._extras.customer(user, customer)

    def _users(self) -> list[User]:
        """New people, and some whom NexaCloud knows too."""
        world = self._world
        count = max(FEWEST_CUSTOMERS, round(len(world.users) * CUSTOMERS_PER_SERVICE))
        dirty = {label.row_id for label in world.labels}
        known = [user for user in world.users if user.id not in dirty and user.is_active]
        shared = self._random.sample(known, min(len(known), round(count * KNOWN_SHARE)))
        made = make_users(self._random, count - len(shared), world.now)
        for user in made:
            # Two generators know nothing of each other's addresses.
            user.email = f"{self._service}.{user.email}"
        return shared + made

    def _plan(self, terms: PlanTerms) -> Json:
        book = self._book
        price = Decimal(terms.price)
        plan = plan_object(
            book.new_id(), terms.code, terms.name, terms.interval, price, terms.currency
        )
        plan["charges"] = [
            charge_object(
                book.new_id(),
                book.metrics[each.metric],
                each.model,
                each.properties,
                each.minimum_cents,
            )
            for each in terms.charges
        ]
        book.plans[terms.code] = plan
        return plan

    def _contracts(self, user: User, customer: Json, number: int) -> Iterator[_Contract]:
        random, now = self._random, self._world.now
        # Lago bills a customer in one currency.
        sold = [each for each in self._terms if not number or each.currency == customer["currency"]]
        terms = random.choices(sold, [each.weight for each in sold])[0]
        customer["currency"] = terms.currency
        oldest = max(user.created_at, add_months(now, -30))
        started_at = oldest + random.random() * (now - timedelta(days=45) - oldest)
        started_at = max(started_at, oldest).replace(microsecond=0)
        external_id = f"{self._service}-{user.id[:8]}-{number + 1}"
        ended_at = None
        if random.random() < TERMINATED_SHARE:
            # Ended, and half of them begun anew under the same external id.
            ended_at = started_at + (now - started_at) / 2
        yield self._contract(user, customer, terms, external_id, started_at, ended_at)
        if ended_at and random.random() < 0.5:
            yield self._contract(user, customer, terms, external_id, ended_at, None)

    def _contract(
        self,
        user: User,
        customer: Json,
        terms: PlanTerms,
        external_id: str,
        started_at: datetime,
        ended_at: datetime | None,
    ) -> _Contract:
        plan = self._plans[terms.code]
        if self._random.random() < OWN_PRICE_SHARE and Decimal(terms.price) > REBATE:
            # Agreed for this subscription alone: Lago keeps a plan of its own for it.
            terms = replace(terms, price=str(Decimal(terms.price) - REBATE))
            price = plan["amount_cents"] - int(REBATE * 100)
            own = {"lago_id": self._book.new_id(), "parent_id": plan["lago_id"]}
            plan = plan | own | {"amount_cents": price}
        subscription = subscription_object(
            self._book.new_id(), external_id, customer, plan, started_at, ended_at
        )
        if ended_at:
            # Of those that end here nothing is given back: no credit note is made.
            subscription["on_termination_credit_note"] = "skip"
        self._book.subscriptions.append(subscription)
        if plan.get("parent_id"):
            self._book.own_plans[subscription["lago_id"]] = plan
        outside = ENDED if ended_at else ""
        return _Contract(user, customer, subscription, terms, plan, started_at, ended_at, outside)

    def _bill(self, contract: _Contract) -> None:
        """Write an invoice for each period that began within the months."""
        terms, now = contract.terms, self._world.now
        day, step = first_day(contract.started_at), CYCLE_MONTHS[terms.interval]
        end = min(contract.ended_at or now, now)
        uses: list[tuple[datetime, list[Use]]] = []
        number = 0
        while (start := boundary(day, number)) < end:
            if start >= add_months(now, -self._months):
                uses.append((start, self._uses(contract, number, step)))
            number += 1
        if not contract.outside and terms.currency == "CAD":
            self._differences.put_into([use for _, each in uses for use in each], terms)
        for start, due in uses:
            self._issue(contract, start, due)
        if contract.ended_at is None and self._random.random() < 0.2:
            due = self._uses(contract, number, step)
            self._issue(contract, boundary(day, number), due, status="draft")

    def _uses(self, contract: _Contract, number: int, step: int) -> list[Use]:
        """Say what is due when a period begins: the price, and the last period's usage."""
        day = first_day(contract.started_at)
        start = boundary(day, number)
        tax = tax_rate(contract.user)
        uses = []
        if number % step == 0:
            price = Decimal(contract.terms.price)
            uses.append(Use("flat", start, boundary(day, number + step), tax, price=price))
        if number:
            since = boundary(day, number - 1)
            for charge in contract.terms.charges:
                units = Decimal(int(charge.usage * self._random.lognormvariate(0, 0.5)))
                uses.append(
                    Use(f"usage:{charge.metric}", since, start, tax, charge=charge, units=units)
                )
        return uses

    def _issue(
        self, contract: _Contract, start: datetime, due: list[Use], status: str = "finalized"
    ) -> None:
        fees = [fee for use in due for fee in self._fees(contract, use)]
        lines = [use.line() for use in due if use.causes]
        extra = self._extras.fee(contract.customer, contract.subscription, due, contract.user)
        if extra and status == "finalized":
            fees.append(extra[0])
            lines.append(extra[1])
        if not fees:
            return
        book, currency = self._book, contract.terms.currency
        known = (self._service, contract.customer)
        original: list[Json] = []
        if status == "finalized" and self._random.random() < VOID_SHARE:
            original = [fee | {"lago_id": book.new_id()} for fee in fees]
            book.add_invoice(*known, original, currency, start, status="voided")
        for fee, old in zip(fees, original, strict=False):
            fee["lago_original_fee_id"] = old["lago_id"]
        coupon = self._extras.coupon(fees) if status == "finalized" else 0
        invoice = book.add_invoice(
            *known, fees, currency, start, status=status, coupons_amount_cents=coupon
        )
        if status != "finalized":
            return
        if coupon:
            # Its own period is the invoice's day: it belongs to no subscription.
            lines.append(self._extras.coupon_line(coupon, start))
        if contract.outside or currency != "CAD":
            cause = "ended_before_copy" if contract.outside else "currency"
            note = contract.outside or f"billed in {currency}; Odoo bills in CAD alone"
            lines = [replace(use.line(), cause=cause, note=note) for use in due if use.is_billed]
            lines += [extra[1]] if extra else []
            lines += [self._extras.coupon_line(coupon, start)] if coupon else []
        for line in lines:
            of = None if line.item.startswith("credit:") else contract.subscription
            book.label(self._service, invoice["number"], contract.customer, of, line)

    def _fees(self, contract: _Contract, use: Use) -> list[Json]:
        """Return the fees of one use: several if it is grouped, or below its minimum."""
        if not use.is_billed:
            return []
        common = {
            "currency": contract.terms.currency,
            "start": use.start,
            "end": use.end,
            "customer": contract.customer,
            "subscription": contract.subscription,
            "tax_rate": 100 * use.tax,
        }
        if use.charge is None:
            plan = contract.plan
            return [
                fee_object(
                    self._book.new_id(),
                    kind="subscription",
                    code=plan["code"],
                    name=plan["name"],
                    amount=use.billed,
                    **common,  # type: ignore[arg-type]
                )
            ]
        metric = use.charge.metric
        charge = next(c for c in contract.plan["charges"] if c["billable_metric_code"] == metric)
        fees = []
        for number, (amount, units) in enumerate(use.parts()):
            fee = fee_object(
                self._book.new_id(),
                kind="charge",
                code=metric,
                name=METRICS[metric],
                amount=amount,
                units=units,
                charge=charge,
                **common,  # type: ignore[arg-type]
            )
            if use.grouped:
                # An event without the key: the vendor's models refuse to read this null.
                region = words.DEPLOYMENT_REGIONS[0] if number else None
                fee["item"]["grouped_by"] = {"region": region}
            fees.append(fee)
        minimum = Decimal(use.charge.minimum_cents) / 100
        if use.billed < minimum and not use.causes:
            fees.append(self._true_up(fees[0], minimum - use.billed, metric, common))
        return fees

    def _true_up(self, parent: Json, missing: Decimal, metric: str, common: Json) -> Json:
        fee = fee_object(
            self._book.new_id(),
            kind="charge",
            code=metric,
            name=f"{METRICS[metric]} (minimum)",
            amount=missing,
            lago_true_up_parent_fee_id=parent["lago_id"],
            **common,
        )
        fee["lago_charge_id"] = parent["lago_charge_id"]
        parent["lago_true_up_fee_id"] = fee["lago_id"]
        return fee
