import json

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_charge,
    make_customer,
    make_order,
    make_plan,
    source_id,
)
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import (
    JANUARY,
    NOW,
    WINDOW,
    UsageCase,
    make_usage,
)

YEAR = ("2025-01-01T00:00:00Z", "2027-01-01T00:00:00Z")
BUSY = "765000"


@freeze_time(NOW)
class TestLedger(UsageCase):
    def lines(self, window=WINDOW, **changes):
        """Return the page's rows as dicts, by item and start of the period."""
        page = self.wizard.ledger_lines(SERVICE, *window, **changes)
        self.assertFalse(page["failed"])
        rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        return {(row["item"], row["period_start"]): row for row in rows}

    def test_shadow_has_its_price_and_its_usage_with_ids_terms_and_tax(self):
        self.meter(make_usage(BUSY))
        rows = self.lines()
        flat, usage = rows["flat", JANUARY[0]], rows["usage:cpu_seconds", JANUARY[0]]
        self.assertEqual(len(rows), 2)
        shared = {
            "customer": source_id("user Zoé"),
            "subscription": source_id("subscription web"),
            "period_start": JANUARY[0],
            "period_end": JANUARY[1],
            "currency": self.currency,
            "ref": self.order().name,
            "origin": "odoo",
        }
        for row in rows.values():
            self.assertEqual({name: row[name] for name in shared}, shared)
        self.assertEqual((flat["units"], flat["amount"]), ("1", "49"))
        self.assertEqual((usage["units"], usage["amount"]), (BUSY, "0.84375"))
        self.assertEqual(
            json.loads(flat["terms"]),
            {"price": "49", "cycle": "monthly", "plan_code": "pro-monthly"},
        )
        terms = json.loads(usage["terms"])
        self.assertEqual(
            [terms[name] for name in ("charge_model", "included_quota", "price_per_unit")],
            ["standard", "360000", "0.0075"],
        )
        taxes = self.order().order_line.tax_ids
        self.assertEqual(float(flat["tax_rate"]), sum(taxes.mapped("amount")))

    def test_what_recurs_beside_the_plan_has_lines_of_its_own(self):
        extra = {"kind": "addon", "quantity": "1", "price": "9.90"}
        lines = [
            {**extra, "external_id": "1", "item": "addon:Backup", "name": "Backup"},
            {**extra, "external_id": "2", "item": "addon:IP", "name": "IP", "quantity": "2"},
            {
                **extra,
                "external_id": "3",
                "item": "discount:SUMMER",
                "name": "Summer",
                "kind": "discount",
                "price": "-5.00",
                "ends_on": "2026-01-15",
            },
        ]
        self.load(make_customer("Zoé", [make_order(lines=lines, discount="10")]))
        rows = self.lines(YEAR)
        january = {
            item: row["amount"]
            for (item, start), row in rows.items()
            if start == JANUARY[0] and not item.startswith("usage:")
        }
        self.assertEqual(
            january,
            {"flat": "44.1", "addon:Backup": "9.9", "addon:IP": "19.8", "discount:SUMMER": "-5"},
        )
        starts = sorted(start for item, start in rows if item == "discount:SUMMER")
        self.assertEqual(starts[-1], JANUARY[0])
        backup = rows["addon:Backup", JANUARY[0]]
        self.assertEqual(backup["period_end"], JANUARY[1])
        self.assertEqual(backup["tax_rate"], rows["flat", JANUARY[0]]["tax_rate"])

    def test_order_in_another_currency_is_in_it_with_its_usage(self):
        charge = make_charge(currency="CHF")
        plan = make_plan("swiss", currency="CHF", charges=[charge])
        order = make_order("zug", "swiss", currency="CHF", lines=[])
        after = self.order().id
        self.load(make_customer("Heidi", [order]), plans=[plan])
        self.meter(make_usage(BUSY, "zug"))
        rows = self.lines(after_id=after)
        self.assertEqual({row["currency"] for row in rows.values()}, {"CHF"})
        self.assertEqual(len(rows), 2)

    def test_calendar_and_trial_bill_the_days_that_are_left(self):
        after = self.order().id
        order = make_order(
            "part",
            started_on="2025-11-21",
            billing_time="calendar",
            trial_ends_on="2026-01-11",
            price="31.00",
        )
        self.load(make_customer("Max", [order]))
        rows = self.lines(YEAR, after_id=after)
        flat = {start[:10]: row["amount"] for (item, start), row in rows.items() if item == "flat"}
        self.assertEqual(flat["2025-11-21"], "0")
        self.assertEqual(flat["2025-12-01"], "0")
        # The price begins with the trial's end.
        self.assertEqual(flat["2026-01-11"], "21")
        self.assertEqual(flat["2026-02-01"], "31")

    def test_yearly_price_is_due_once_a_year_and_usage_every_month(self):
        self.load(make_customer("Max", [make_order("year", cycle="yearly", price="490.00")]))
        after = self.order().id
        rows = self.lines(YEAR, after_id=after)
        self.assertEqual(
            [start for item, start in rows if item == "flat"], ["2025-03-14T04:00:00Z"]
        )
        usage = [start for item, start in rows if item == "usage:cpu_seconds"]
        self.assertEqual(len(usage), 12)
        self.assertEqual(
            json.loads(rows["flat", "2025-03-14T04:00:00Z"]["terms"])["cycle"], "yearly"
        )

    def test_terms_tell_the_cycle_of_each_also_where_a_plan_costs_the_same_by_two(self):
        quarterly = make_order("quarter", cycle="quarterly", started_on="2025-10-14")
        self.load(make_customer("Max", [quarterly]))
        page = self.wizard.ledger_lines(SERVICE, *WINDOW)
        rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        flats = [row for row in rows if row["item"] == "flat"]
        self.assertEqual({row["amount"] for row in flats}, {"49"})
        self.assertEqual(
            {row["subscription"]: json.loads(row["terms"])["cycle"] for row in flats},
            {
                source_id("subscription web"): "monthly",
                source_id("subscription quarter"): "quarterly",
            },
        )

    def test_price_by_more_than_a_month_that_was_due_last_is_told_in_every_month(self):
        yearly = {"cycle": "yearly", "price": "490.00", "started_on": "2024-06-10"}
        lines = [{"external_id": "backup", "kind": "addon", "item": "addon:Backup",
                  "name": "Backup", "quantity": "1", "price": "60.00"}]  # fmt: skip
        self.load(make_customer("Max", [make_order("year", **yearly, lines=lines)]))
        self.load(make_customer("Ann", [make_order("behind", **yearly, in_advance=False)]))
        found = {}
        for since, until in (
            ("2025-05-01T04:00:00Z", "2025-06-01T04:00:00Z"),
            ("2025-06-01T04:00:00Z", "2025-07-01T04:00:00Z"),
            ("2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z"),
        ):
            page = self.wizard.long_period_lines(SERVICE, since, until)
            self.assertIsNone(page["next_after_id"])
            rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
            found[since[:7]] = {
                (row["subscription"], row["item"]): (row["period_start"][:10], row["amount"])
                for row in rows
            }
        year, behind = (source_id(f"subscription {name}") for name in ("year", "behind"))
        self.assertEqual(found["2025-05"][year, "flat"], ("2024-06-10", "490"))
        for month in ("2025-06", "2026-01"):
            self.assertEqual(found[month][year, "flat"], ("2025-06-10", "490"))
            self.assertEqual(found[month][year, "addon:Backup"], ("2025-06-10", "60"))
            # In arrears it is the year that is over.
            self.assertEqual(found[month][behind, "flat"], ("2024-06-10", "490"))
        # Nobody else: the month's ledger has them.
        self.assertEqual({key for key, _item in found["2026-01"]}, {year, behind})

    def test_price_by_the_month_that_was_billed_last_is_told_where_it_is_asked_for(self):
        november = ("2025-11-01T04:00:00Z", "2025-12-01T05:00:00Z")
        january = ("2026-01-01T05:00:00Z", "2026-02-01T05:00:00Z")
        self.assertEqual(self.wizard.long_period_lines(SERVICE, *november)["rows"], [])
        page = self.wizard.long_period_lines(SERVICE, *november, months=True)
        rows = [dict(zip(page["columns"], row, strict=True)) for row in page["rows"]]
        told = [(row["item"], row["period_start"], row["amount"]) for row in rows]
        # It is billed until 14 February, whatever month is compared.
        self.assertEqual(told, [("flat", JANUARY[0], "49")])
        # Of a year that was renewed since, too.
        self.load(make_customer("Max", [make_order(
            "year", cycle="yearly", price="490.00", started_on="2024-01-10",
            period_start="2026-01-10", period_end="2027-01-10")]))  # fmt: skip
        page = self.wizard.long_period_lines(SERVICE, *november, months=True)
        starts = sorted(row[page["columns"].index("period_start")] for row in page["rows"])
        self.assertEqual(starts, ["2026-01-10T05:00:00Z", JANUARY[0]])
        page = self.wizard.long_period_lines(SERVICE, *november)
        starts = [row[page["columns"].index("period_start")] for row in page["rows"]]
        self.assertEqual(starts, ["2025-01-10T05:00:00Z"])
        # The month's ledger has what began in it.
        page = self.wizard.long_period_lines(SERVICE, *january, months=True)
        starts = [row[page["columns"].index("period_start")] for row in page["rows"]]
        self.assertEqual(starts, ["2026-01-10T05:00:00Z"])

    def test_minimum_is_a_line_of_its_own_and_both_are_the_rating_in_cents(self):
        self.plan().charge_ids.minimum_amount = 5
        self.meter(make_usage(BUSY))
        rows = self.lines()
        amounts = {item: row["amount"] for (item, _start), row in rows.items()}
        self.assertEqual(amounts["usage:cpu_seconds"], "0.84375")
        self.assertEqual(amounts["minimum:cpu_seconds"], "4.16")
        self.assertIsNone(rows["minimum:cpu_seconds", JANUARY[0]]["units"])

    def test_what_is_missing_to_a_plan_s_minimum_is_a_line_with_its_own_tax(self):
        self.service.source = "lago"
        tax = self.env["account.tax"].create({"name": "Own", "amount": 5, "amount_type": "percent"})
        self.plan().write(
            {"minimum_amount": 60, "minimum_taxes_told": True, "minimum_tax_ids": tax.ids}
        )
        self.meter(make_usage(BUSY))
        row = self.lines()["minimum", JANUARY[0]]
        told = (row["period_end"], row["units"], row["amount"], row["tax_rate"])
        self.assertEqual(told, (JANUARY[1], None, "10.16", "5"))

    def test_posted_true_up_is_the_line_of_its_period(self):
        self.service.source = "lago"
        self.plan().minimum_amount = 60
        order = self.go_live()
        order.write({"x_fc_usage_from": "2026-01-14", "next_invoice_date": "2026-02-14"})
        order._create_invoices().action_post()
        row = self.lines()["minimum", JANUARY[0]]
        self.assertEqual((row["amount"], row["units"]), ("11", None))
        self.assertEqual(row["ref"], order.invoice_ids.name)

    def test_minimum_that_usage_reaches_adds_no_line(self):
        self.plan().charge_ids.minimum_amount = 0.84375
        self.meter(make_usage(BUSY))
        self.assertEqual([item for item, _start in self.lines()], ["flat", "usage:cpu_seconds"])

    def test_tiers_are_among_the_terms(self):
        self.plan().charge_ids.write(
            {
                "charge_model": "volume",
                "tier_ids": [
                    (0, 0, {"up_to": 10, "per_unit": 0.5}),
                    (0, 0, {"is_last": True, "up_to": 0, "per_unit": 0.25, "flat": 1}),
                ],
            }
        )
        terms = json.loads(self.lines()["usage:cpu_seconds", JANUARY[0]]["terms"])
        self.assertEqual(
            terms["tiers"],
            [
                {"up_to": "10", "per_unit": "0.5", "flat": "0", "percent": "0"},
                {"up_to": None, "per_unit": "0.25", "flat": "1", "percent": "0"},
            ],
        )

    def test_period_that_has_not_begun_has_no_line(self):
        rows = self.lines(("2026-02-01T00:00:00Z", "2030-01-01T00:00:00Z"))
        self.assertEqual({start for _item, start in rows}, {JANUARY[1]})
        self.assertEqual(self.lines(("2027-01-01T00:00:00Z", "2030-01-01T00:00:00Z")), {})

    def test_pages_name_every_line_once_and_foot_with_one_page(self):
        names = [f"web {number}" for number in range(4)]
        self.load(make_customer("Max", [make_order(name) for name in names]))
        seen, after = [], 0
        while after is not None:
            page = self.wizard.ledger_lines(SERVICE, *WINDOW, after_id=after, limit=2)
            seen += page["rows"]
            after = page["next_after_id"]
        self.assertEqual(seen, self.wizard.ledger_lines(SERVICE, *WINDOW)["rows"])
        self.assertEqual(len(seen), 10)

    def test_accounts_of_one_contact_keep_their_subscriptions_apart(self):
        same = {"email": "one@nexa.example"}
        self.load(
            make_customer("Ann", [make_order("a")], **same),
            make_customer("Bob", [make_order("b")], **same),
        )
        page = self.wizard.ledger_lines(SERVICE, *WINDOW, after_id=self.order().id)
        self.assertEqual(self.order("a").partner_id, self.order("b").partner_id)
        self.assertEqual(
            {(row[0], row[1]) for row in page["rows"]},
            {
                (source_id("user Ann"), source_id("subscription a")),
                (source_id("user Bob"), source_id("subscription b")),
            },
        )

    def test_order_of_before_the_account_was_noted_gets_it_with_the_next_load(self):
        order = self.order()
        self.env.cr.execute(
            "UPDATE sale_order SET x_fc_account_link_id = NULL WHERE id = %s", [order.id]
        )
        self.env.invalidate_all()
        self.assertEqual(next(iter(self.lines().values()))["customer"], "")
        row = self.load(make_customer(orders=[make_order()]))["order", order.x_fc_external_id]
        self.assertEqual((row["outcome"], row["code"]), ("updated", None))
        self.assertEqual(order.x_fc_account_link_id, self.link())

    def test_usage_without_a_charge_is_told_with_the_ledger_s_ids(self):
        self.load(
            make_customer(
                "Max",
                [make_order("bare", "bare")],
            ),
            plans=[make_plan("bare", charges=[])],
        )
        self.meter(make_usage(name="bare"))
        (failed,) = self.wizard.ledger_lines(SERVICE, *WINDOW)["failed"]
        self.assertEqual(failed["code"], "no_charge")
        self.assertEqual(failed["subscription"], source_id("subscription bare"))


@freeze_time(NOW)
class TestUsageRows(UsageCase):
    def setUp(self):
        super().setUp()
        self.days = [("2026-01-14T05:00:00Z", "2026-01-15T05:00:00Z")]
        self.days.append(("2026-01-15T05:00:00Z", "2026-01-16T05:00:00Z"))
        self.meter(
            *(make_usage(f"{n}.5", period=day, key=str(n)) for n, day in enumerate(self.days))
        )

    def ask(self, *keys):
        return self.wizard.usage_rows(SERVICE, [list(key) for key in keys])

    def test_rows_that_begin_in_the_time_are_told_once_and_exactly(self):
        subscription = source_id("subscription web")
        first, second = (
            [subscription, "cpu_seconds", *day, f"{n}.5"] for n, day in enumerate(self.days)
        )
        self.assertEqual(self.ask((subscription, "cpu_seconds", *JANUARY)), [first, second])
        for row, day in zip((first, second), self.days, strict=True):
            self.assertEqual(self.ask((subscription, "cpu_seconds", *day)), [row])

    def test_what_odoo_does_not_know_has_no_rows(self):
        self.assertEqual(self.ask(("nobody", "cpu_seconds", *JANUARY)), [])
        self.assertEqual(self.ask((source_id("subscription web"), "nothing", *JANUARY)), [])

    def test_malformed_keys_and_users_without_the_right_are_refused(self):
        for keys in (None, [["a"]], [["a", "b", "c", "d"]], [["a", 1, *JANUARY]], [[]] * 1001):
            with self.subTest(keys and len(keys)), self.assertRaises(UserError):
                self.wizard.usage_rows(SERVICE, keys)
        reader = self.wizard.with_user(self.make_user("reader", "group_reader"))
        with self.assertRaises(AccessError):
            reader.usage_rows(SERVICE, [])
        with self.assertRaises(AccessError):
            reader.ledger_lines(SERVICE, *WINDOW)
