from odoo.exceptions import UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order

from .usage_common import FEBRUARY, JANUARY, NOW, UsageCase, make_usage


@freeze_time(NOW)
class TestUsageLoad(UsageCase):
    def test_usage_loaded_twice_is_stored_once(self):
        rows = [make_usage(), make_usage("2000", period=FEBRUARY, key="2")]
        self.assertEqual(self.counts(self.meter(*rows)), [2, 0, 0, 0])
        self.assertEqual(self.counts(self.meter(*rows)), [0, 0, 2, 0])
        self.assertEqual(sorted(self.usage().mapped("quantity")), [1000, 2000])
        self.assertFalse(self.usage().correction_ids)

    def test_usage_belongs_to_the_billing_period_that_it_lies_in(self):
        hour = ("2026-01-20T10:00:00+00:00", "2026-01-20T06:00:00-05:00")
        self.meter(make_usage(period=hour))
        usage = self.usage()
        self.assertEqual(str(usage.period_end), "2026-01-20 11:00:00")
        self.assertEqual(str(usage.billing_start), "2026-01-14 05:00:00")
        self.assertEqual(str(usage.billing_end), "2026-02-14 05:00:00")

    def test_changed_quantity_replaces_and_leaves_a_trail(self):
        self.meter(make_usage("1000.5"))
        answer = self.meter(make_usage("999.123456"))
        self.assertEqual(self.counts(answer), [0, 1, 0, 0])
        self.assertEqual(answer["rows"][0]["message"], "1000.5 was replaced by 999.123456.")
        self.assertEqual(self.usage().quantity, 999.123456)
        trail = self.usage().correction_ids
        self.assertEqual(
            (trail.kind, trail.old_quantity, trail.new_quantity),
            ("correction", 1000.5, 999.123456),
        )

    def test_trail_names_the_run_that_corrected(self):
        self.wizard.start_run(
            {"service": "nexacloud", "key": "june", "started_at": "2026-01-02T03:04:05+00:00"}
        )
        self.meter(make_usage(), run="june")
        self.meter(make_usage("2"), run="june", key="0002")
        self.assertEqual(self.usage().correction_ids.run_id.key, "june")
        run = self.env["fusion.billing.import.run"].search([("key", "=", "june")])
        self.assertEqual((run.created, run.updated, run.bundle_count), (1, 1, 2))

    def test_usage_that_comes_after_a_rating_loads_and_leaves_a_trail(self):
        self.meter(make_usage())
        self.rate()
        answer = self.meter(make_usage(), make_usage("5", key="2"))
        self.assertEqual(self.counts(answer), [1, 0, 1, 0])
        self.assertEqual(self.codes(answer), ["late"])
        self.assertEqual(self.usage().correction_ids.kind, "late")

    def test_quantity_is_stored_to_the_last_of_24_digits(self):
        self.meter(make_usage("123456789012345678.123456"))
        self.env.cr.execute("SELECT quantity::text FROM fusion_billing_usage")
        self.assertEqual(self.env.cr.fetchone()[0], "123456789012345678.123456")

    def test_quantity_is_shown_as_it_was_sent(self):
        self.meter(make_usage("600000000"), make_usage("0.000001", key="2"))
        self.assertEqual(sorted(self.usage().mapped("quantity")), [0.000001, 600000000])

    def test_bad_rows_are_told_apart_and_the_rest_loads(self):
        long_period = (JANUARY[0], FEBRUARY[1])
        before = ("2025-03-13T00:00:00Z", "2025-03-13T01:00:00Z")
        future = ("2026-03-14T04:00:00Z", "2026-04-14T04:00:00Z")
        bad = {
            "unknown_subscription": make_usage(name="nobody"),
            "unknown_metric": make_usage(metric="ram"),
            "negative_quantity": make_usage("-1"),
            "out_of_period": make_usage(period=long_period),
            "future_period": make_usage(period=future),
            "period_invalid": make_usage(period=JANUARY[::-1]),
        }
        more = {
            "out_of_period": [make_usage(period=before)],
            "period_invalid": [make_usage(period=("2026-01-14", "soon"))],
            "invalid_value": [
                make_usage(quantity)
                for quantity in ("", "1e3", "NaN", "1.1234567", " 1", "１", "1" * 19, None, 5)
            ]
            + [make_usage(key="")],
        }
        extra = [(code, row) for code, rows in more.items() for row in rows]
        answer = self.meter(make_usage(key="good"), *bad.values(), *(row for _code, row in extra))
        expected = [*bad, *(code for code, _row in extra)]
        self.assertEqual(self.codes(answer), expected)
        self.assertEqual(self.counts(answer), [1, 0, 0, len(expected)])
        self.assertEqual(self.usage().idempotency_key, "good")

    def test_running_period_can_be_metered_before_it_ends(self):
        self.assertEqual(self.counts(self.meter(make_usage(period=FEBRUARY))), [1, 0, 0, 0])

    def test_key_that_stands_in_a_batch_for_two_facts_counts_once(self):
        answer = self.meter(
            make_usage(), make_usage(), make_usage("2"), make_usage(period=FEBRUARY)
        )
        self.assertEqual(self.counts(answer), [1, 0, 1, 2])
        self.assertEqual(self.codes(answer), ["duplicate_key", "duplicate_key"])
        self.assertEqual(self.usage().quantity, 1000)

    def test_key_with_another_end_of_its_period_is_refused(self):
        self.meter(make_usage())
        shorter = (JANUARY[0], "2026-02-01T00:00:00Z")
        self.assertEqual(self.codes(self.meter(make_usage(period=shorter))), ["duplicate_key"])

    def test_same_key_of_two_subscriptions_is_counted_for_both(self):
        self.load(make_customer(orders=[make_order(), make_order("db")]))
        self.assertEqual(self.counts(self.meter(make_usage(), make_usage(name="db")))[0], 2)

    def test_usage_follows_a_subscription_whose_periods_moved(self):
        day = ("2026-01-20T00:00:00Z", "2026-01-21T00:00:00Z")
        self.meter(make_usage(period=day))
        self.order().start_date = "2025-03-17"
        self.assertEqual([row["code"] for row in self.preview()["failed"]], ["period_moved"])
        answer = self.meter(make_usage(period=day))
        self.assertEqual(self.counts(answer), [0, 1, 0, 0])
        self.assertEqual(self.codes(answer), ["period_moved"])
        self.assertEqual(str(self.usage().billing_start), "2026-01-17 05:00:00")
        self.assertFalse(self.usage().correction_ids)
        self.assertEqual(self.preview()["failed"], [])

    def test_usage_of_a_period_that_is_none_any_more_can_be_taken_back(self):
        self.meter(make_usage())
        self.order().start_date = "2026-02-01"
        self.assertEqual(self.codes(self.meter(make_usage("999"))), ["out_of_period"])
        self.assertEqual(self.counts(self.meter(make_usage("0"))), [0, 1, 0, 0])
        self.assertEqual(self.usage().quantity, 0)
        self.assertEqual(self.usage().correction_ids.old_quantity, 1000)
        self.assertEqual(self.preview()["failed"], [])
        self.assertEqual(self.counts(self.meter(make_usage("0"))), [0, 0, 1, 0])
        self.assertEqual(self.codes(self.meter(make_usage("0", key="2"))), ["out_of_period"])

    def test_order_that_recurs_yearly_is_metered_by_the_month(self):
        self.load(make_customer(orders=[make_order("db", cycle="yearly", price="490.00")]))
        answer = self.meter(make_usage(name="db"), make_usage(name="db", period=FEBRUARY, key="2"))
        self.assertEqual(self.counts(answer), [2, 0, 0, 0])

    def test_answer_names_the_outcome_of_every_row(self):
        self.meter(make_usage())
        answer = self.meter(make_usage(), make_usage(key="2"), make_usage("-1", key="3"))
        self.assertEqual(answer["outcomes"], ["unchanged", "created", "failed"])

    def test_order_without_a_start_is_told(self):
        self.order().start_date = False
        self.assertEqual(self.codes(self.meter(make_usage())), ["period_invalid"])

    def test_dry_run_predicts_and_leaves_nothing(self):
        self.meter(make_usage())
        rows = [make_usage("500000"), make_usage(key="2"), make_usage("-1")]
        predicted = self.meter(*rows, dry_run=True)
        self.assertEqual(self.usage().quantity, 1000)
        self.assertFalse(self.env["fusion.billing.usage.threshold"].search([]))
        self.assertFalse(self.usage().correction_ids)
        self.assertEqual(self.meter(*rows) | {"dry_run": True}, predicted)

    def test_unknown_service_fails_every_row(self):
        answer = self.meter(make_usage(), service="nobody")
        self.assertEqual(self.codes(answer), ["unknown_service"])

    def test_malformed_batch_is_refused_as_a_whole(self):
        for changes in ({"format": 2}, {"rows": None}, {"rows": [["a"]]}, {"dry_run": 0}):
            with self.subTest(changes), self.assertRaises(UserError):
                self.meter(**changes)
        with self.assertRaises(UserError):
            self.meter(*[make_usage()] * 20_001)
        self.assertFalse(self.usage())
