from odoo.exceptions import AccessError

from .common import LoadCase, make_customer, make_order, source_id


def make_line(name="Backup", **changes):
    return {
        "external_id": f"addon-{name}",
        "item": f"addon:{name}",
        "kind": "addon",
        "name": name,
        "quantity": "1",
        "price": "9.90",
        **changes,
    }


class TestLoadLines(LoadCase):
    def load_lines(self, *lines, **changes):
        """Load an order with these lines; return the answer's row of it."""
        changes = {"full_compare": changes.pop("full_compare", False), "order": changes}
        order = make_order(lines=list(lines), **changes.pop("order"))
        answer = self.load(make_customer(orders=[order]), **changes)
        return answer["order", source_id("deployment web")]

    def lines(self):
        """Return what the order's lines bill: item, quantity, price, discount."""
        return {
            (line.x_fc_item, line.product_uom_qty, line.price_unit, line.discount)
            for line in self.order().order_line
        }

    def test_further_lines_are_on_the_order_at_their_own_prices(self):
        row = self.load_lines(
            make_line(),
            make_line("Seats", kind="fixed_charge", item="fixed:seats", quantity="2.5"),
            make_line("Coupon", kind="discount", item="discount:SUMMER", price="-5.00"),
        )
        self.assertEqual((row["outcome"], row["code"]), ("created", None))
        self.assertEqual(
            self.lines(),
            {
                (False, 1.0, 49.0, 0.0),
                ("addon:Backup", 1.0, 9.9, 0.0),
                ("fixed:seats", 2.5, 9.9, 0.0),
                ("discount:SUMMER", 1.0, -5.0, 0.0),
            },
        )
        self.assertEqual(self.order().amount_untaxed, 49.0 + 9.9 + 24.75 - 5.0)
        self.assertTrue(all(line.product_id.recurring_invoice for line in self.order().order_line))

    def test_lines_loaded_twice_are_there_once(self):
        self.load_lines(make_line(), make_line("IP"))
        before = self.order().order_line
        for compare in (False, True):
            row = self.load_lines(make_line("IP"), make_line(), full_compare=compare)
            self.assertEqual((row["outcome"], row["code"]), ("unchanged", None))
        self.assertEqual(self.order().order_line, before)

    def test_line_that_changes_keeps_its_record_and_the_others(self):
        self.load_lines(make_line(), make_line("IP"))
        before = self.order().order_line
        row = self.load_lines(make_line(price="12.00", ends_on="2027-01-14"), make_line("IP"))
        self.assertEqual(row["outcome"], "updated")
        self.assertEqual(self.order().order_line, before)
        self.assertIn(("addon:Backup", 1.0, 12.0, 0.0), self.lines())
        self.assertIn(("addon:IP", 1.0, 9.9, 0.0), self.lines())

    def test_line_that_the_source_ended_goes_away_alone(self):
        self.load_lines(make_line(), make_line("IP"))
        self.load_lines(make_line("IP"))
        self.assertEqual({item for item, *_rest in self.lines()}, {False, "addon:IP"})
        self.load_lines()
        self.assertEqual(self.lines(), {(False, 1.0, 49.0, 0.0)})

    def test_price_of_a_line_that_somebody_edited_is_put_back_and_told(self):
        self.load_lines(make_line())
        self.order().order_line.filtered("x_fc_item").price_unit = 1.0
        row = self.load_lines(make_line(), full_compare=True)
        self.assertEqual((row["outcome"], row["code"]), ("updated", "drift"))
        self.assertIn(("addon:Backup", 1.0, 9.9, 0.0), self.lines())

    def test_price_outlives_a_change_of_quantity_and_plan(self):
        self.load_lines(make_line())
        order = self.order()
        for line in order.order_line:
            line.product_uom_qty = 3
        order.plan_id = self.env.ref("fusion_centralize_billing.subscription_plan_yearly")
        self.assertEqual({line.price_unit for line in order.order_line}, {49.0, 9.9})

    def test_line_with_a_wrong_value_keeps_the_whole_order_out(self):
        wrong = (
            make_line(price="-1.00"),
            make_line(price=None),
            make_line(quantity="nan"),
            make_line(kind="tip"),
            make_line(name=""),
            make_line(ends_on="soon"),
        )
        for line in wrong:
            with self.subTest(str(line)):
                row = self.load_lines(make_line("IP"), line)
                self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))
        row = self.load_lines(make_line(), make_line())
        self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))
        self.assertFalse(self.order())

    def test_discount_of_the_source_follows_the_source(self):
        self.load_lines(discount="20")
        self.assertEqual(self.order().amount_untaxed, 39.2)
        self.assertEqual(self.load_lines(discount="10")["outcome"], "updated")
        self.assertEqual(self.order().amount_untaxed, 44.1)
        self.load_lines()
        self.assertEqual(self.order().amount_untaxed, 49.0)

    def test_discount_that_a_person_sets_is_kept_and_told_in_every_run(self):
        self.load_lines(make_line())
        flat = self.order().order_line.filtered(lambda line: not line.x_fc_item)
        flat.discount = 25.0
        self.assertTrue(flat.x_fc_by_hand)
        self.env.flush_all()
        loads = (
            self.load_lines(make_line()),
            self.load_lines(make_line(), full_compare=True),
            self.load_lines(make_line(), price="60.00"),
            self.load_lines(make_line(), price="60.00", discount="10"),
        )
        for row in loads:
            self.assertEqual(row["code"], "discount_by_hand")
            self.assertIn("25 %", row["message"])
        self.assertEqual((flat.price_unit, flat.discount), (60.0, 25.0))
        flat.discount = 10.0
        self.env.flush_all()
        row = self.load_lines(make_line(), price="60.00", discount="10")
        self.assertIsNone(row["code"])

    def test_discount_that_odoo_would_round_is_refused(self):
        row = self.load_lines(discount="33.3333")
        self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))

    def test_nobody_but_a_load_says_what_a_line_is(self):
        self.load_lines(make_line())
        line = self.order().order_line.filtered("x_fc_item")
        admin = self.env.ref("base.user_admin")
        for values in ({"x_fc_item": "flat"}, {"x_fc_discount": 50.0}, {"x_fc_ends_on": False}):
            with self.assertRaises(AccessError):
                line.with_user(admin).write(values)


class TestLoadCalendars(LoadCase):
    def load_order(self, **changes):
        answer = self.load(make_customer(orders=[make_order(**changes)]))
        row = answer["order", source_id("deployment web")]
        return row, self.order()

    def test_every_cycle_has_a_recurring_plan_of_its_own(self):
        wanted = {
            "weekly": ("week", 1),
            "monthly": ("month", 1),
            "quarterly": ("month", 3),
            "semiannual": ("month", 6),
            "yearly": ("year", 1),
        }
        for cycle, every in wanted.items():
            row, order = self.load_order(cycle=cycle)
            plan = order.plan_id
            with self.subTest(cycle):
                self.assertNotEqual(row["outcome"], "failed")
                self.assertEqual((plan.billing_period_unit, plan.billing_period_value), every)

    def test_terms_of_billing_are_kept_and_taken_back(self):
        terms = {
            "billing_time": "calendar",
            "in_advance": False,
            "ends_on": "2027-03-01",
            "trial_ends_on": "2026-02-01",
            "timezone": "America/New_York",
            "anchor_on": "2025-01-31",
            "usage_cycle": "quarterly",
        }
        _row, order = self.load_order(**terms)
        self.assertEqual(order.x_fc_billing_time, "calendar")
        self.assertTrue(order.x_fc_arrears)
        self.assertEqual(str(order.end_date), "2027-03-01")
        self.assertEqual(str(order.x_fc_ending_at), "2027-03-01 05:00:00")
        self.assertEqual(str(order.x_fc_trial_ends_on), "2026-02-01")
        self.assertEqual(str(order.x_fc_anchor_on), "2025-01-31")
        self.assertEqual(order._fc_calendar().count, 3)
        row, order = self.load_order()
        self.assertEqual(row["outcome"], "updated")
        names = ("x_fc_arrears", "x_fc_ending_at", "end_date", "x_fc_anchor_on", "x_fc_timezone")
        self.assertFalse(any(order[name] for name in names))
        self.assertNotEqual(order.x_fc_billing_time, "calendar")

    def test_wrong_terms_fail_the_order(self):
        for wrong in (
            {"billing_time": "weekly"},
            {"in_advance": "no"},
            {"timezone": "Mars/Olympus"},
            {"timezone": "../etc/passwd"},
            {"usage_cycle": "hourly"},
            {"ends_on": "2027-02-30"},
        ):
            with self.subTest(str(wrong)):
                row, _order = self.load_order(**wrong)
                self.assertEqual((row["outcome"], row["code"]), ("failed", "invalid_value"))

    def test_next_invoice_bills_the_period_that_is_due(self):
        _row, order = self.load_order(period_end="2026-03-14")
        start, end = order._fc_next_period()
        self.assertEqual((str(start)[:10], str(end)[:10]), ("2026-03-14", "2026-04-14"))
        _row, order = self.load_order(period_end="2026-03-14", in_advance=False)
        start, end = order._fc_next_period()
        self.assertEqual((str(start)[:10], str(end)[:10]), ("2026-02-14", "2026-03-14"))

    def test_line_that_has_ended_is_not_invoiced_any_more(self):
        ended, goes_on = (
            {
                "external_id": name,
                "item": f"addon:{name}",
                "kind": "addon",
                "name": name,
                "quantity": "1",
                "price": "5.00",
                "ends_on": day,
            }
            for name, day in (("old", "2026-02-14"), ("new", "2026-02-15"))
        )
        _row, order = self.load_order(lines=[ended, goes_on])
        period = order._fc_next_period()
        due = {
            line.x_fc_item for line in order.order_line if order._fc_line_is_due(line, period[0])
        }
        self.assertEqual(due, {False, "addon:new"})
