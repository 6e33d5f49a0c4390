"""Collects what Lago holds, and writes it as the data file that the sandbox serves."""

from __future__ import annotations

from collections import Counter
from datetime import datetime
from decimal import Decimal
from random import Random
from typing import Any

from deployments.sample.lago.catalog import METRICS
from deployments.sample.lago.objects.invoices import fee_object, invoice_object
from deployments.sample.lago.objects.parts import LAGO_VERSION, Json, moment
from deployments.sample.lago.objects.people import (
    billing_entity_object,
    customer_object,
    stripe_configuration,
)
from deployments.sample.lago.objects.selling import (
    charge_object,
    metric_object,
    plan_object,
    subscription_object,
    tier,
)
from deployments.sample.nexacloud.invoices import USAGE_ITEM, Bill, Line, tax_rate
from deployments.sample.rows import SECONDS_PER_HOUR, Invoice, Plan, Subscription, User, new_id

#: Of each billing entity's invoice numbers.
PREFIXES = {"nexacloud": "CLD", "nexadesk": "DSK", "nexamaps": "MAP"}


class LagoBook:
    """All of Lago's objects; each is added once, whoever asks for it."""

    def __init__(self, random: Random, now: datetime, plans: list[Plan]) -> None:
        self.random = random
        self.now = now
        self.metrics = {code: metric_object(self.new_id(), code, METRICS[code]) for code in METRICS}
        self.customers: dict[str, Json] = {}
        self.plans: dict[str, Json] = {}
        self.own_plans: dict[str, Json] = {}
        self.subscriptions: list[Json] = []
        self.invoices: list[Json] = []
        self.fees: list[Json] = []
        self.credit_notes: list[Json] = []
        self.differences: list[Json] = []
        self._numbers: Counter[str] = Counter()
        self._sold = {plan.id: plan for plan in plans}
        self._subscribed: dict[str, Json] = {}
        self._voided: dict[str, Json] = {}

    def new_id(self) -> str:
        """Return a new id."""
        return new_id(self.random)

    def number(self, service: str) -> str:
        """Return the next invoice number of a service."""
        self._numbers[service] += 1
        return f"NEXA-{PREFIXES[service]}-{self._numbers[service]:06d}"

    def customer(self, user: User, service: str) -> Json:
        """Return the customer that stands for a person or company at a service."""
        external_id = user.id if service == "nexacloud" else f"{service}-{user.id[:8]}"
        if external_id not in self.customers:
            first, _, last = (user.full_name or "").partition(" ")
            self.customers[external_id] = customer_object(
                self.new_id(),
                external_id,
                service,
                name=user.company_name or user.full_name,
                firstname=first or None,
                lastname=last or None,
                email=user.email,
                phone=user.phone,
                legal_name=user.company_name,
                address_line1=user.street,
                city=user.city,
                state=user.region,
                zipcode=user.postal_code,
                country=user.country_code,
                created_at=moment(user.created_at),
                currency="CAD",
                billing_configuration=stripe_configuration(user.stripe_customer_id),
            )
        return self.customers[external_id]

    def add_nexacloud(self, bill: Bill, invoice: Invoice, instead_of: Invoice | None) -> None:
        """Add an invoice of NexaCloud's that Lago issued; void ones and their successors too."""
        customer = self.customer(bill.user, "nexacloud")
        subscription = self._subscription(customer, bill.subscription)
        fees = [
            self._fee(line, customer, subscription, bill) for line in bill.lines if line.is_billed
        ]
        voided = instead_of and self._voided.get(instead_of.id)
        for fee, original in zip(fees, voided["fees"] if voided else [], strict=False):
            fee["lago_original_fee_id"] = original["lago_id"]
        kind = "subscription" if subscription else "one_off"
        status = "voided" if invoice.status == "void" else "finalized"
        made = self.add_invoice(
            "nexacloud",
            customer,
            fees,
            bill.currency,
            invoice.period_start,
            kind=kind,
            status=status,
            lago_id=invoice.stripe_invoice_id.removeprefix("lago:"),
        )
        if status == "voided":
            self._voided[invoice.id] = made
            return
        for line in bill.lines:
            if line.cause:
                self.label("nexacloud", made["number"], customer, subscription, line)

    def add_invoice(
        self,
        service: str,
        customer: Json,
        fees: list[Json],
        currency: str,
        issued_at: datetime,
        **known: Any,
    ) -> Json:
        """Add an invoice with its fees and return it."""
        lago_id = known.pop("lago_id", None) or self.new_id()
        for fee in fees:
            fee["lago_invoice_id"] = lago_id
        invoice = invoice_object(
            lago_id,
            self.number(service),
            customer=customer,
            currency=currency,
            issued_at=issued_at,
            fees=fees,
            **known,
        )
        self.fees += fees
        self.invoices.append(invoice | {"fees": fees})
        return self.invoices[-1]

    def label(
        self, service: str, ref: str, customer: Json, subscription: Json | None, line: Line
    ) -> None:
        """Tell that a line is not what Odoo would bill, and why."""
        self.differences.append(
            {
                "service": service,
                "origin": "lago",
                "ref": ref,
                "customer": customer["external_id"],
                "subscription": subscription["external_id"] if subscription else "",
                "item": line.item,
                "period_start": moment(line.start),
                "cause": line.cause,
                "note": line.note,
            }
        )

    def document(self) -> Json:
        """Return everything; only ``injected_differences`` is not for the API."""
        return {
            "version": LAGO_VERSION,
            "billing_entities": [
                billing_entity_object(self.new_id(), code, code.title()) for code in PREFIXES
            ],
            "customers": list(self.customers.values()),
            "billable_metrics": list(self.metrics.values()),
            "plans": list(self.plans.values()),
            "own_plans": self.own_plans,
            "subscriptions": self.subscriptions,
            "invoices": [
                {key: value for key, value in invoice.items() if key != "fees"}
                for invoice in self.invoices
            ],
            "fees": self.fees,
            "credit_notes": self.credit_notes,
            "injected_differences": self.differences,
        }

    def _subscription(self, customer: Json, row: Subscription | None) -> Json | None:
        if row is None:
            return None
        if row.id not in self._subscribed:
            plan = self._plan(self._sold[row.plan_id or ""], row.billing_cycle)
            made = subscription_object(
                self.new_id(), row.id, customer, plan, row.started_at, row.canceled_at
            )
            self._subscribed[row.id] = made
            self.subscriptions.append(made)
        return self._subscribed[row.id]

    def _plan(self, row: Plan, cycle: str) -> Json:
        code = row.code if row.code.endswith(cycle) else f"{row.code}-{cycle}"
        if code not in self.plans:
            price = row.price_for(cycle) or Decimal(0)
            interval = "yearly" if cycle == "yearly" else "monthly"
            plan = plan_object(self.new_id(), code, row.name, interval, price, row.currency)
            hours = row.included_hours
            over = tier(int(hours) + 1, None, format(row.hour_rate, "f"))
            tiers = [tier(0, int(hours), "0"), over] if hours else [over]
            metric = self.metrics["cpu_core_hours"]
            plan["charges"] = [
                charge_object(self.new_id(), metric, "graduated", {"graduated_ranges": tiers})
            ]
            self.plans[code] = plan
        return self.plans[code]

    def _fee(self, line: Line, customer: Json, subscription: Json | None, bill: Bill) -> Json:
        is_usage = line.item == USAGE_ITEM
        plan = self.plans[subscription["plan_code"]] if subscription else None
        kind, code, name = "add_on", "extra", line.description
        units = line.quantity
        charge = None
        if line.item == "flat" and plan:
            kind, code, name = "subscription", plan["code"], plan["name"]
        elif is_usage and plan:
            kind, code, name = "charge", "cpu_core_hours", METRICS["cpu_core_hours"]
            units = (line.units or Decimal(0)) / SECONDS_PER_HOUR
            charge = plan["charges"][0]
        return fee_object(
            self.new_id(),
            kind=kind,
            code=code,
            name=name,
            amount=line.amount,
            currency=bill.currency,
            start=line.start,
            end=line.end,
            customer=customer,
            subscription=subscription,
            tax_rate=100 * tax_rate(bill.user),
            units=units,
            charge=charge,
        )
