from odoo.exceptions import AccessError, UserError

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    LoadCase,
    make_customer,
    make_order,
    source_id,
)

WINDOW = {"period_from": "2026-01-01T00:00:00Z", "period_to": "2026-02-01T00:00:00Z"}


class TestReconciliation(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.controller = cls.make_user("controller", "group_controller")

    def setUp(self):
        super().setUp()
        self.load(make_customer(orders=[make_order()]))

    def row(self, **changes):
        return {
            "customer": source_id("user Zoé"),
            "subscription": source_id("subscription web"),
            "item": "usage:cpu_seconds",
            "period_start": "2026-01-14T05:00:00Z",
            "period_end": "2026-02-14T05:00:00Z",
            "outcome": "delta",
            "odoo_amount": "0.84375",
            "external_amount": "1.13",
            "delta": "-0.28625",
            "currency": self.currency,
            "cause": "rate_rounded_to_cents",
            "evidence": "112.50 x 0.01 = 1.125",
            "ref": "LAGO-1",
            "origin": "lago",
            **changes,
        }

    def reconcile(self, *rows, run="r1", **changes):
        batch = {"format": 1, "service": SERVICE, "run": run, "key": "1", "dry_run": False}
        answer = self.wizard.load_reconciliation({**batch, "rows": list(rows), **changes})
        self.env.invalidate_all()
        return answer

    def lines(self):
        return self.env["fusion.billing.reconciliation"].search([])

    def test_difference_is_stored_exactly_with_its_contact_order_and_cause_in_words(self):
        answer = self.reconcile(self.row())
        self.assertEqual((answer["created"], answer["outcomes"]), (1, ["created"]))
        line = self.lines()
        self.assertEqual(
            (line.partner_id, line.subscription_id), (self.link().partner_id, self.order())
        )
        self.assertEqual((line.odoo_amount, line.delta), (0.84375, -0.28625))
        self.assertEqual((line.status, line.cause_name), ("delta", "Rate rounded to cents"))
        self.env.cr.execute("SELECT odoo_amount::text FROM fusion_billing_reconciliation")
        self.assertEqual(self.env.cr.fetchall(), [("0.84375",)])

    def test_what_was_due_and_which_side_is_wrong_are_kept_and_unknown_is_not_zero(self):
        known = self.row(expected_amount="1.13", wrong_side="copy", odoo_tax_rate="0",
                         external_tax_rate="14.975")  # fmt: skip
        unknown = self.row(item="one-off:setup", expected_amount=None)
        agreed = self.row(item="flat", outcome="match", delta="0", odoo_amount="1.13",
                          wrong_side="terms", expected_amount="2")  # fmt: skip
        self.reconcile(known, unknown, agreed)
        lines = {line.item: line for line in self.lines()}
        copied, loose, flat = (lines[i] for i in ("usage:cpu_seconds", "one-off:setup", "flat"))
        self.assertEqual((copied.expected_amount, copied.wrong_side), (1.13, "copy"))
        self.assertEqual((copied.external_tax_rate, copied.odoo_tax_rate), ("14.975", "0"))
        self.assertEqual((loose.expected_known, loose.wrong_side), (False, "open"))
        self.assertEqual((flat.status, flat.expected_known), ("delta", True))
        self.env.cr.execute(
            "SELECT count(*) FROM fusion_billing_reconciliation WHERE expected_amount IS NULL"
        )
        self.assertEqual(self.env.cr.fetchall(), [(1,)])
        self.reconcile(known | {"wrong_side": ""}, unknown, agreed)
        self.assertEqual((copied.status, copied.wrong_side), ("match", False))

    def test_lines_of_before_the_terms_were_asked_are_open(self):
        agreed = self.row(item="flat", outcome="match", delta="0", odoo_amount="1.13")
        self.reconcile(self.row(), agreed)
        self.env.cr.execute("UPDATE fusion_billing_reconciliation SET wrong_side = NULL")
        self.env["fusion.billing.reconciliation"]._init_column("wrong_side")
        self.env.invalidate_all()
        found = {line.item: line.wrong_side for line in self.lines()}
        self.assertEqual(found, {"usage:cpu_seconds": "open", "flat": False})

    def test_same_lines_again_change_nothing_whatever_the_run(self):
        self.reconcile(self.row())
        answer = self.reconcile(self.row(), run="r2")
        self.assertEqual(answer["unchanged"], 1)
        self.assertEqual((len(self.lines()), self.lines().run_id.key), (1, "r2"))
        self.assertFalse(self.lines().trail_ids)

    def test_other_figures_replace_and_leave_a_trail(self):
        self.reconcile(self.row())
        changed = self.row(external_amount="1.14", delta="-0.29625", cause="unexplained")
        self.assertEqual(self.reconcile(changed, run="r2")["updated"], 1)
        line = self.lines()
        self.assertEqual((line.external_amount, line.cause), (1.14, "unexplained"))
        self.assertEqual((line.trail_ids.kind, line.trail_ids.external_amount), ("changed", 1.13))

    def test_resolved_line_stays_resolved_until_its_figures_change(self):
        self.reconcile(self.row())
        self.lines().with_user(self.controller).resolve(" Known: fixed in March. ")
        self.reconcile(self.row(), run="r2")
        self.reconcile(self.row(cause="rounding", evidence="seen"), run="r3")
        line = self.lines()
        self.assertEqual((line.status, line.note), ("resolved", "Known: fixed in March."))
        self.assertEqual((line.resolved_by, line.cause), (self.controller, "rounding"))
        answer = self.reconcile(self.row(external_amount="2", delta="-1.15625"), run="r4")
        self.assertEqual((answer["reopened"], answer["rows"][0]["code"]), (1, "reopened"))
        self.assertEqual((line.status, line.resolved_by.id), ("delta", False))
        self.assertEqual(line.trail_ids.mapped("kind"), ["reopened", "changed", "resolved"])
        self.assertEqual(line.trail_ids[0].note, "Known: fixed in March.")
        self.assertEqual(line.trail_ids[2].user_id, self.controller)

    def test_a_long_period_settles_its_prices_that_the_run_did_not_name(self):
        prices = {"outcome": "missing_in_external", "external_amount": "0", "cause": "unexplained"}
        flat = self.row(item="flat", odoo_amount="490", delta="490", **prices)
        addon = self.row(item="addon:Backup", odoo_amount="60", delta="60", **prices)
        later = {"period_start": "2026-01-20T05:00:00Z", "period_end": "2026-02-20T05:00:00Z"}
        self.reconcile(flat, addon, self.row(), {**flat, **later})
        # The sides' periods may begin some days apart.
        period = [source_id("subscription web"), "2026-01-13T05:00:00Z"]
        answer = self.reconcile(addon, run="r2", long_periods=[period])
        self.assertEqual((answer["unchanged"], answer["settled"]), (1, 1))
        status = {(line.item, str(line.period)): line.status for line in self.lines()}
        self.assertEqual(
            status,
            {
                ("flat", "2026-01-14"): "match",
                ("flat", "2026-01-20"): "delta",
                ("addon:Backup", "2026-01-14"): "delta",
                ("usage:cpu_seconds", "2026-01-14"): "delta",
            },
        )

    def test_last_batch_settles_what_the_run_did_not_name_within_its_time(self):
        other = self.row(item="flat", outcome="missing_in_external", odoo_amount="49",
                         external_amount="0", delta="49", cause="unexplained")  # fmt: skip
        later = {"period_start": "2026-02-14T05:00:00Z", "period_end": "2026-03-14T04:00:00Z"}
        self.reconcile(self.row(), other, self.row(**later))
        answer = self.reconcile(
            other, run="r2", final=True, matched=7, totals={"odoo": "49.00"}, **WINDOW
        )
        self.assertEqual((answer["unchanged"], answer["settled"]), (1, 1))
        status = {(line.item, str(line.period)): line.status for line in self.lines()}
        self.assertEqual(
            status,
            {
                ("usage:cpu_seconds", "2026-01-14"): "match",
                ("flat", "2026-01-14"): "delta",
                ("usage:cpu_seconds", "2026-02-14"): "delta",
            },
        )
        run = self.env["fusion.billing.reconciliation.run"].search([("key", "=", "r2")])
        self.assertEqual((run.matched, run.differences, run.unexplained), (7, 1, 1))
        self.assertEqual((run.state, run.match_rate), ("done", 0.875))
        again = self.reconcile(other, run="r2", final=True, matched=7, **WINDOW)
        self.assertEqual((again["unchanged"], again["settled"]), (1, 0))

    def test_run_over_several_services_is_on_record_for_each(self):
        self.env["fusion.billing.service"].create({"name": "Other", "code": "other"})
        self.reconcile(self.row(), final=True, matched=7, **WINDOW)
        self.reconcile(final=True, matched=2, service="other", **WINDOW)
        runs = self.env["fusion.billing.reconciliation.run"].search([("key", "=", "r1")])
        found = {run.service_id.code: (run.matched, run.differences) for run in runs}
        self.assertEqual(found, {SERVICE: (7, 1), "other": (2, 0)})

    def test_lines_without_a_subscription_are_told_apart_by_their_reference(self):
        loose = {"subscription": "", "item": "one-off:setup", "cause": "one_off"}
        rows = [self.row(ref=ref, **loose) for ref in ("A", "B")]
        rows.append(self.row(customer="unknown", ref="A", **loose))
        self.assertEqual(self.reconcile(*rows)["created"], 3)
        self.assertEqual(self.reconcile(*rows)["unchanged"], 3)
        self.assertEqual(len(self.lines().partner_id), 1)

    def test_lines_of_two_customers_or_currencies_under_one_subscription_are_two(self):
        euro = self.env["res.currency"].search([("name", "!=", self.currency)], limit=1)
        rows = [self.row(), self.row(customer="heir"), self.row(currency=euro.name)]
        self.assertEqual(self.reconcile(*rows)["outcomes"], ["created"] * 3)
        self.assertEqual(self.reconcile(*rows)["unchanged"], 3)

    def test_bad_rows_fail_alone_and_bad_batches_as_a_whole(self):
        bad = [
            self.row(delta="1"),
            self.row(odoo_amount="NaN"),
            self.row(outcome="odd"),
            self.row(item=""),
            self.row(wrong_side="theirs"),
            self.row(expected_amount="NaN"),
            self.row(odoo_tax_rate=13),
            self.row(evidence="\0"),
            self.row(period_start="soon"),
            self.row(currency="XXX", item="flat"),
            self.row(),
            self.row(),
        ]
        answer = self.reconcile(*bad)
        self.assertEqual((answer["created"], answer["failed"]), (1, 11))
        self.assertEqual(
            {row["code"] for row in answer["rows"]},
            {"invalid_value", "period_invalid", "unknown_currency", "duplicate_key"},
        )
        for changes in ({"format": 2}, {"run": None}, {"final": True}, {"rows": [1]}):
            with self.subTest(changes), self.assertRaises(UserError):
                self.reconcile(**changes)
        self.assertEqual(self.reconcile(self.row(), service="nobody")["failed"], 1)

    def test_dry_run_stores_nothing(self):
        self.assertEqual(self.reconcile(self.row(), dry_run=True)["created"], 1)
        self.assertFalse(self.lines())
        self.assertFalse(self.env["fusion.billing.reconciliation.run"].search([]))

    def test_only_a_controller_resolves_and_nobody_rewrites(self):
        self.reconcile(self.row())
        reader = self.make_user("reader", "group_reader")
        for user in (reader, self.importer):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.lines().with_user(user).resolve("no")
        admin = self.env.ref("base.user_admin")
        for user in (self.controller, admin):
            with self.subTest(user.login), self.assertRaises(AccessError):
                self.lines().with_user(user).write({"delta": 0})
        line = self.lines().with_user(self.controller)
        with self.assertRaises(UserError):
            line.resolve("  ")
        action = line.action_resolve()
        wizard = self.env[action["res_model"]].with_user(self.controller)
        wizard.with_context(**action["context"]).create({"note": "Fine."}).action_resolve()
        self.assertEqual((line.status, line.resolved_by), ("resolved", self.controller))
        line.action_reopen()
        self.assertEqual(line.status, "delta")
        with self.assertRaises(AccessError):
            self.wizard.with_user(reader).load_reconciliation({})

    def test_lines_of_another_company_are_out_of_sight(self):
        self.reconcile(self.row())
        company = self.env["res.company"].create({"name": "Other company"})
        stranger = self.make_user("stranger", "group_controller")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        self.assertFalse(self.lines().with_user(stranger).search([]))
        with self.assertRaises(AccessError):
            self.lines().with_user(stranger).resolve("mine")
