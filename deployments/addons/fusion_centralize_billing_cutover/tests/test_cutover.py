from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    make_plan,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import FEBRUARY, NOW, make_usage

from .cutover_common import BOUNDARY, CutoverCase

BUSY = "765000"
LATER = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")


@freeze_time(NOW)
class TestSwitch(CutoverCase):
    def test_switched_customer_is_live_from_the_boundary_on(self):
        rows, answer = self.switch(self.approve(), "Zoé")
        order = self.order()
        self.assertEqual((answer["switched"], rows["Zoé"]["code"]), (1, None))
        self.assertEqual((order.state, order.x_fc_shadow), ("sale", False))
        self.assertEqual(order.subscription_state, "3_progress")
        days = [order.next_invoice_date, order.x_fc_billed_from, order.x_fc_usage_from]
        self.assertEqual({day.isoformat() for day in days}, {BOUNDARY})
        self.assertEqual(order.start_date.isoformat(), "2025-03-14")
        self.assertEqual(self.link().billing_state, "live")
        self.assertEqual(self.charges().plan_id.billing_period_unit, "month")
        self.assertEqual(self.service.phase, "cutover")
        self.assertEqual(
            rows["Zoé"]["subscriptions"],
            [
                {
                    "subscription": source_id("subscription web"),
                    "order_id": order.id,
                    "flat_from": BOUNDARY,
                    "usage_from": BOUNDARY,
                }
            ],
        )
        move = self.env["fusion.billing.cutover.move"].search([])
        self.assertEqual((move.kind, move.who, move.order_count), ("switched", "Ada Controller", 1))

    def test_second_call_changes_nothing_and_answers_the_same_days(self):
        cutover = self.approve()
        first, _answer = self.switch(cutover, "Zoé")
        stamp = self.order().write_date
        again, answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual((answer["switched"], answer["unchanged"]), (1, 1))
        self.assertEqual(again["Zoé"]["subscriptions"], first["Zoé"]["subscriptions"])
        self.assertEqual(self.order().write_date, stamp)
        self.assertEqual(len(self.env["fusion.billing.cutover.move"].search([])), 2)

    def test_service_is_live_when_nobody_is_left_in_shadow(self):
        cutover = self.approve()
        self.load(make_customer("Empty"))
        self.switch(cutover, "Zoé")
        self.assertEqual(
            self.wizard.finish_cutover(cutover.key),
            {"state": "running", "live": 1, "shadow": 2, "phase": "cutover"},
        )
        self.switch(cutover, "Max")
        for _again in range(2):
            self.assertEqual(
                self.wizard.finish_cutover(cutover.key),
                {"state": "done", "live": 3, "shadow": 0, "phase": "live"},
            )
        row = self.load(make_customer(orders=[make_order()]))["customer", source_id("user Zoé")]
        self.assertEqual(row["code"], "service_live")

    def test_who_never_had_a_subscription_is_told_from_who_lost_it_in_odoo(self):
        """The watch alarms about the second, who is billed by nobody, and not about the first."""
        cutover = self.approve()
        self.load(make_customer("Empty"))
        self.switch(cutover, "Zoé", "Max")
        self.wizard.finish_cutover(cutover.key)
        self.order().sudo()._action_cancel()
        self.wizard.refresh_readiness(SERVICE)
        rows = self.wizard.readiness(SERVICE)["rows"]
        codes = {row["customer"]: row["codes"] for row in rows}
        self.assertEqual(codes[source_id("user Empty")], ["idle"])
        self.assertEqual(codes[source_id("user Zoé")], [])
        self.assertEqual(codes[source_id("user Max")], [])

    def test_pilot_is_done_while_the_service_stays_in_cutover(self):
        cutover = self.approve("Zoé")
        rows, _answer = self.switch(cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "not_in_plan"))
        answer = self.wizard.finish_cutover(cutover.key)
        self.assertEqual((answer["state"], answer["phase"]), ("done", "cutover"))

    def test_customer_is_switched_whole_or_not_at_all(self):
        cutover = self.approve()
        wrong = {source_id("subscription api"): "2026-02-20"}
        rows, answer = self.switch(cutover, "Zoé", "Max", billed_until=wrong)
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "boundary_off_period"))
        self.assertEqual((answer["switched"], answer["failed"]), (1, 1))
        self.assertEqual({self.order(name).state for name in ("db", "api")}, {"draft"})
        self.assertTrue(self.order("db").x_fc_shadow)
        self.assertEqual(self.link("Max").billing_state, "shadow")

    def test_order_that_odoo_refuses_keeps_its_customer_back_and_nobody_else(self):
        cutover = self.approve()
        refusing = self.order("api")
        orders = type(self.env["sale.order"])
        confirm = orders.action_confirm

        def refuse(records):
            if refusing in records:
                raise UserError("Not this one.")
            return confirm(records)

        with patch.object(orders, "action_confirm", refuse):
            rows, _answer = self.switch(cutover, "Max", "Zoé")
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "refused_by_odoo"))
        self.assertEqual(rows["Max"]["message"], "Not this one.")
        self.assertEqual(rows["Zoé"]["outcome"], "switched")
        self.assertEqual(self.order("db").state, "draft")
        self.assertEqual(self.switch(cutover, "Max")[0]["Max"]["outcome"], "switched")

    def test_each_reason_not_to_switch_has_its_code(self):
        cutover = self.approve()
        subscription = source_id("subscription web")
        link, order = self.link(), self.order()
        cases = {
            "boundary_differs": {subscription: "2026-03-14"},
            "boundary_off_period": {subscription: "2026-02-17"},
            "billed_until_missing": {subscription: "soon"},
        }
        for code, until in cases.items():
            rows, _answer = self.switch(cutover, "Zoé", billed_until=until)
            with self.subTest(code):
                self.assertEqual(self.outcome(rows["Zoé"]), ("failed", code))
        rows, _answer = self.switch(cutover, "Nobody")
        self.assertEqual(rows["Nobody"]["code"], "unknown_customer")
        set_link = "UPDATE fusion_billing_account_link SET"
        running = "state = 'sale', subscription_state = '3_progress'"
        for code, statement, value in (
            ("card", f"{set_link} stripe_customer_id = NULL WHERE id = %s", link.id),
            ("order", f"UPDATE sale_order SET {running} WHERE id = %s", order.id),
            ("order", "UPDATE sale_order SET start_date = NULL WHERE id = %s", order.id),
        ):  # fmt: skip
            with self.subTest(code), self.env.cr.savepoint() as savepoint:
                self.env.cr.execute(statement, [value])
                self.env.invalidate_all()
                rows, _answer = self.switch(cutover, "Zoé")
                self.assertEqual(self.outcome(rows["Zoé"]), ("failed", code))
                savepoint.rollback()
                self.env.invalidate_all()
        left_out = {"entity": "customer", "external_id": source_id("user Zoé"),
                    "outcome": "failed", "code": "x", "message": "y"}  # fmt: skip
        self.import_run("later", [left_out], "partial")
        self.assertEqual(self.switch(cutover, "Zoé")[0]["Zoé"]["code"], "kept_out")
        self.assertTrue(order.x_fc_shadow)

    def test_moment_of_the_source_is_moved_to_the_period_s_boundary_a_day_away(self):
        cutover = self.approve()
        # 23:30 on the day before, in Toronto.
        rows, _answer = self.switch(
            cutover, "Zoé", billed_until={source_id("subscription web"): "2026-02-14T04:30:00Z"}
        )
        self.assertEqual(rows["Zoé"]["subscriptions"][0]["flat_from"], BOUNDARY)

    def test_dry_run_switches_nobody(self):
        cutover = self.approve()
        _rows, answer = self.switch(cutover, "Zoé", "Max", dry_run=True)
        self.assertEqual((answer["switched"], answer["dry_run"]), (2, True))
        self.assertEqual(self.order().state, "draft")
        self.assertEqual((self.service.phase, cutover.state), ("dual_run", "approved"))

    def test_customers_of_a_cutover_come_page_by_page_with_their_periods(self):
        cutover = self.approve()
        seen, after = [], 0
        while after is not None:
            page = self.wizard.cutover_customers(cutover.key, after, 1)
            seen += page["rows"]
            after = page["next_after_id"]
        self.assertEqual([len(row["subscriptions"]) for row in seen], [1, 2])
        subscription = seen[0]["subscriptions"][0]
        self.assertEqual(subscription["next_invoice_date"], BOUNDARY)
        self.assertEqual(subscription["subscription"], source_id("subscription web"))


@freeze_time(NOW)
class TestDuringCutover(CutoverCase):
    def setUp(self):
        super().setUp()
        self.cutover = self.approve()
        self.switch(self.cutover, "Zoé")

    def test_load_leaves_the_live_customer_and_updates_the_shadows(self):
        zoe = make_customer(orders=[make_order(price="99.00"), make_order("new")], name="Zoé")
        zoe["city"] = "Ottawa"
        shadow = make_customer("Max", [make_order("db", price="59.00"), make_order("api")])
        rows = self.load(zoe, shadow)
        told = {key[1]: (row["outcome"], row["code"]) for key, row in rows.items()}
        self.assertEqual(told[source_id("user Zoé")], ("unchanged", "customer_live"))
        self.assertEqual(told[source_id("deployment web")], ("unchanged", "order_live"))
        self.assertEqual(told[source_id("deployment new")], ("failed", "customer_live"))
        self.assertEqual(told[source_id("deployment db")], ("updated", None))
        self.assertEqual(self.order().order_line.price_unit, 49.0)
        self.assertEqual(self.order("db").order_line.price_unit, 59.0)
        self.assertNotEqual(self.link().partner_id.city, "Ottawa")

    def test_load_leaves_a_plan_with_live_orders_and_its_charges(self):
        changed = make_plan(name="Other")
        for plan, outcome in (
            (make_plan(), ("unchanged", None)),
            (changed, ("unchanged", "plan_live")),
        ):
            row = self.load(plans=[plan], full_compare=True)["plan", plan["external_id"]]
            self.assertEqual((row["outcome"], row["code"]), outcome)
        self.assertEqual(self.plan().name, "Pro × 2")
        self.assertTrue(self.charges().plan_id)

    def test_shadow_of_a_linked_plan_is_never_charged(self):
        self.meter(make_usage(BUSY, period=FEBRUARY), make_usage(BUSY, "db", period=FEBRUARY))
        with freeze_time("2026-03-20 12:00:00"):
            self.assertEqual(self.rate(LATER)["billed"], 1)
        self.assertEqual(len(self.order("db").order_line), 1)
        self.assertEqual(len(self.order().order_line), 2)
        for attempt in (self.order("db").action_confirm, self.order("db")._create_invoices):
            with self.assertRaisesRegex(UserError, "shadow"):
                attempt()

    def test_usage_of_before_the_boundary_is_the_old_side_s(self):
        self.meter(make_usage(BUSY), make_usage(BUSY, period=FEBRUARY, key="2"))
        with freeze_time("2026-03-20 12:00:00"):
            self.assertEqual(self.rate()["billed"], 0)
            self.assertEqual(self.rate(LATER)["billed"], 1)
        line = self.order().order_line[1:]
        self.assertIn("2026-02-14 to 2026-03-14", line.name)
        states = {str(rating.period_start): rating.state for rating in self.ratings()
                  if rating.subscription_id == self.order()}  # fmt: skip
        self.assertEqual(
            states, {"2026-01-14 05:00:00": "preview", "2026-02-14 05:00:00": "billed"}
        )

    def test_shadow_has_one_door_even_for_the_superuser(self):
        shadow = self.order("db")
        with self.assertRaisesRegex(UserError, "out of the shadow"):
            shadow.write({"x_fc_shadow": False})
        with self.assertRaises(AccessError):
            shadow.with_user(self.env.ref("base.user_admin"))._release_from_shadow()
        with self.assertRaises(AccessError):
            self.link("Max").with_user(self.env.ref("base.user_admin")).billing_state = "live"

    def test_about_counts_who_is_live(self):
        (service,) = [one for one in self.wizard.about()["services"] if one["code"] == SERVICE]
        self.assertEqual((service["live_customers"], service["shadow_customers"]), (1, 1))


@freeze_time(NOW)
class TestWayBack(CutoverCase):
    def setUp(self):
        super().setUp()
        self.cutover = self.approve()
        self.switch(self.cutover, "Zoé", "Max")

    def check_back(self, *names):
        chosen = [source_id(f"user {name}") for name in names] or None
        return self.wizard.rollback_check(SERVICE, chosen)

    def test_customer_returns_whole_with_usage_lines_and_draft_invoices_gone(self):
        self.meter(make_usage(BUSY, period=FEBRUARY))
        order = self.order()
        with freeze_time("2026-03-20 12:00:00"):
            self.rate(LATER)
        order._create_invoices()
        self.assertEqual(self.check_back()["returnable"], 2)
        rows = self.roll_back("Zoé")
        self.assertEqual(self.outcome(rows["Zoé"]), ("returned", None))
        self.assertEqual((order.state, order.x_fc_shadow), ("draft", True))
        self.assertEqual((len(order.order_line), len(order.invoice_ids)), (1, 0))
        ratings = self.ratings().filtered(lambda rating: rating.subscription_id == order)
        self.assertEqual(ratings.mapped("state"), ["preview"])
        self.assertFalse(order.x_fc_billed_from or order.x_fc_usage_from)
        self.assertEqual(self.link().billing_state, "shadow")
        self.assertTrue(self.charges().plan_id)
        self.assertEqual(self.service.phase, "cutover")
        row = self.load(make_customer(orders=[make_order()]))["order", order.x_fc_external_id]
        self.assertIn(row["outcome"], ("updated", "unchanged"))
        with self.assertRaisesRegex(UserError, "shadow"):
            order.action_confirm()

    def test_last_one_back_unlinks_the_charges_and_ends_the_cutover(self):
        self.roll_back("Zoé", "Max")
        self.assertFalse(self.charges().plan_id)
        self.assertEqual((self.service.phase, self.cutover.state), ("dual_run", "rolled_back"))
        self.assertEqual(self.roll_back("Zoé")["Zoé"]["outcome"], "unchanged")

    def test_old_decision_does_not_switch_a_returned_customer_again(self):
        self.roll_back("Zoé")
        rows, _answer = self.switch(self.cutover, "Zoé", "Max")
        self.assertEqual(self.outcome(rows["Zoé"]), ("failed", "returned_since"))
        self.assertEqual(rows["Max"]["outcome"], "unchanged")
        rows, _answer = self.switch(self.approve("Zoé", key="second"), "Zoé")
        self.assertEqual(rows["Zoé"]["outcome"], "switched")

    def test_customer_with_a_posted_invoice_stays_and_is_named_with_it(self):
        order = self.order("api")
        self.bill(BOUNDARY)
        invoice = order.invoice_ids
        self.assertEqual(invoice.state, "posted")
        answer = self.check_back()
        self.assertEqual((answer["returnable"], answer["blocked"]), (0, 2))
        rows = self.roll_back("Max", "Nobody")
        self.assertEqual(self.outcome(rows["Max"]), ("failed", "invoice_posted"))
        self.assertIn(invoice.name, rows["Max"]["message"])
        self.assertEqual(rows["Nobody"]["code"], "unknown_customer")
        self.assertEqual((order.state, self.order("db").state), ("sale", "sale"))

    def test_invoice_that_was_posted_once_counts_as_posted(self):
        self.bill(BOUNDARY)
        self.order().invoice_ids.button_draft()
        self.assertEqual(self.roll_back("Zoé")["Zoé"]["code"], "invoice_posted")

    def test_way_back_needs_a_name_and_a_dry_run_returns_nobody(self):
        with self.assertRaises(UserError):
            self.roll_back("Zoé", who=" ")
        self.assertEqual(self.roll_back("Zoé", dry_run=True)["Zoé"]["outcome"], "returned")
        self.assertEqual((self.order().state, self.link().billing_state), ("sale", "live"))

    def test_move_says_who_returned_a_customer_and_why(self):
        self.roll_back("Zoé")
        move = self.env["fusion.billing.cutover.move"].search([], limit=1)
        self.assertEqual((move.kind, move.who, move.reason),
                         ("returned", "Ada Controller", "Wrong price."))  # fmt: skip
