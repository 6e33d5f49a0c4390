from psycopg2 import IntegrityError

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time
from odoo.tools import mute_logger

from odoo.addons.fusion_centralize_billing.tests.common import source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .readiness_common import ReadinessCase


@freeze_time(NOW)
class TestDuties(ReadinessCase):
    """The flows' account can neither say who is ready nor decide, by whatever call."""

    def test_the_importer_writes_no_readiness(self):
        link = self.link_of("Zoé")
        for user in (self.importer, self.manager):
            for values in ({"ready": True}, {"readiness": "ready"}, {"readiness_digest": "x"}):
                with self.assertRaises(AccessError):
                    link.with_user(user).write(values)
        values = {"service_id": self.service.id, "external_id": "x", "ready": True,
                  "partner_id": link.partner_id.id}  # fmt: skip
        with self.assertRaises(AccessError):
            self.env["fusion.billing.account.link"].with_user(self.manager).create(values)
        forged = self.env["fusion.billing.account.link"].with_user(self.manager)
        made = forged.with_context(default_ready=True).create(
            {name: value for name, value in values.items() if name != "ready"}
        )
        self.assertFalse(made.ready)

    def test_the_importer_records_no_decision(self):
        line = self.red()
        values = {
            "service_id": self.service.id,
            "line_id": line.id,
            "currency_id": line.currency_id.id,
            "max_amount": 5,
            "expires_on": "2026-06-30",
            "reason": "Let me through.",
        }
        controller = self.make_user("controller", "group_controller")
        for user in (self.importer, controller):
            own = self.env["fusion.billing.decision"].with_user(user)
            for call in (
                lambda own=own: own.create(values),
                lambda own=own: own.sudo().create(values),
                lambda own=own: own.create({**values, "user_id": self.manager.id}),
                lambda own=own, line=line: (
                    self.env["fusion.billing.decide"]
                    .with_user(own.env.user)
                    .create({"line_ids": [(6, 0, line.ids)], "reason": "Mine."})
                    .action_decide()
                ),
            ):
                with self.assertRaises(AccessError):
                    call()
        self.assertFalse(self.env["fusion.billing.decision"].search([]))
        self.assertFalse(self.standing("Zoé").ready)

    def test_a_decision_is_of_who_calls_and_stays_as_it_was_made(self):
        line = self.red()
        forged = {"user_id": self.importer.id, "decided_at": "2020-01-01", "figures": "any"}
        decision = self.decide_line(line, **forged)
        self.assertEqual(decision.user_id, self.manager)
        self.assertEqual(str(decision.decided_at), NOW)
        self.assertNotEqual(decision.figures, "any")
        for record in (decision, decision.sudo()):
            for call in (lambda record=record: record.write({"max_amount": 9}), record.unlink):
                with self.assertRaises(UserError):
                    call()

    @mute_logger("odoo.sql_db")
    def test_a_decision_needs_limit_expiry_and_reason(self):
        line = self.red()
        for changes, refused in (
            ({"reason": " "}, IntegrityError),
            ({"reason": False}, IntegrityError),
            ({"expires_on": False}, IntegrityError),
            ({"expires_on": "2026-02-28"}, UserError),
            ({"max_amount": -1}, IntegrityError),
        ):
            with self.subTest(changes), self.assertRaises(refused), self.env.cr.savepoint():
                self.decide_line(line, **changes)
                self.env.flush_all()

    def test_resolving_a_difference_makes_nobody_ready(self):
        line = self.red()
        line.with_user(self.manager).resolve("Looks fine.")
        self.assertFalse(self.standing("Zoé").ready)

    def test_a_manager_decides_from_the_lines_themselves(self):
        line = self.red()
        action = line.with_user(self.manager).action_decide()
        asked = self.env["fusion.billing.decide"].with_user(self.manager)
        asked = asked.with_context(**action["context"]).create({"reason": "Billed once."})
        self.assertEqual((asked.max_amount, asked.cause), (5.0, "one_off"))
        asked.action_decide()
        self.env.invalidate_all()
        self.assertEqual(line.decision_id.reason, "Billed once.")
        self.assertTrue(self.link_of("Zoé").ready)
        again = self.link_of("Zoé").with_user(self.manager).action_decide()
        self.assertEqual(again["context"]["default_customer"], source_id("user Zoé"))
        self.assertEqual(again["context"]["default_max_amount"], 5.0)
        open_lines = [("decision_id", "=", False), ("status", "!=", "match")]
        self.assertFalse(self.env["fusion.billing.reconciliation"].search(open_lines))
