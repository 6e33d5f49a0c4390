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

    def cycle(self, month, **changes):
        """Record the dual run of one month of the winter 2025/26."""
        year, after = (2025, month + 1) if month > 2 else (2026, month + 1)
        until = f"{year + after // 13}-{after % 12 or 12:02}-01T00:00:00Z"
        figures = {"lines": 1000, "matched": 995, "unexplained": "0", "odoo_total": "49.00"}
        values = {
            "service": SERVICE,
            "key": f"cycle {month}",
            "period_from": f"{year}-{month:02}-01T00:00:00Z",
            "period_to": until,
            "green": True,
            "reasons": [],
            "figures": figures,
            "links": [["Report", "https://nexa.example/report"]],
            **changes,
        }
        return self.wizard.record_cycle(values)

    def check(self, *names, **requirements):
        chosen = [source_id(f"user {name}") for name in names] or None
        return self.wizard.cutover_check(SERVICE, chosen, requirements or None)

    def broken(self, *names, **requirements):
        """Return the gates that do not hold."""
        answer = self.check(*names, **requirements)
        failed = {gate["gate"]: gate for gate in answer["gates"] if not gate["ok"]}
        self.assertEqual(answer["ok"], not failed)
        return failed

    def plan_cutover(self, *names, key="cutover", **values):
        chosen = [source_id(f"user {name}") for name in names] or None
        answer = self.wizard.cutover_plan(
            {"service": SERVICE, "key": key, "customers": chosen, **values}
        )
        self.env.invalidate_all()
        return answer

    def decide(self, plan, decision="yes", **values):
        count = self.env["fusion.billing.approval"].search_count([])
        answer = self.wizard.record_approval(
            {
                "cutover": plan["cutover"],
                "key": f"decision {count}",
                "digest": plan["digest"],
                "decision": decision,
                "who": "Ada Controller",
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
                "approval": cutover.approval_ids[:1].key,
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
