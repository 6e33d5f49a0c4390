"""Writes usage, invoices and items deployment by deployment, so that few are held at once."""

from __future__ import annotations

from collections import defaultdict
from datetime import timedelta
from decimal import Decimal
from random import Random

from deployments.nexacloud.invoices import Billing, one_off_invoice, subscription_invoices
from deployments.nexacloud.rows import (
    CopyText,
    Deployment,
    Invoice,
    InvoiceItem,
    Subscription,
    UsageRecord,
    new_id,
)
from deployments.nexacloud.usage import RECORDS_NEEDED, USAGE_RULES, make_usage, spoil_usage
from deployments.nexacloud.world import World

ONE_OFF_SHARE = 0.05
DIRTY_USAGE_SHARE = 0.3  # of the asked percentage, counted in deployments
DIRTY_INVOICE_SHARE = 0.3  # of the asked percentage, counted in invoices
INVOICE_RULES = (
    "invoice_without_items",
    "invoice_status_unreliable",
    "invoice_created_at_unreliable",
    "invoice_item_orphan",
)


class BillingWriter:
    """Adds the rows of ``usage_records``, ``invoices`` and ``invoice_items`` to their texts."""

    def __init__(
        self,
        random: Random,
        world: World,
        tables: dict[str, CopyText],
        months: int,
        dirty: Decimal,
    ) -> None:
        self._random = random
        self._world = world
        self._tables = tables
        self._months = months
        self._usage_turn = _Turn(USAGE_RULES, float(dirty) / 100 * DIRTY_USAGE_SHARE)
        self._invoice_turn = _Turn(INVOICE_RULES, float(dirty) / 100 * DIRTY_INVOICE_SHARE)
        self._users = {user.id: user for user in world.users}
        self._plans = {plan.id: plan for plan in world.plans}

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
                    billing = Billing(
                        user, subscription, plan, bills, usage, self._months, self._world.now
                    )
                    for invoice, items in subscription_invoices(self._random, billing):
                        self._write_invoice(invoice, items)
        for user in self._world.users:
            if self._random.random() < ONE_OFF_SHARE:
                self._write_invoice(
                    *one_off_invoice(self._random, user, self._months, self._world.now)
                )

    def _write_usage(self, deployment: Deployment, own: list[Subscription]) -> list[UsageRecord]:
        plan = self._plans.get(own[-1].plan_id or "") if own else None
        usage = make_usage(self._random, deployment, plan, self._months, self._world.now)
        if not deployment.deleted and len(usage) >= RECORDS_NEEDED:
            rule = self._usage_turn.next_rule()
            if rule is not None:
                usage = spoil_usage(self._random, self._world, rule, usage)
        for record in usage:
            self._tables["usage_records"].add(record)
        return usage

    def _write_invoice(self, invoice: Invoice, items: list[InvoiceItem]) -> None:
        if invoice.subtotal > 0:
            rule = self._invoice_turn.next_rule()
            if rule is not None:
                items = self._spoil_invoice(rule, invoice, items)
        self._tables["invoices"].add(invoice)
        for item in items:
            self._tables["invoice_items"].add(item)

    def _spoil_invoice(
        self, rule: str, invoice: Invoice, items: list[InvoiceItem]
    ) -> list[InvoiceItem]:
        victim = ("invoices", invoice.id)
        if rule == "invoice_without_items":
            invoice.status = "paid"
            invoice.paid_at = invoice.created_at + timedelta(days=1)
            items = []
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
