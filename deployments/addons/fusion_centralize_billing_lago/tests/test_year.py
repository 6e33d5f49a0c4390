"""A year of Odoo's scheduled actions: every day billed once, every amount as the terms say."""

import logging
import os
import time
from datetime import date, datetime, timedelta
from types import SimpleNamespace
from unittest.mock import patch

from odoo.tests import freeze_time, tagged
from odoo.tools import mute_logger

from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT
from odoo.addons.fusion_centralize_billing.periods.calendar import midnight
from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    LoadCase,
    make_customer,
    make_order,
    make_plan,
    source_id,
)

from ..api.handlers.subscribing import change_plan
from . import year_world as world
from .year_reckoning import ZONE, Reckoning

_logger = logging.getLogger(__name__)
BUSY = (
    "account_move",
    "account_move_line",
    "account_partial_reconcile",
    "account_payment",
    "fusion_billing_rating",
    "fusion_billing_usage",
    "payment_transaction",
    "sale_order",
    "sale_order_line",
    "sale_order_line_invoice_rel",
)
COUNT = int(os.environ.get("FC_YEAR_CUSTOMERS", "200"))


@tagged("-standard", "year", "post_install", "-at_install")
class TestYear(Reckoning, LoadCase):
    """Long: runs only when asked for by its tag, with FC_YEAR_CUSTOMERS customers."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.env = cls.env(context={**cls.env.context, "tracking_disable": True})
        cls.service.company_id.partner_id.tz = ZONE
        cls.customers = world.make_customers(COUNT)
        cls.paying = [one for one in cls.customers if one.pays in (world.CARD, world.INVOICE)]
        cls.used = {}
        for one in cls.customers:
            for period in one.used():
                if one.usage[period.start]:
                    cls.used.setdefault(period.end, []).append((one, period))
        cls.by_key = {source_id(f"subscription {one.name}"): one for one in cls.customers}
        cls.env["fusion.billing.webhook.endpoint"].create(
            {"service_id": cls.service.id, "url": "https://app.example.com/hooks"}
        )

    def test_a_year_bills_every_day_once_and_closes_nobody_who_paid(self):
        with freeze_time("2026-01-01 01:00:00"):
            self.load_customers()
            self.give_cards()
            self.go_live()
        day, begun = world.FIRST, time.perf_counter()
        while day <= world.LAST:
            with (
                freeze_time(f"{day} 14:00:00"),
                mute_logger("odoo.addons.payment.models.payment_transaction"),
            ):
                self.live_through(day)
            if day == world.later(day.replace(day=1), 1) - timedelta(days=1):
                self.log_month(day, time.perf_counter() - begun)
            day += timedelta(days=1)
        with freeze_time(f"{world.LAST} 23:00:00"):
            self.check_prices()
            self.check_usage()
            self.check_payers()
            self.check_events()

    # The world in Odoo

    def load_customers(self):
        plans = [
            make_plan(
                code,
                name=code,
                flat_prices={"monthly": str(price), "yearly": str(world.YEARLY)},
                charges=[{**make_plan()["charges"][0], "included_quota": str(included)}],
            )
            for code, (price, included) in world.PLANS.items()
        ]
        for place in range(0, COUNT, 100):
            rows = [self.customer_row(one) for one in self.customers[place : place + 100]]
            self.load(*rows, plans=plans)

    @staticmethod
    def customer_row(customer):
        boundary = customer.boundary()
        order = make_order(
            customer.name,
            "small",
            cycle=customer.cycle,
            price=str(customer.prices()[0].amount),
            started_on=customer.first_day.isoformat(),
            period_start=customer.first_day.isoformat(),
            period_end=boundary.isoformat(),
        )
        return make_customer(customer.name, [order], stripe_customer_id=f"cus_{customer.number}")

    def give_cards(self):
        """Make a token for each card; the charges of one are refused."""
        company = self.service.company_id
        provider = self.env["payment.provider"].search(
            [("code", "=", "none"), ("company_id", "=", company.id)], limit=1
        )
        journals = self.env["account.journal"]
        journal = journals.search([("type", "=", "bank"), ("company_id", "=", company.id)], limit=1)
        provider.write({"state": "test", "journal_id": journal.id})
        self.env["account.payment.method.line"].create(
            {
                "payment_method_id": self.env.ref("account.account_payment_method_manual_in").id,
                "payment_provider_id": provider.id,
                "journal_id": journal.id,
            }
        )
        methods = self.env["payment.method"].with_context(active_test=False)
        method = methods.search([], limit=1)
        self.tokens = {}
        for one in self.customers:
            if one.pays in (world.CARD, world.FAILING_CARD):
                self.tokens[one.number] = self.env["payment.token"].create(
                    {
                        "provider_id": provider.id,
                        "payment_method_id": method.id,
                        "partner_id": self.order(one.name).partner_id.id,
                        "provider_ref": one.pays,
                        "payment_details": "4242",
                    }
                )

        def answer(transaction):
            if transaction.token_id.provider_ref == world.FAILING_CARD:
                transaction._set_error("Your card was declined.")
            else:
                transaction._set_done()

        transactions = self.env.registry["payment.transaction"]
        patcher = patch.object(transactions, "_send_payment_request", answer)
        patcher.start()
        self.addCleanup(patcher.stop)

    def go_live(self):
        """Do to all orders what a cutover does; the app hears nothing of it."""
        for one in self.customers:
            order = self.order(one.name).with_context(**{SILENT: True}).sudo()
            order._release_from_shadow()
            order.action_confirm()
            first = one.boundary()
            order.write(
                {
                    "next_invoice_date": first,
                    "x_fc_billed_from": first,
                    "x_fc_billed_until": first,
                    "x_fc_usage_from": one.boundary(1),
                    "payment_token_id": self.tokens[one.number].id
                    if one.number in self.tokens
                    else False,
                }
            )
        links = self.env["fusion.billing.account.link"].search([])
        links.sudo().write({"billing_state": "live"})
        monthly = self.env.ref("fusion_centralize_billing.subscription_plan_monthly")
        self.env["fusion.billing.charge"].search([]).plan_id = monthly
        self.env.cr.flush()
        self.env["fusion.billing.webhook"].search([]).unlink()

    # One day

    def live_through(self, day):
        for one in self.customers:
            self.act(one, day)
        self.meter(day)
        if day.day % 7 == 1:
            # One transaction holds all of it, whose rows nobody else's statistics know.
            self.env.cr.execute(f"ANALYZE {', '.join(BUSY)}")
        if day.day % 3 == 0:
            self.rate(day)
        orders = self.env["sale.order"]
        with self.uncommitted():
            orders._cron_subscription_expiration()
            orders._cron_recurring_create_invoice()
            orders._cron_invoice_usage()
        self.pay(day)
        self.env["fusion.billing.webhook"].tell_what_time_brought()
        self.env.cr.flush()
        self.env.invalidate_all()

    def log_month(self, day, seconds):
        """Say how far the year is, for whoever waits for its end."""
        invoices = self.env["account.move"].search_count([("move_type", "=", "out_invoice")])
        _logger.info("%s customers until %s: %s invoices, %.0f s.", COUNT, day, invoices, seconds)

    def act(self, one, day):
        """Do what a person or an app does on the day."""
        if one.renews and day == world.RENEWED_ON:
            order = self.running(one)
            renewal = self.env["sale.order"].browse(order.prepare_renewal_order()["res_id"])
            renewal.action_confirm()
        if one.changes:
            for month, code in world.CHANGES.items():
                boundary = date(2026, month, one.first_day.day)
                # A cheaper plan is asked for before, and begins when the period ends.
                asked = boundary if code == "large" else boundary - timedelta(days=5)
                if day == asked:
                    self.change_plan(one, code)

    def running(self, one):
        orders = self.env["sale.order"].search(
            [
                ("x_fc_nexacloud_subscription_id", "=", source_id(f"subscription {one.name}")),
                ("x_fc_service_id", "=", self.service.id),
            ],
            order="id desc",
        )
        return next(order for order in orders if order.x_fc_status == "active")

    def change_plan(self, one, code):
        env = self.env(su=True)
        service = self.service.with_env(env)
        order = self.running(one).with_env(env)
        call = SimpleNamespace(
            env=env,
            service=service,
            company=service.company_id,
            currency=service.company_id.currency_id,
        )
        values = {"external_id": order._fc_public_id(), "plan_code": code}
        plan = self.plan(code).with_env(env)
        change_plan(call, order, order._fc_link(), plan, values)

    def meter(self, day):
        rows = [
            self.usage_row(one, period)
            for one, period in self.used.get(day, ())
            # Whom Odoo has closed, the app serves no more.
            if one in self.paying or self.orders_of(one).x_fc_status == "active"
        ]
        if rows:
            batch = {"format": 1, "service": SERVICE, "run": None, "key": "1", "dry_run": False}
            answer = self.wizard.load_usage({**batch, "rows": rows})
            self.assertFalse(answer["failed"], answer["rows"])

    def usage_row(self, one, period):
        start, end = (midnight(moment, ZONE) for moment in (period.start, period.end))
        key = source_id(f"deployment {one.name}")
        if one.changes:
            # Each plan has an order of its own here; the app's events name the subscription.
            orders = self.env["sale.order"].search(
                [("x_fc_nexacloud_subscription_id", "=", source_id(f"subscription {one.name}"))]
            )
            held = orders.filtered(
                lambda order: (
                    (order.x_fc_subscribed_at or datetime.min) <= start + timedelta(days=1)
                )
            )
            key = max(held, key=lambda order: order.id).x_fc_external_id
        quantity = str(one.usage[period.start])
        return [key, "cpu_seconds", f"{start.isoformat()}Z", f"{end.isoformat()}Z", quantity,
                f"{one.number} {period.start}"]  # fmt: skip

    def rate(self, day):
        since, until = day - timedelta(days=45), day
        after = 0
        while after is not None:
            answer = self.wizard.rate_usage(
                SERVICE, f"{since}T00:00:00Z", f"{until}T12:00:00Z", after_id=after
            )
            self.assertFalse(answer["failed"], answer["rows"])
            after = answer["next_after_id"]

    def pay(self, day):
        """Let those who pay by invoice pay what is ten days old."""
        due = self.env["account.move"].search(
            [
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "=", "not_paid"),
                ("invoice_date", "<=", day - timedelta(days=10)),
            ]
        )
        for move in due:
            order = move.invoice_line_ids.sale_line_ids.order_id[:1]
            one = self.by_key.get(order._fc_public_id())
            if one and one.pays == world.INVOICE:
                self.env["account.payment.register"].with_context(
                    active_model="account.move", active_ids=move.ids
                ).create({}).action_create_payments()
