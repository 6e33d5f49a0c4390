"""Many customers in one call: each stands, and is invoiced, as if they were alone."""

from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from ..switching.holdings import Holdings
from ..switching.requirements import Requirements
from ..switching.wave import wave_of
from .test_readiness import ReadinessCase


@freeze_time(NOW)
class TestBundle(ReadinessCase):
    def rehearse(self, *names):
        told = self.wizard.rehearse(SERVICE, [source_id(f"user {name}") for name in names])
        self.env.invalidate_all()
        return told["rows"]

    def wave(self, chosen, only):
        env = self.service.sudo().env
        held = Holdings(env, self.service.with_env(env), 3, only)
        wave = wave_of(held, chosen, Requirements(), self.billed())
        return {one.external_id: (one.digest, one.text, one.notes, one.revenue) for one in wave}

    def test_customer_stands_the_same_whoever_else_is_looked_at(self):
        names = ("Zoé", "Max", "Ida", "Ole", "Ann")
        for name in names[2:]:
            self.load(make_customer(name, [make_order(name)]))
        kept_out = [
            {"entity": "subscriptions", "external_id": source_id("subscription Ole"),
             "outcome": "quarantined", "code": "price", "message": "No price."},
            {"entity": "users", "external_id": source_id("user Ann"), "outcome": "failed",
             "code": "email", "message": "No address."},
            {"entity": "plans", "external_id": "p", "outcome": "failed", "code": "name",
             "message": "No name.", "customer": source_id("user Max")},
        ]  # fmt: skip
        self.import_run("second", kept_out, "partial")
        self.decide_line(self.red())
        self.differ(self.difference("Ida"), self.difference("Zoé", "-7.00"), key="r2")
        self.cycle(1, [
            self.compared("Zoé", differing=1),
            self.compared("Max", subscriptions=[source_id("subscription gone")]),
            self.compared("Ida", differing=1),
            self.compared("Ole"),
        ])  # fmt: skip
        self.order("api").action_cancel()
        self.env.flush_all()
        everybody = [source_id(f"user {name}") for name in names]
        whole = self.wave(everybody, None)
        self.assertEqual(whole.keys(), set(everybody))
        # The world says something of each kind, or the comparison would be of nothing.
        said = " ".join(text for _digest, text, *_rest in whole.values())
        for words in ("No price", "No address", "No name", "One-off", "deleted", "cancelled"):
            self.assertIn(words, said)
        for size in (1, 2, 3):
            found = {}
            for place in range(0, len(everybody), size):
                group = everybody[place : place + size]
                found |= self.wave(group, group)
            with self.subTest(size):
                self.assertEqual(found, whole)

    def test_invoices_made_together_are_those_made_alone(self):
        self.load(make_customer("Ida", [make_order("ida", price="12.35"), make_order("two")]))
        names = ("Zoé", "Max", "Ida")
        alone = [row for name in names for row in self.rehearse(name)]
        self.assertEqual(self.rehearse(*names), alone)
        self.assertEqual([len(row["invoices"]) for row in alone], [1, 2, 2])

    def test_who_cannot_be_invoiced_leaves_the_others_their_invoices(self):
        alone = self.rehearse("Zoé")
        orders, bad = self.env.registry["sale.order"], self.order("db").id
        prepare = orders._prepare_invoice

        def refusing(order):
            if order.id == bad:
                raise UserError("This one cannot be invoiced.")
            return prepare(order)

        with patch.object(orders, "_prepare_invoice", refusing):
            max_, zoe = self.rehearse("Max", "Zoé")
        self.assertEqual(max_["code"], "no_invoice")
        self.assertIn("cannot be invoiced", max_["message"])
        self.assertEqual([zoe], alone)

    def test_weekly_price_whose_usage_is_counted_by_the_month_is_rehearsed(self):
        week = make_order(
            "week",
            cycle="weekly",
            price="9.95",
            started_on="2025-12-04",
            period_start="2026-02-26",
            period_end="2026-03-05",
        )
        self.load(make_customer("Wim", [week]))
        (told,) = self.rehearse("Wim")
        self.assertEqual((told["code"], told["message"]), (None, None))
        (invoice,) = told["invoices"]
        self.assertEqual((invoice["date"], invoice["untaxed"]), ("2026-03-05", "9.95"))
