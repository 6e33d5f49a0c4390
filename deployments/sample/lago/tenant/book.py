"""A tenant's contracts and bills as Lago's objects, as the sandbox serves them."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, timedelta
from decimal import Decimal

from deployments.sample.lago.objects.credits import (
    credit_note_object,
    top_up_rule,
    wallet_object,
    wallet_transaction_object,
)
from deployments.sample.lago.objects.invoices import fee_object, invoice_object
from deployments.sample.lago.objects.parts import (
    LAGO_VERSION,
    SUBUNITS,
    lago_id,
    moment,
    tax_object,
)
from deployments.sample.lago.objects.people import (
    billing_entity_object,
    customer_object,
    stripe_configuration,
)
from deployments.sample.lago.objects.selling import (
    add_on_object,
    charge_object,
    commitment_object,
    fixed_charge_object,
    metric_object,
    plan_object,
    subscription_object,
    threshold_object,
)
from deployments.sample.lago.tenant.biller import (
    EVERYBODYS,
    TAXES,
    Bill,
    Due,
    bills,
    codes_of,
    tax_of,
)
from deployments.sample.lago.tenant.coupons import applied_coupon, coupon_of
from deployments.sample.lago.tenant.terms import ZERO, Charge, Contract, Json, Plan, Wallet
from deployments.sample.periods import midnight


class TenantBook:
    """One service's tenant: what it sells once, and each contract's own objects.

    Attributes:
        service: Code of the service and of its billing entity.
        today: The last day that was billed.
    """

    def __init__(self, service: str, today: date, metrics: Json | None = None) -> None:
        self.service = service
        self.today = today
        self.taxes = {
            code: tax_object(
                lago_id("tax", code), code, name, percent, for_everybody=code in EVERYBODYS
            )
            for code, (name, percent) in TAXES.items()
        }
        self.metrics: dict[str, Json] = {}
        self.add_ons: dict[str, Json] = {}
        self.plans: dict[str, Json] = {}
        self.coupons: dict[str, Json] = {}
        self._metric_terms = metrics or {}
        self._rows: dict[str, list[Json]] = {}
        self._own_plans: dict[str, Json] = {}

    def add(self, contracts: Iterable[Contract]) -> None:
        """Add contracts with all that they were billed."""
        for contract in contracts:
            for resource, rows in self.objects(contract).items():
                self._rows.setdefault(resource, []).extend(rows)

    def document(self) -> Json:
        """Give everything, as the sandbox serves it."""
        entity = billing_entity_object(
            lago_id("entity", self.service),
            self.service,
            self.service.title(),
            taxes=[self.taxes[code] for code in EVERYBODYS],
        )
        return {
            "version": LAGO_VERSION,
            "billing_entities": [entity],
            "billable_metrics": list(self.metrics.values()),
            "plans": list(self.plans.values()),
            "add_ons": list(self.add_ons.values()),
            "coupons": list(self.coupons.values()),
            "taxes": list(self.taxes.values()),
            "own_plans": self._own_plans,
            **self._rows,
        }

    def objects(self, contract: Contract) -> dict[str, list[Json]]:
        """Give a contract's objects, by resource."""
        plan = self.plan(contract.plan)
        customer = self._customer(contract)
        sold = plan
        if contract.own:
            parent = {"parent_id": plan["lago_id"], "code": plan["code"], "name": plan["name"]}
            own = self._plan_object(contract.own, f"{contract.key}:own") | parent
            self._own_plans[lago_id("subscription", contract.key)] = own
            sold = own
        subscription = self._subscription(contract, customer, sold)
        billed = bills(contract, self.today)
        made = [self._invoice(contract, customer, subscription, sold, bill) for bill in billed]
        invoices = [invoice for invoice, _ in made]
        rows = {
            "customers": [customer],
            "subscriptions": [subscription],
            "invoices": invoices,
            "fees": [fee for _, fees in made for fee in fees],
            "applied_coupons": [
                applied_coupon(
                    contract,
                    coupon,
                    self.coupons.setdefault(coupon.code, coupon_of(coupon)),
                    customer,
                    list(zip(billed, invoices, strict=True)),
                    self.today,
                )
                for coupon in contract.coupons
            ],
        }
        if contract.credit_note and made:
            invoice, fees = made[-1]
            cents = int(contract.credit_note * 100)
            at = midnight(self.today, "UTC")
            note = credit_note_object(lago_id("note", contract.key), invoice, fees[0], cents, at)
            rows["credit_notes"] = [note]
        for number, wallet in enumerate(contract.wallets):
            self._wallet(contract, customer, wallet, number, rows)
        return rows

    def plan(self, terms: Plan) -> Json:
        """Give a plan's object; it is made once."""
        if terms.code not in self.plans:
            self.plans[terms.code] = self._plan_object(terms, terms.code)
        return self.plans[terms.code]

    def _plan_object(self, terms: Plan, key: str) -> Json:
        plan = plan_object(
            lago_id("plan", key), terms.code, terms.code.replace("-", " ").title(),
            terms.interval, terms.price, terms.currency,
            pay_in_advance=terms.in_advance, trial_period=float(terms.trial_days),
            bill_charges_monthly=terms.charges_monthly or None,
            taxes=[self.taxes[code] for code in terms.taxes],
        )  # fmt: skip
        plan["charges"] = [self._charge(charge, key) for charge in terms.charges]
        plan["fixed_charges"] = [
            fixed_charge_object(
                lago_id("fixed", f"{key}:{fixed.code}"), self._add_on(fixed.code, terms),
                fixed.model, fixed.properties, Decimal(fixed.units),
                pay_in_advance=fixed.in_advance, **fixed.more,
            )
            for fixed in terms.fixed
        ]  # fmt: skip
        if terms.commitment:
            cents = int(terms.commitment * SUBUNITS[terms.currency])
            plan["minimum_commitment"] = commitment_object(lago_id("least", key), plan, cents)
        plan["usage_thresholds"] = [
            threshold_object(lago_id("threshold", f"{key}:{amount}"), int(amount * 100))
            for amount in terms.thresholds
        ]
        return plan | terms.more

    def _charge(self, charge: Charge, key: str) -> Json:
        code = charge.code or charge.metric
        made = charge_object(
            lago_id("charge", f"{key}:{code}"), self._metric(charge.metric), charge.model,
            charge.properties, int(charge.minimum * 100), code=code,
            taxes=[self.taxes[code] for code in charge.taxes],
        )  # fmt: skip
        made["filters"] = [
            {
                "invoice_display_name": None,
                "properties": part.properties or charge.properties,
                "values": _listed(part.values),
            }
            for part in charge.filters
        ]
        if charge.groups:
            keys = list(charge.groups[0].values)
            made["properties"] = charge.properties | {"pricing_group_keys": keys}
        if charge.rate != 1:
            unit = {"code": "credits", "conversion_rate": str(charge.rate)}
            made["applied_pricing_unit"] = unit
        return made | charge.more

    def _metric(self, code: str) -> Json:
        if code not in self.metrics:
            known = self._metric_terms.get(code, {})
            name = code.replace("_", " ").title()
            self.metrics[code] = metric_object(lago_id("metric", code), code, name, **known)
        return self.metrics[code]

    def _add_on(self, code: str, plan: Plan) -> Json:
        if code not in self.add_ons:
            self.add_ons[code] = add_on_object(
                lago_id("add-on", code), code, code.title(), ZERO, plan.currency
            )
        return self.add_ons[code]

    def _customer(self, contract: Contract) -> Json:
        key = contract.key
        zone = None if contract.zone == "UTC" else contract.zone
        known = {
            "name": f"{key.replace('-', ' ').title()} Ltd.",
            "email": f"billing@{key}.example",
            "country": "CA",
            "state": "ON",
            "currency": contract.plan.currency,
            "timezone": zone,
            "applicable_timezone": contract.zone,
            "created_at": moment(contract.started_at - timedelta(days=3)),
            "taxes": [self.taxes[code] for code in contract.taxes],
            "billing_configuration": stripe_configuration(
                f"cus_{lago_id('stripe', key)[:8]}{lago_id('stripe', key)[-6:]}"
            ),
        }
        return customer_object(
            lago_id("customer", key), key, self.service, **known | contract.customer
        )

    def _subscription(self, contract: Contract, customer: Json, plan: Json) -> Json:
        known = {
            "billing_time": contract.billing_time,
            "subscription_at": moment(contract.anchor_at or contract.started_at),
            "ending_at": moment(contract.ending_at),
        }
        if contract.status != "active":
            known["status"] = contract.status
        more = contract.subscription
        if contract.status in ("pending", "incomplete"):
            more = {**more, "started_at": None, "activated_at": None}
        return subscription_object(
            lago_id("subscription", contract.key), f"{contract.key}-1", customer, plan,
            contract.started_at, contract.ended_at, **known,
        ) | more  # fmt: skip

    def _invoice(
        self, contract: Contract, customer: Json, subscription: Json, plan: Json, bill: Bill
    ) -> tuple[Json, list[Json]]:
        currency, subunits = contract.sold.currency, SUBUNITS[contract.sold.currency]
        key = f"{contract.key}:{bill.day}:{bill.kind}"
        invoice_id = lago_id("invoice", key)
        issued_at = midnight(bill.day, contract.zone)
        fees = [
            self._fee(contract, customer, subscription, plan, due, f"{key}:{number}")
            | {"lago_invoice_id": invoice_id, "created_at": moment(issued_at)}
            for number, due in enumerate(bill.dues)
        ]
        for due, fee in zip(bill.dues, fees, strict=True):
            if due.is_true_up:
                parent = next(f for f in fees if f["lago_charge_id"] == fee["lago_charge_id"])
                fee["lago_true_up_parent_fee_id"] = parent["lago_id"]
                parent["lago_true_up_fee_id"] = fee["lago_id"]
        tax = tax_of(contract, bill)
        amounts = {
            "coupons": sum(bill.coupons.values(), ZERO),
            "progressive_billing_credit": bill.already,
            "taxes": tax.total,
            "sub_total_excluding_taxes": bill.net,
            "sub_total_including_taxes": bill.net + tax.total,
            "total": bill.net + tax.total,
        }
        totals: Json = {
            f"{name}_amount_cents": int(amount * subunits) for name, amount in amounts.items()
        }
        term = customer["net_payment_term"] or 0
        invoice = invoice_object(
            invoice_id,
            f"{self.service[:3].upper()}-{lago_id('number', key)[:8].upper()}-{bill.day:%Y%m%d}",
            customer=customer,
            currency=currency,
            issued_at=issued_at,
            fees=fees,
            kind=bill.kind,
            issuing_date=bill.day.isoformat(),
            net_payment_term=term,
            payment_due_date=(bill.day + timedelta(days=term)).isoformat(),
            **totals,
        )
        for code, amount in tax.by_code.items():
            for told in invoice["applied_taxes"]:
                if told["tax_code"] == code:
                    told["amount_cents"] = int(amount * subunits)
        return invoice, fees

    def _fee(
        self, contract: Contract, customer: Json, subscription: Json, plan: Json, due: Due, key: str
    ) -> Json:  # fmt: skip
        currency = contract.sold.currency
        charge = None
        if due.charge:
            code = due.charge.code or due.charge.metric
            charge = next(each for each in plan["charges"] if each["code"] == code)
        known: Json = {"precise_amount": str(float(due.precise))}
        if due.kind == "fixed_charge":
            fixed = next(each for each in plan["fixed_charges"] if each["code"] == due.code)
            known |= {
                "lago_fixed_charge_id": fixed["lago_id"],
                "pay_in_advance": fixed["pay_in_advance"],
            }
        if due.kind == "subscription":
            known["pay_in_advance"] = plan["pay_in_advance"]
        subunits = SUBUNITS[currency]
        known["precise_coupons_amount_cents"] = f"{due.taken_off * subunits:.5f}"
        fee = fee_object(
            lago_id("fee", key), kind=due.kind, code=due.code, name=due.code.title(),
            amount=due.amount, currency=currency, start=midnight(due.start, contract.zone),
            end=midnight(due.end, contract.zone), customer=customer, subscription=subscription,
            taxes=[self.taxes[code] for code in codes_of(contract, due)], units=due.units,
            charge=charge, **known,
        )  # fmt: skip
        if due.charge and due.charge.groups:
            fee["item"]["grouped_by"] = due.part
        elif due.part:
            fee["item"]["filters"] = _listed(due.part)
            fee["lago_charge_filter_id"] = lago_id("filter", f"{key}:{due.part}")
        return fee

    def _wallet(
        self,
        contract: Contract,
        customer: Json,
        wallet: Wallet,
        number: int,
        rows: dict[str, list[Json]],
    ) -> None:
        key = f"{contract.key}:{number}"
        made = wallet_object(
            lago_id("wallet", key), customer, wallet.paid + wallet.granted, **wallet.more
        )
        if wallet.top_up_below:
            rule = top_up_rule(lago_id("rule", key), wallet.top_up_below, Decimal(50))
            made["recurring_transaction_rules"] = [rule]
        rows.setdefault("wallets", []).append(made)
        for kind, credits in (("purchased", wallet.paid), ("granted", wallet.granted)):
            if credits:
                rows.setdefault("wallet_transactions", []).append(
                    wallet_transaction_object(
                        lago_id("transaction", f"{key}:{kind}"), made, kind, credits, credits,
                        contract.started_at,
                    )
                )  # fmt: skip


def _listed(values: Json) -> Json:
    """Give a filter's values as Lago does, each property's as a list."""
    return {name: of if isinstance(of, list) else [of] for name, of in values.items()}
