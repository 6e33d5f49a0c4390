"""The first invoice before the switch: as it will be, and nothing of it stays."""

from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import CutoverCase

# What Odoo counts up even where nothing stays: ids of rows.
_DIGEST = "SELECT md5(coalesce(string_agg(t::text, '|' ORDER BY t::text), '')) FROM {} t"


@freeze_time(NOW)
class TestRehearsal(CutoverCase):
    def rehearse(self, *names, **values):
        answer = self.wizard.rehearse(
            SERVICE, [source_id(f"user {name}") for name in names], **values
        )
        self.env.invalidate_all()
        return dict(zip(names, answer["rows"], strict=True))

    def fingerprint(self):
        """Return a digest of every table, and where each number of a document stands."""
        self.env.flush_all()
        self.env.cr.execute("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")
        tables = [name for (name,) in self.env.cr.fetchall()]
        found = {}
        for name in tables:
            self.env.cr.execute(_DIGEST.format(f'"{name}"'))
            found[name] = self.env.cr.fetchone()[0]
        self.env.cr.execute(
            "SELECT sequencename, last_value FROM pg_sequences WHERE sequencename ~ '^ir_sequence_'"
        )
        return found | dict(self.env.cr.fetchall())

    def test_rehearsal_is_the_invoice_that_odoo_makes_after_the_switch(self):
        told = self.rehearse("Zoé", "Max")
        self.assertEqual([row["code"] for row in told.values()], [None, None])
        rows, _answer = self.switch(self.approve(), "Zoé", "Max")
        self.assertEqual({row["outcome"] for row in rows.values()}, {"switched"})
        for name, customer in (("web", "Zoé"), ("db", "Max"), ("api", "Max")):
            order = self.order(name)
            (invoice,) = (
                one
                for one in told[customer]["invoices"]
                if one["subscription"] == source_id(f"subscription {name}")
            )
            self.assertEqual(invoice["date"], str(order.next_invoice_date))
            move = order._create_invoices()
            move.invoice_date = order.next_invoice_date
            move.action_post()
            self.assertEqual(
                [invoice[key] for key in ("untaxed", "tax", "total", "due", "currency")],
                [
                    *(f"{move[key]:.2f}" for key in ("amount_untaxed", "amount_tax")),
                    *(f"{move[key]:.2f}" for key in ("amount_total", "amount_residual")),
                    move.currency_id.name,
                ],
            )
            (line,) = invoice["lines"]
            (made,) = move.invoice_line_ids
            self.assertEqual((line["quantity"], line["price"], line["discount"]), ("1", "49", "0"))
            self.assertEqual(
                (line["from"], line["to"], line["name"], line["taxes"]),
                (
                    str(made.deferred_start_date),
                    str(made.deferred_end_date),
                    made.name,
                    made.tax_ids.mapped("name"),
                ),
            )
            self.assertEqual(invoice["next_invoice"], str(order.next_invoice_date))

    def test_it_is_said_what_happens_with_the_invoice(self):
        (invoice,) = self.rehearse("Zoé")["Zoé"]["invoices"]
        self.assertIn("4242", invoice["charged"])
        self.assertIsNone(invoice["no_card"])
        self.assertTrue(invoice["mailed"])
        self.assertEqual(invoice["closed_on"], "2026-05-15")
        self.link()._card().sudo().active = False
        (invoice,) = self.rehearse("Zoé")["Zoé"]["invoices"]
        self.assertIsNone(invoice["charged"])
        self.assertIn("no card", invoice["no_card"])
        self.link().sudo().pays_by_invoice = True
        (invoice,) = self.rehearse("Zoé")["Zoé"]["invoices"]
        self.assertIsNone(invoice["no_card"])

    def test_nothing_stays_and_nothing_leaves(self):
        sent = []
        mail, transactions = (
            self.env.registry[name] for name in ("mail.mail", "payment.transaction")
        )
        callbacks = [list(self.env.cr.postcommit._funcs), dict(self.env.cr.postcommit.data)]
        before = self.fingerprint()
        with (
            patch.object(mail, "send", lambda *_args, **_kwargs: sent.append("mail")),
            patch.object(
                transactions, "_send_payment_request", lambda *_args: sent.append("charge")
            ),
        ):
            first = self.rehearse("Zoé", "Max", "Nobody")
            second = self.rehearse("Zoé", "Max", "Nobody")
        self.assertEqual(first, second)
        after = self.fingerprint()
        self.assertEqual({name for name in before if before[name] != after[name]}, set())
        self.assertEqual(sent, [])
        left = [list(self.env.cr.postcommit._funcs), dict(self.env.cr.postcommit.data)]
        self.assertEqual(left, callbacks)
        self.assertEqual(self.order().state, "draft")
        self.assertTrue(self.order().x_fc_shadow)

    def test_whoever_could_not_be_invoiced_is_told_why_and_the_others_go_on(self):
        company = self.service.company_id
        self.assertEqual(self.rehearse("Nobody")["Nobody"]["code"], "unknown_customer")
        self.env.cr.execute(
            "UPDATE sale_order SET start_date = NULL WHERE id = %s", [self.order().id]
        )
        self.env.invalidate_all()
        told = self.rehearse("Zoé", "Max")
        self.assertEqual((told["Zoé"]["code"], told["Max"]["code"]), ("no_calendar", None))
        company.deferred_revenue_account_id = False
        told = self.rehearse("Max")["Max"]
        self.assertEqual(told["code"], "no_invoice")
        self.assertIn("deferred", told["message"])

    def test_day_that_the_old_side_says_is_the_day_that_is_rehearsed(self):
        until = {source_id("subscription web"): "2026-02-14"}
        told = self.rehearse("Zoé", billed_until=until)["Zoé"]
        self.assertEqual(told["invoices"][0]["date"], "2026-02-14")
        until = {source_id("subscription web"): "2026-02-20"}
        self.assertEqual(
            self.rehearse("Zoé", billed_until=until)["Zoé"]["code"], "boundary_off_period"
        )

    def test_yearly_price_and_live_customers(self):
        order = make_order(
            "year",
            cycle="yearly",
            price="490.00",
            period_start="2025-03-14",
            period_end="2026-03-14",
        )
        self.load(make_customer("Yann", [order]))
        told = self.rehearse("Yann")["Yann"]
        (invoice,) = told["invoices"]
        self.assertEqual((invoice["date"], invoice["untaxed"]), ("2026-03-14", "490.00"))
        self.assertEqual(invoice["lines"][0]["to"], "2027-03-13")
        self.switch(self.approve("Zoé"), "Zoé")
        self.assertEqual(self.rehearse("Zoé")["Zoé"]["code"], "live")

    def test_who_is_in_a_trial_is_rehearsed_from_its_end_on(self):
        for name, until, terms in (
            ("Ahead", "2026-02-20", {}),
            ("Later", "2026-03-20", {}),
            ("Behind", "2026-03-14", {"in_advance": False}),
        ):
            over = "2026-03-20" if name == "Later" else "2026-02-20"
            order = make_order(name.lower(), period_end=until, trial_ends_on=over, **terms)
            self.load(make_customer(name, [order]))
            told = self.rehearse(name)[name]
            self.assertIsNone(told["code"], told["message"])
            (invoice,) = told["invoices"]
            # 22 of 28 days, or 25 of 31.
            net = "39.52" if name == "Later" else "38.50"
            self.assertEqual((invoice["date"], invoice["untaxed"]), (until, net))

    def test_rehearsing_needs_the_right_and_a_sensible_list(self):
        reader = self.make_user("reader", "group_reader")
        with self.assertRaises(AccessError):
            self.wizard.with_user(reader).rehearse(SERVICE, [])
        for customers in (None, ["a", "a"], [1], [str(n) for n in range(101)]):
            with self.subTest(str(customers)[:30]), self.assertRaises(UserError):
                self.wizard.rehearse(SERVICE, customers)
