from decimal import Decimal
from unittest.mock import patch

from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    make_customer,
    make_order,
    source_id,
)
from odoo.addons.fusion_centralize_billing_cards.tests.cards_common import enable_stripe, load_cards
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW, UsageCase

# Order "web" is billed by the old side until then; midnight in Toronto is 5:00 in UTC.
BOUNDARY = "2026-02-14"


@freeze_time(NOW)
class CutoverCase(UsageCase):
    """A service after three green cycles: "Zoé" holds "web", "Max" holds "db" and "api"."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.ada = cls.make_user("ada", "group_manager")
        cls.ada.name = "Ada Controller"

    def setUp(self):
        super().setUp()
        # Stripe has not settled it yet: neither paid nor refused.
        transactions = self.env.registry["payment.transaction"]
        charge = patch.object(transactions, "_send_payment_request", lambda one: one._set_pending())
        charge.start()
        self.addCleanup(charge.stop)
        self.max = make_customer("Max", [make_order("db"), make_order("api")])
        self.load(self.max)
        self.import_run()
        for number in (11, 12, 1):
            self.cycle(number)

    def load(self, *customers, **changes):
        """Load, and bring the cards of whoever has none yet."""
        answer = super().load(*customers, **changes)
        self.bring_cards()
        return answer

    def bring_cards(self, **changes):
        """Bring a card for each account that has a Stripe customer."""
        enable_stripe(self.env, self.service.company_id)
        links = self.env["fusion.billing.account.link"].search(
            [("service_id", "=", self.service.id), ("stripe_customer_id", "!=", False)]
        )
        rows = load_cards(self.wizard, links, **changes)["rows"]
        self.assertFalse([row for row in rows if row["outcome"] == "failed"])
        self.env.flush_all()
        self.env.invalidate_all()

    def import_run(self, key="import", rows=(), state="done"):
        started = f"2026-02-2{self.env['fusion.billing.import.run'].search_count([])}T00:00:00Z"
        values = {"service": SERVICE, "key": key, "started_at": started, "source": "nexacloud"}
        self.wizard.start_run(values)
        self.wizard.finish_run(key, {"state": state, "rows": list(rows)})

    def cycle(self, month, rows=None, **changes):
        """Record the dual run of one month of the winter 2025/26, in which all agree."""
        year, after = (2025, month + 1) if month > 2 else (2026, month + 1)
        until = f"{year + after // 13}-{after % 12 or 12:02}-01T00:00:00Z"
        rows = [self.compared("Zoé"), self.compared("Max")] if rows is None else rows
        lines = sum(one["lines"] for row in rows for one in row["sums"])
        values = {
            "service": SERVICE,
            "key": f"cycle {month}",
            "period_from": f"{year}-{month:02}-01T00:00:00Z",
            "period_to": until,
            "reasons": [],
            "figures": {"lines": lines, "odoo_total": "49.00"},
            "links": [["Report", "https://nexa.example/report"]],
            "customers": rows,
            **changes,
        }
        return self.wizard.record_cycle(values)

    def compare_long_periods(self):
        """Record January anew, with the prices by more than a month that a dual run looks at."""
        january = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
        rows = {source_id(f"user {name}"): self.compared(name) for name in ("Zoé", "Max")}
        page = self.wizard.long_period_lines(SERVICE, *january)
        for cells in page["rows"]:
            line = dict(zip(page["columns"], cells, strict=True))
            row = rows.setdefault(
                line["customer"], {**self.compared("Zoé"), "customer": line["customer"]}
            )
            row.setdefault("long_periods", []).append([line["subscription"], line["period_start"]])
        self.cycle(1, list(rows.values()), key="with long periods")
        return page["rows"]

    def compared(self, name, lines=2, differing=0, wrong_side="open", **changes):
        """Return what a customer's lines came to: so many settled, and so many differing."""
        amounts = {"billed": "49.00", "expected": "49.00", "odoo": "49.00"}
        sums = [{"outcome": "match", "wrong_side": "", "lines": lines, **amounts}]
        if differing:
            sums.append(
                {"outcome": "delta", "wrong_side": wrong_side, "lines": differing, **amounts}
            )
        return {
            "customer": source_id(f"user {name}"),
            "currency": self.currency,
            "sums": sums,
            **changes,
        }

    def difference(self, name, delta="-5.00", cause="one_off", wrong_side="billed", **changes):
        """Return a row of a reconciliation of January on which the sides do not agree."""
        external = Decimal("49.00")
        return {
            "customer": source_id(f"user {name}"),
            "subscription": "",
            "item": "one-off:setup",
            "period_start": "2026-01-14T05:00:00Z",
            "period_end": "2026-02-14T05:00:00Z",
            "outcome": "delta",
            "odoo_amount": str(external + Decimal(delta)),
            "external_amount": str(external),
            "delta": str(Decimal(delta)),
            "currency": self.currency,
            "cause": cause,
            "wrong_side": wrong_side,
            "evidence": "",
            "ref": f"{name} {cause}",
            "origin": "nexacloud",
            **changes,
        }

    def differ(self, *rows, month=1, key="r1"):
        """Load these differences as all that a reconciliation of the month found; return them."""
        self.wizard.load_reconciliation(
            {
                "format": 1,
                "service": SERVICE,
                "run": key,
                "key": "1",
                "dry_run": False,
                "rows": list(rows),
                "final": True,
                "period_from": f"2026-{month:02}-01T00:00:00Z",
                "period_to": f"2026-{month + 1:02}-01T00:00:00Z",
                "matched": 0,
            }
        )
        self.env.invalidate_all()
        return self.env["fusion.billing.reconciliation"].search([("run_id.key", "=", key)])

    def billed(self):
        """Return what the old side bills: every subscription that ever had a shadow."""
        orders = self.env["sale.order"].search(
            [("x_fc_service_id", "=", self.service.id), ("x_fc_terminated_at", "=", False)]
        )
        billed = {}
        for order in orders:
            theirs = billed.setdefault(order.x_fc_account_link_id.external_id, {})
            theirs[order._fc_public_id()] = ""
        return billed

    def check(self, *names, billed=None, **requirements):
        chosen = [source_id(f"user {name}") for name in names] or None
        billed = self.billed() if billed is None else billed
        return self.wizard.cutover_check(SERVICE, chosen, requirements or None, billed)

    def broken(self, *names, **requirements):
        """Return the gates that do not hold."""
        answer = self.check(*names, **requirements)
        failed = {gate["gate"]: gate for gate in answer["gates"] if not gate["ok"]}
        self.assertEqual(answer["ok"], not failed)
        return failed

    def waiting(self, *names, **options):
        """Return the codes of what keeps customers back, by the account's id."""
        wave = self.check(*names, **options)["wave"]
        return {row["customer"]: row["codes"] for row in wave if not row["ready"]}

    def plan_cutover(self, *names, key="cutover", **values):
        chosen = [source_id(f"user {name}") for name in names] or None
        given = {"service": SERVICE, "key": key, "customers": chosen, "billed": self.billed()}
        answer = self.wizard.cutover_plan({**given, **values})
        self.env.invalidate_all()
        return answer

    def decide(self, plan, decision="yes", user=None, **values):
        """Decide as a second person, who has not planned it."""
        wizard = self.env["fusion.billing.import.wizard"].with_user(user or self.ada)
        answer = wizard.approve(
            {
                "cutover": plan["cutover"],
                "digest": plan["digest"],
                "decision": decision,
                "note": "Looked at all of it.",
                **values,
            }
        )
        self.env.invalidate_all()
        return answer

    def approve(self, *names, key="cutover"):
        plan = self.plan_cutover(*names, key=key)
        self.assertTrue(plan["ok"], [gate for gate in plan["gates"] if not gate["ok"]])
        self.decide(plan)
        return self.env["fusion.billing.cutover"].search([("key", "=", key)])

    def switch(self, cutover, *names, billed_until=None, **changes):
        """Switch customers and return their rows by name, with the whole answer."""
        until = {source_id(f"subscription {name}"): BOUNDARY for name in ("web", "db", "api")}
        answer = self.wizard.cutover_bundle(
            {
                "cutover": cutover.key,
                "key": "bundle",
                "customers": [source_id(f"user {name}") for name in names],
                "billed_until": until | (billed_until or {}),
                **changes,
            }
        )
        self.env.invalidate_all()
        return dict(zip(names, answer["rows"], strict=True)), answer

    def roll_back(self, *names, **changes):
        answer = self.wizard.rollback_bundle(
            {
                "service": SERVICE,
                "key": "back",
                "customers": [source_id(f"user {name}") for name in names],
                "who": "Ada Controller",
                "reason": "Wrong price.",
                **changes,
            }
        )
        self.env.invalidate_all()
        return dict(zip(names, answer["rows"], strict=True))

    def outcome(self, row):
        return row["outcome"], row["code"]

    def charges(self):
        return self.env["fusion.billing.charge"].search([])
