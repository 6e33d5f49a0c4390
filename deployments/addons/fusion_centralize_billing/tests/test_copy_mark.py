from odoo.exceptions import AccessError, UserError

from ..loader.copy_mark import copy_mark
from .common import LoadCase, make_customer, make_order

RUN = {"service": "nexacloud", "key": "run-1", "started_at": "2026-01-02T03:04:05-05:00"}


class TestCopyMark(LoadCase):
    def setUp(self):
        super().setUp()
        self.load(make_customer(orders=[make_order()]))

    def mark(self):
        self.env.flush_all()
        return copy_mark(self.service)

    def test_every_edit_of_the_copy_changes_it_and_nothing_else_does(self):
        order, link, plan = self.order(), self.link(), self.plan()
        line, tax = order.order_line, self.env["account.tax"].search([], limit=1)
        edits = [
            (order, {"client_order_ref": "other"}),
            (order, {"end_date": "2030-01-01"}),
            (order, {"note": "Call them."}),
            (line, {"price_unit": line.price_unit + 0.01}),
            (line, {"product_uom_qty": 2}),
            (line, {"discount": 5}),
            (line, {"tax_ids": [(5, 0, 0)] if line.tax_ids else [(6, 0, tax.ids)]}),
            (link, {"stripe_customer_id": "cus_2"}),
            (link.partner_id, {"state_id": False}),
            (plan, {"name": "Other"}),
            (plan.charge_ids, {"price_per_unit": 0.01}),
            (plan.charge_ids.metric_id, {"code": "other"}),
            (self.service, {"phase": "dual_run"}),
        ]
        seen = {self.mark()}
        for record, values in edits:
            record.write(values)
            with self.subTest(record=record, values=values):
                self.assertNotIn(self.mark(), seen)
            seen.add(self.mark())
        self.env["res.partner"].create({"name": "Somebody else"})
        link.partner_id.comment = "A note"
        self.assertIn(self.mark(), seen)

    def test_an_edit_by_plain_sql_changes_it(self):
        before = self.mark()
        self.env.cr.execute("UPDATE sale_order_line SET price_unit = price_unit + 1")
        self.assertNotEqual(self.mark(), before)

    def test_a_load_that_finds_nothing_changed_leaves_it(self):
        before = self.mark()
        self.load(make_customer(orders=[make_order()]))
        self.assertEqual(self.mark(), before)
        self.load(make_customer(name="Ana", orders=[make_order("api")]))
        self.assertNotEqual(self.mark(), before)

    def test_a_run_is_found_by_the_world_it_ended_with(self):
        looked = self.wizard.look_at_copy("nexacloud", "source 1")
        self.assertIsNone(looked["run"])
        self.wizard.start_run(RUN)
        marks = {"world_mark": looked["world_mark"], "results_mark": "abc"}
        self.wizard.finish_run("run-1", {"state": "done", "unchanged": 2, **marks})
        found = {"key": "run-1", "results_mark": "abc"}
        self.assertEqual(self.wizard.look_at_copy("nexacloud", "source 1")["run"], found)
        self.assertIsNone(self.wizard.look_at_copy("nexacloud", "source 2")["run"])
        run = self.env["fusion.billing.import.run"].search([("key", "=", "run-1")])
        self.assertEqual((run.unchanged, run.created), (2, 0))
        # A run that ends again without them is no world to go by.
        self.wizard.finish_run("run-1", {"state": "failed"})
        self.assertIsNone(self.wizard.look_at_copy("nexacloud", "source 1")["run"])

    def test_only_who_may_import_looks(self):
        reader = self.make_user("reader", "group_reader")
        with self.assertRaises(AccessError):
            self.wizard.with_user(reader).look_at_copy("nexacloud", "source")
        with self.assertRaisesRegex(UserError, "no active service 'nope'"):
            self.wizard.look_at_copy("nope", "source")
