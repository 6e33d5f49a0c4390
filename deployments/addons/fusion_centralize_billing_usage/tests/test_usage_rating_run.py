from unittest.mock import patch

from odoo.exceptions import UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import SERVICE, make_customer, make_order

from .usage_common import FEBRUARY, JANUARY, NOW, WINDOW, UsageCase, make_usage

# 212.5 core-hours, of which 100 are included: 112.5 x 0.0075 = 0.84375.
BUSY = "765000"


@freeze_time(NOW)
class TestUsagePreview(UsageCase):
    def test_preview_says_what_a_period_costs_and_stores_nothing(self):
        self.meter(make_usage(BUSY))
        answer = self.preview()
        self.assertEqual((answer["failed"], answer["next_after_id"]), ([], None))
        (row,) = answer["rows"]
        self.assertIn("112.50 x 0.0075 = 0.84375", row.pop("explanation"))
        self.assertEqual(
            row,
            {
                "order_id": self.order().id,
                "external_id": self.order().x_fc_external_id,
                "metric": "cpu_seconds",
                "period_start": JANUARY[0],
                "period_end": JANUARY[1],
                "flat": "49",
                "units": "765000",
                "included": "360000",
                "overage_units": "405000",
                "amount": "0.84375",
                "currency": self.currency,
            },
        )
        self.assertFalse(self.ratings())

    def test_batch_is_rated_as_if_it_were_loaded_and_rolled_back(self):
        self.meter(make_usage("360000", period=FEBRUARY, key="2"))
        rows = [make_usage(BUSY), make_usage(BUSY, name="unknown")]
        batch = {"format": 1, "service": SERVICE, "run": None, "key": "1", "dry_run": True}
        answer = self.wizard.preview_load({**batch, "rows": rows})
        self.assertEqual([row["amount"] for row in answer["rows"]], ["0.84375"])
        self.assertEqual(answer["failed"], [])
        self.assertEqual(self.usage().mapped("quantity"), [360000])
        self.assertFalse(self.ratings())
        self.meter(rows[0])
        self.assertEqual(self.preview()["rows"], answer["rows"])

    def test_usage_of_several_rows_is_aggregated_before_it_is_priced(self):
        self.meter(*(make_usage("255000", key=str(number)) for number in range(3)))
        (row,) = self.preview()["rows"]
        self.assertEqual((row["units"], row["amount"]), (BUSY, "0.84375"))

    def test_period_without_usage_is_rated_too(self):
        (row,) = self.preview()["rows"]
        self.assertEqual((row["units"], row["amount"]), ("0", "0"))

    def test_period_is_of_the_window_that_its_start_lies_in(self):
        def starts(*window):
            return [row["period_start"] for row in self.preview(window)["rows"]]

        self.assertEqual(starts("2026-01-14T05:00:01Z", "2026-02-14T05:00:00Z"), [])
        self.assertEqual(starts("2026-01-14T05:00:00Z", "2026-02-14T05:00:00Z"), [JANUARY[0]])
        self.assertEqual(
            starts("2026-01-01T00:00:00Z", "2027-01-01T00:00:00Z"), [JANUARY[0], FEBRUARY[0]]
        )

    def test_pages_name_every_subscription_once(self):
        names = [f"web {number}" for number in range(5)]
        self.load(make_customer("Max", [make_order(name) for name in names]))
        seen, after = [], 0
        while after is not None:
            page = self.preview(after_id=after, limit=2)
            self.assertLessEqual(len(page["rows"]), 2)
            seen += [row["order_id"] for row in page["rows"]]
            after = page["next_after_id"]
        loaded = self.env["sale.order"].search([("x_fc_external_id", "!=", False)])
        self.assertEqual(seen, sorted(loaded.ids))

    def test_each_aggregation_is_what_the_metric_says(self):
        half = ("2026-01-14T05:00:00Z", "2026-01-29T17:00:00Z")
        other = ("2026-01-29T17:00:00Z", "2026-02-14T05:00:00Z")
        expected = {"max": "7", "last": "3", "unique": "2", "count": "3", "weighted_sum": "8.5"}
        for aggregation in expected:
            self.add_metric(aggregation)
            self.meter(
                make_usage("7", period=half, key="1", metric=aggregation),
                make_usage("7", period=half, key="2", metric=aggregation),
                make_usage("3", period=other, key="3", metric=aggregation),
            )
        rows = {row["metric"]: row["amount"] for row in self.preview()["rows"]}
        rows.pop("cpu_seconds")
        self.assertEqual(rows, expected)

    def test_charge_that_cannot_be_rated_fails_alone(self):
        charge = self.add_metric("max")
        charge.write({"charge_model": "percentage", "percent": 1, "fixed_amount": 1})
        self.meter(make_usage(BUSY), make_usage("5", metric="max", key="2"))
        answer = self.preview()
        self.assertEqual([row["metric"] for row in answer["rows"]], ["cpu_seconds"])
        self.assertEqual([row["code"] for row in answer["failed"]], ["charge_invalid"])

    def test_usage_that_no_charge_prices_is_told_and_not_free_unseen(self):
        self.meter(make_usage(BUSY))
        self.plan().charge_ids.unlink()
        answer = self.preview()
        self.assertEqual(answer["rows"], [])
        self.assertEqual([row["code"] for row in answer["failed"]], ["no_charge"])

    def test_window_that_makes_no_sense_is_refused(self):
        for window in (WINDOW[::-1], ("yesterday", "today"), (WINDOW[0], WINDOW[0])):
            with self.subTest(window), self.assertRaises(UserError):
                self.preview(window)
        for changes in ({"limit": 0}, {"limit": 5001}):
            with self.subTest(changes), self.assertRaises(UserError):
                self.preview(**changes)
        with self.assertRaises(UserError):
            self.wizard.preview_usage("nobody", *WINDOW)


@freeze_time(NOW)
class TestUsageRatingRun(UsageCase):
    def outcome(self, answer):
        return {name: answer[name] for name in ("created", "updated", "unchanged", "billed")}

    def test_shadow_is_previewed_and_its_order_never_touched(self):
        self.meter(make_usage(BUSY))
        answer = self.rate()
        self.assertEqual(
            self.outcome(answer), {"created": 1, "updated": 0, "unchanged": 0, "billed": 0}
        )
        self.assertEqual((self.ratings().state, self.ratings().amount), ("preview", 0.84375))
        self.assertEqual(len(self.order().order_line), 1)

    def test_preview_follows_its_usage(self):
        self.meter(make_usage(BUSY))
        self.rate()
        self.assertEqual(self.rate()["unchanged"], 1)
        self.meter(make_usage("360000"))
        self.assertEqual(self.rate()["updated"], 1)
        self.assertEqual((len(self.ratings()), self.ratings().amount), (1, 0))
        self.assertEqual(self.ratings().usage_ids, self.usage())

    def test_preview_of_a_period_or_charge_that_is_gone_does_not_stay(self):
        self.add_metric("max")
        self.rate()
        self.order().start_date = "2025-03-17"
        self.rate()
        starts = self.ratings().mapped("period_start")
        self.assertEqual({str(start) for start in starts}, {"2026-01-17 05:00:00"})
        self.plan().charge_ids[0].unlink()
        self.rate()
        self.assertEqual(len(self.ratings()), 1)

    def test_live_order_gets_one_line_however_often_it_is_rated(self):
        self.meter(make_usage(BUSY))
        order = self.go_live()
        self.assertEqual(self.rate()["billed"], 1)
        for _again in range(2):
            answer = self.rate()
            self.assertEqual((answer["billed"], answer["unchanged"]), (0, 1))
        line = order.order_line - order.order_line[0]
        self.assertEqual((line.product_uom_qty, line.price_unit), (112.5, 0.0075))
        self.assertEqual(line.price_subtotal, 0.84)
        self.assertIn("112.50 x 0.0075 = 0.84375", line.name)
        self.assertIn("2026-01-14 to 2026-02-14", line.name)
        self.assertEqual((self.ratings().state, self.ratings().order_line_id), ("billed", line))

    def test_charge_without_a_recurring_plan_is_only_previewed(self):
        self.meter(make_usage(BUSY))
        order = self.go_live()
        self.env["fusion.billing.charge"].search([]).plan_id = False
        self.assertEqual(self.rate()["billed"], 0)
        self.assertEqual(len(order.order_line), 1)

    def test_period_that_is_not_over_is_only_previewed(self):
        self.meter(make_usage(BUSY, period=FEBRUARY))
        order = self.go_live()
        window = ("2026-02-01T00:00:00Z", "2026-03-01T00:00:00Z")
        self.assertEqual(self.rate(window)["billed"], 0)
        self.assertEqual(len(order.order_line), 1)
        with freeze_time("2026-03-14 04:00:00"):
            self.assertEqual(self.rate(window)["billed"], 1)

    def test_usage_within_the_quota_is_closed_without_a_line(self):
        self.meter(make_usage("1000"))
        order = self.go_live()
        self.assertEqual(self.rate()["billed"], 1)
        self.assertEqual((len(order.order_line), self.ratings().state), (1, "billed"))

    def test_usage_of_a_billed_period_is_refused(self):
        self.meter(make_usage(BUSY))
        self.go_live()
        self.rate()
        answer = self.meter(make_usage(BUSY), make_usage("1", key="2"))
        self.assertEqual(self.codes(answer), ["period_billed"])
        self.assertEqual(self.codes(self.meter(make_usage("1"))), ["period_billed"])
        self.assertEqual(self.usage().quantity, 765000)
        self.assertEqual(self.counts(self.meter(make_usage("1", period=FEBRUARY)))[0], 1)

    def test_usage_of_a_billed_period_is_not_billed_again_when_the_periods_move(self):
        day = ("2026-01-20T00:00:00Z", "2026-01-21T00:00:00Z")
        self.meter(make_usage(BUSY, period=day))
        order = self.go_live()
        self.rate()
        order.start_date = "2025-03-17"
        answer = self.meter(make_usage(BUSY, period=day), make_usage("1", period=day, key="2"))
        self.assertEqual(self.codes(answer), ["period_billed", "period_billed"])
        self.assertEqual([row["code"] for row in self.rate()["rows"]], ["period_moved"])
        overage = order.order_line - order.order_line[0]
        self.assertEqual(len(overage), 1)

    def test_amount_that_no_quantity_of_the_rate_gives_is_one_line_of_that_amount(self):
        self.env["fusion.billing.charge"].search([]).flat_amount = 0.123456
        self.meter(make_usage(BUSY))
        order = self.go_live()
        self.rate()
        line = order.order_line - order.order_line[0]
        self.assertEqual((line.product_uom_qty, line.price_unit), (1, 0.967206))

    def test_order_that_refuses_its_line_fails_alone_and_is_billed_next_time(self):
        self.load(make_customer(orders=[make_order(), make_order("db")]))
        self.meter(make_usage(BUSY), make_usage(BUSY, name="db"))
        self.go_live()
        refusing = self.go_live("db")
        lines = type(self.env["sale.order.line"])
        create = lines.create

        def refuse(records, vals_list):
            if any(vals["order_id"] == refusing.id for vals in vals_list):
                raise UserError("Not on this order.")
            return create(records, vals_list)

        with patch.object(lines, "create", refuse):
            answer = self.rate()
        self.assertEqual((answer["billed"], answer["failed"]), (1, 1))
        self.assertEqual(answer["rows"][0]["message"], "Not on this order.")
        self.assertEqual(self.rate()["billed"], 1)
        self.assertEqual(set(self.ratings().mapped("state")), {"billed"})

    def test_dry_run_bills_nothing(self):
        self.meter(make_usage(BUSY))
        order = self.go_live()
        self.assertEqual(self.rate(dry_run=True)["billed"], 1)
        self.assertEqual((len(order.order_line), len(self.ratings())), (1, 0))
        self.assertEqual(self.wizard.rate_usage(SERVICE, *WINDOW)["billed"], 1)
