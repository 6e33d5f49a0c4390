"""Writes usage, invoices and items deployment by deployment, so that few are held at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from random import Random

from deployments.sample.differences import Differences
from deployments.sample.kept_out import reasons_kept_out
from deployments.sample.lago.book import LagoBook
from deployments.sample.nexacloud.invoices import (
    VOID_SHARE,
    Bill,
    Billing,
    make_invoice,
    one_off_bill,
    subscription_bills,
    without_items,
)
from deployments.sample.nexacloud.pricing import Terms, terms_of
from deployments.sample.nexacloud.usage import RECORDS_NEEDED, USAGE_RULES, make_usage, spoil_usage
from deployments.sample.periods import CYCLE_MONTHS
from deployments.sample.rows import (
    CopyText,
    Deployment,
    DeploymentAddon,
    InjectedDifference,
    Invoice,
    InvoiceItem,
    Plan,
    Subscription,
    UsageRecord,
    User,
    new_id,
)
from deployments.sample.world import World

ONE_OFF_SHARE = 0.05
DIFFERENT_SHARE = 0.15
DIRTY_USAGE_SHARE = 0.3  # of the asked percentage, counted in deployments
DIRTY_INVOICE_SHARE = 0.3  # of the asked percentage, counted in invoices
INVOICE_RULES = (
    "invoice_without_items",
    "invoice_status_unreliable",
    "invoice_created_at_unreliable",
    "invoice_item_orphan",
)


class BillingWriter:
    """Adds the rows of usage, invoices, items and injected differences to their texts.

    What Lago billed goes into ``book`` too.
    """

    def __init__(
        self,
        random: Random,
        world: World,
        tables: dict[str, CopyText],
        book: LagoBook,
        months: int,
        dirty: Decimal,
    ) -> None:
        self._random = random
        self._world = world
        self._tables = tables
        self._book = book
        self._months = months
        self._usage_turn = _Turn(USAGE_RULES, float(dirty) / 100 * DIRTY_USAGE_SHARE)
        self._invoice_turn = _Turn(INVOICE_RULES, float(dirty) / 100 * DIRTY_INVOICE_SHARE)
        self._users = {user.id: user for user in world.users}
        self._plans = {plan.id: plan for plan in world.plans}
        self._differences = Differences(random, DIFFERENT_SHARE)
        self._kept_out = reasons_kept_out(world)
        self._terms = {cycle: self._terms_of(cycle) for cycle in CYCLE_MONTHS}

    def write(self) -> None:
        """Write all of it."""
        subscriptions: dict[str | None, list[Subscription]] = defaultdict(list)
        for subscription in self._world.subscriptions:
            subscriptions[subscription.deployment_id].append(subscription)
        addons = defaultdict(list)
        for addon in self._world.addons:
            addons[addon.deployment_id].append(addon)
        for deployment in self._world.deployments:
            own = subscriptions[deployment.id]
            usage = self._write_usage(deployment, own)
            for subscription in own:
                user = self._users.get(subscription.user_id or "")
                plan = self._plans.get(subscription.plan_id or "")
                if user is not None and plan is not None:
                    bills = addons[deployment.id] if subscription.live else []
                    self._bill(user, plan, subscription, bills, usage)
        for user in self._world.users:
            if self._random.random() < ONE_OFF_SHARE:
                self._issue(one_off_bill(self._random, user, self._months, self._world.now))

    def _terms_of(self, cycle: str) -> list[Terms]:
        clean = {row.row_id for row in self._world.labels if row.table_name == "plans"}
        sold = (terms_of(plan, cycle) for plan in self._world.plans if plan.id not in clean)
        return [terms for terms in sold if terms is not None]

    def _bill(
        self,
        user: User,
        plan: Plan,
        subscription: Subscription,
        addons: list[DeploymentAddon],
        usage: list[UsageRecord],
    ) -> None:
        billing = Billing(
            user=user,
            subscription=subscription,
            plan=plan,
            addons=addons,
            usage=usage,
            months=self._months,
            now=self._world.now,
            kept_out=self._kept_out.get(subscription.id, ""),
            others=self._terms.get(subscription.billing_cycle, []),
        )
        for bill in subscription_bills(self._random, billing, self._differences):
            self._issue(bill)

    def _issue(self, bill: Bill) -> None:
        """Write an invoice for the bill; a few are void and issued anew."""
        if not any(line.is_billed for line in bill.lines):
            self._label(bill, "stripe", "")
            return
        void = None
        if self._random.random() < VOID_SHARE:
            void, items = make_invoice(self._random, bill, self._world.now, is_void=True)
            self._add(bill, void, items)
        invoice, items = make_invoice(self._random, bill, self._world.now)
        if void is None and invoice.subtotal > 0 and (rule := self._invoice_turn.next_rule()):
            items = self._spoil_invoice(rule, bill, invoice, items)
        self._add(bill, invoice, items, instead_of=void)
        self._label(bill, invoice.stripe_invoice_id, invoice.id)

    def _add(
        self,
        bill: Bill,
        invoice: Invoice,
        items: list[InvoiceItem],
        instead_of: Invoice | None = None,
    ) -> None:
        self._tables["invoices"].add(invoice)
        self._tables["invoice_items"].extend(items)
        if invoice.stripe_invoice_id.startswith("lago:"):
            self._book.add_nexacloud(bill, invoice, instead_of)

    def _label(self, bill: Bill, origin: str, ref: str) -> None:
        for line in bill.lines:
            if line.cause:
                self._tables["sample.injected_differences"].add(
                    InjectedDifference(
                        origin="lago" if origin.startswith("lago:") else "stripe",
                        ref=ref,
                        customer=bill.user.id,
                        subscription=bill.subscription.id if bill.subscription else "",
                        item=line.item,
                        period_start=line.start,
                        cause=line.cause,
                        note=line.note,
                    )
                )

    def _write_usage(self, deployment: Deployment, own: list[Subscription]) -> list[UsageRecord]:
        """Write a deployment's records and return those that can be trusted."""
        plan = self._plans.get(own[-1].plan_id or "") if own else None
        usage = make_usage(self._random, deployment, plan, self._months, self._world.now)
        spoiled = len(self._world.labels)
        if not deployment.deleted and len(usage) >= RECORDS_NEEDED:
            rule = self._usage_turn.next_rule()
            if rule is not None:
                usage = spoil_usage(self._random, self._world, rule, usage)
        self._tables["usage_records"].extend(usage)
        bad = {label.row_id for label in self._world.labels[spoiled:] if label.label != "usage_gap"}
        return [record for record in usage if record.id not in bad]

    def _spoil_invoice(
        self, rule: str, bill: Bill, invoice: Invoice, items: list[InvoiceItem]
    ) -> list[InvoiceItem]:
        victim = ("invoices", invoice.id)
        if rule == "invoice_without_items":
            invoice.status = "paid"
            invoice.paid_at = invoice.created_at + timedelta(days=1)
            items = []
            bill.lines = [without_items(line) for line in bill.lines]
        elif rule == "invoice_status_unreliable":
            paid = invoice.status == "paid"
            invoice.paid_at = None if paid else invoice.created_at + timedelta(days=2)
        elif rule == "invoice_created_at_unreliable":
            invoice.created_at = invoice.period_start - timedelta(days=400)
        else:
            orphan = InvoiceItem(
                new_id(self._random), new_id(self._random), "Item of a deleted invoice",
                Decimal(1), Decimal("12.00"), Decimal("12.0000"),
            )  # fmt: skip
            victim = ("invoice_items", orphan.id)
            items = [*items, orphan]
        self._world.label(*victim, rule)
        return items


class _Turn:
    """Hands out the rules in turn, to about ``share`` of those who ask."""

    def __init__(self, rules: tuple[str, ...], share: float) -> None:
        self._rules = rules
        self._every = round(1 / share) if share else 0
        self._asked = 0

    def next_rule(self) -> str | None:
        """Return the next rule, or None for the clean ones in between."""
        self._asked += 1
        if not self._every or self._asked % self._every:
            return None
        return self._rules[(self._asked // self._every - 1) % len(self._rules)]
