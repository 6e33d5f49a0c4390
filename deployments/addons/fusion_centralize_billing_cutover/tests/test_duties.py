"""Nobody is switched by one account alone, nor on evidence that is not that of now."""

import random
from contextlib import suppress
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.doors.prefect import Prefect, UnansweredError
from odoo.addons.fusion_centralize_billing.models.fusion_billing_flow_run import ADDRESS
from odoo.addons.fusion_centralize_billing.tests.common import SERVICE, source_id
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .cutover_common import BOUNDARY, CutoverCase


@freeze_time(NOW)
class TestApproval(CutoverCase):
    def cutover(self):
        return self.env["fusion.billing.cutover"].search([])

    def test_decision_is_on_record_with_its_person_note_and_evidence_and_stays(self):
        plan = self.plan_cutover(evidence={"report": "https://nexa.example/r"})
        answer = self.decide(plan)
        self.assertEqual((answer["decision"], answer["user"]), ("yes", "fc-ada"))
        self.assertEqual(answer["expires_at"], "2026-03-02T12:00:00Z")
        self.assertTrue(answer["holds"])
        approval = self.env["fusion.billing.approval"].search([])
        self.assertEqual((approval.who, approval.digest), ("Ada Controller", plan["digest"]))
        self.assertEqual(approval.cutover_id.state, "approved")
        for attempt in (lambda: approval.write({"who": "Eve"}), approval.unlink):
            with self.assertRaises(UserError):
                attempt()
        self.assertEqual(self.wizard.cutover_decision("cutover"), answer)

    def test_caller_s_clock_and_key_count_for_nothing(self):
        plan = self.plan_cutover()
        answer = self.decide(
            plan, decided_at="2030-01-01", expires_at="2040-01-01", who="Eve", key="mine"
        )
        self.assertEqual(answer["expires_at"], "2026-03-02T12:00:00Z")
        self.assertEqual((answer["who"], answer["key"]), ("Ada Controller", "cutover/1"))

    def test_flows_account_cannot_decide_nor_can_a_reader_or_a_controller(self):
        plan = self.plan_cutover()
        for user in (
            self.importer,
            self.make_user("reading", "group_reader"),
            self.make_user("controlling", "group_controller"),
            self.env.ref("base.user_root"),
        ):
            for decision in ("yes", "no"):
                with self.subTest(user.login), self.assertRaises(AccessError):
                    self.decide(plan, decision, user=user)
        self.assertEqual(self.cutover().state, "planned")

    def test_who_planned_it_does_not_approve_it_even_as_a_manager(self):
        bob = self.make_user("bob", "group_manager")
        wizard = self.wizard.with_user(bob)
        plan = wizard.cutover_plan({"service": SERVICE, "key": "cutover"})
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.decide(plan, user=bob)
        # Nor by letting another account plan it once more.
        plan = self.plan_cutover()
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.decide(plan, user=bob)
        self.assertEqual(self.decide(plan)["decision"], "yes")

    def asked_for(self, user, **values):
        return self.env["fusion.billing.flow.run"].create(
            {
                "key": f"by {user.login}",
                "service_id": self.service.id,
                "what": "cutover",
                "deployment": "cutover/nexacloud",
                "user_id": user.id,
                "asked_at": NOW,
                **values,
            }
        )

    def test_who_asked_for_it_in_odoo_does_not_approve_it_though_the_flow_planned(self):
        bob = self.make_user("bob", "group_manager")
        self.asked_for(bob, state="failed", flow_run="run-1")
        plan = self.plan_cutover(flow_run="run-1")
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.decide(plan, user=bob)
        self.assertEqual(self.decide(plan)["decision"], "yes")

    def test_flow_that_hides_whose_run_it_is_does_not_help_who_asked(self):
        bob = self.make_user("bob", "group_manager")
        self.asked_for(bob, state="waiting", flow_run="run-1")
        for told in ({}, {"flow_run": "another"}):
            plan = self.plan_cutover(**told)
            with self.assertRaisesRegex(AccessError, "somebody else"):
                self.decide(plan, user=bob)

    def test_who_asked_and_was_never_answered_does_not_approve_what_may_be_their_run(self):
        bob = self.make_user("bob", "group_manager")
        run = self.asked_for(bob, asked_at="2026-01-01 00:00:00")
        self.env["ir.config_parameter"].sudo().set_param(ADDRESS, "http://127.0.0.1:1")
        with patch.object(Prefect, "_ask", side_effect=UnansweredError("Silence.")):
            run._cron_follow()
        plan = self.plan_cutover(flow_run="the run that began late")
        with self.assertRaisesRegex(AccessError, "somebody else"):
            self.decide(plan, user=bob)

    def test_person_of_another_company_sees_no_plan_to_decide_about(self):
        plan = self.plan_cutover()
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("stranger", "group_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        with self.assertRaisesRegex(UserError, "No cutover"):
            self.decide(plan, user=stranger)

    def test_approved_plan_stays_and_a_planned_one_follows_the_facts(self):
        before = self.plan_cutover()
        self.cycle(2)
        with self.assertRaisesRegex(UserError, "changed since"):
            self.decide(before)
        after = self.plan_cutover()
        self.assertNotEqual(before["digest"], after["digest"])
        with self.assertRaisesRegex(UserError, "not the plan's any more"):
            self.decide(before)
        self.decide(after)
        self.cycle(2, reasons=["No."])
        again = self.plan_cutover()
        self.assertEqual((again["digest"], again["state"]), (after["digest"], "approved"))

    def test_yes_to_yesterday_s_evidence_is_refused(self):
        plan = self.plan_cutover()
        with freeze_time("2026-03-02 12:00:00"), self.assertRaisesRegex(UserError, "a day ago"):
            self.decide(plan)
        self.assertEqual(self.cutover().state, "planned")

    def test_yes_needs_a_gate_that_holds(self):
        plan = self.plan_cutover()
        for values in ({"decision": "maybe"}, {"digest": "0"}, {"digest": None}):
            with self.subTest(values), self.assertRaises(UserError):
                self.decide(plan, **{"decision": "yes", **values})
        self.cycle(2, reasons=["No."])
        plan = self.plan_cutover()
        with self.assertRaisesRegex(UserError, "gate"):
            self.decide(plan)
        self.assertEqual(self.decide(plan, "no")["decision"], "no")
        self.assertEqual(self.cutover().state, "refused")

    def test_what_the_flow_asks_for_less_of_is_waived_by_the_approver_with_a_reason(self):
        plan = self.plan_cutover(requirements={"stripe_ids": False, "green_cycles": 1})
        self.assertEqual(plan["waivers"], ["green_cycles", "stripe_ids"])
        for values in ({}, {"waive": ["stripe_ids"]}, {"waive": plan["waivers"], "note": " "}):
            with self.subTest(values), self.assertRaisesRegex(UserError, "waive"):
                self.decide(plan, **values)
        answer = self.decide(plan, waive=plan["waivers"], note="They pay by transfer.")
        self.assertEqual(answer["waived"], ["green_cycles = 1", "stripe_ids = False"])

    def test_stricter_than_usual_is_no_waiver(self):
        self.assertEqual(self.plan_cutover(requirements={"green_cycles": 3})["waivers"], [])

    def test_in_odoo_a_manager_decides_with_a_button(self):
        plan = self.plan_cutover(requirements={"stripe_ids": False})
        action = self.cutover().with_user(self.ada).action_decide()
        dialog = self.env[action["res_model"]].with_user(self.ada)
        dialog = dialog.with_context(**action["context"])
        with self.assertRaisesRegex(UserError, "waive"):
            dialog.create({"note": "Yes."}).action_approve()
        dialog.create({"note": "By transfer.", "is_waived": True}).action_approve()
        self.assertEqual(self.cutover().state, "approved")
        self.assertEqual(self.cutover().approval_ids.digest, plan["digest"])
        with self.assertRaises(AccessError):
            self.env[action["res_model"]].with_user(self.importer).create({})

    def test_nobody_is_switched_without_an_approval_that_holds(self):
        plan = self.plan_cutover()
        with self.assertRaisesRegex(UserError, "Nobody has approved"):
            self.switch(self.cutover(), "Zoé")
        self.decide(plan)
        with freeze_time("2026-03-02 12:00:00"), self.assertRaisesRegex(UserError, "expired"):
            self.switch(self.cutover(), "Zoé")
        with self.assertRaisesRegex(UserError, "Nobody has approved"):
            self.switch(self.cutover(), "Zoé", approval="another")
        self.decide(plan, "no")
        with self.assertRaisesRegex(UserError, "against"):
            self.switch(self.cutover(), "Zoé", approval="cutover/1")
        self.assertTrue(self.order().x_fc_shadow)


@freeze_time(NOW)
class TestImporterAlone(CutoverCase):
    """The flows' account, in other hands: whatever it calls in whatever order, nobody is live."""

    MODELS = (
        "fusion.billing.cutover",
        "fusion.billing.cutover.customer",
        "fusion.billing.approval",
        "fusion.billing.cutover.move",
        "fusion.billing.cycle",
        "fusion.billing.cycle.customer",
        "fusion.billing.decision",
        "fusion.billing.reconciliation",
        "fusion.billing.opening.credit",
        "fusion.billing.import.run",
        "fusion.billing.import.row",
        "fusion.billing.service",
        "fusion.billing.account.link",
        "fusion.billing.flow.run",
    )

    def attempts(self, plan):
        """Yield calls that could open a way out of the shadow."""
        wizard, key = self.wizard, plan["cutover"]
        user = self.importer
        customers = [source_id("user Zoé"), source_id("user Max")]
        until = {source_id(f"subscription {name}"): BOUNDARY for name in ("web", "db", "api")}
        bundle = {"cutover": key, "key": "b", "customers": customers, "billed_until": until}
        yes = {"cutover": key, "digest": plan["digest"], "decision": "yes", "note": "Yes."}
        yield lambda: wizard.approve(yes)
        yield lambda: wizard.approve({**yes, "who": "Ada Controller", "user": self.ada.id})
        yield lambda: wizard.with_context(uid=self.ada.id).approve(yes)
        yield lambda: wizard.cutover_bundle(bundle)
        yield lambda: wizard.cutover_bundle({**bundle, "approval": f"{key}/1"})
        yield lambda: wizard.finish_cutover(key)
        yield lambda: wizard.cutover_plan({"service": SERVICE, "key": key, "state": "approved"})
        yield (
            lambda: (
                self.env["fusion.billing.cutover.decide"]
                .with_user(user)
                .create({"cutover_id": self.env["fusion.billing.cutover"].search([]).id})
            )
        )
        for model in self.MODELS:
            records = self.env[model].with_user(user).search([])
            field = "state" if model.endswith("cutover") else "create_uid"
            yield lambda records=records, field=field: records.write({field: "approved"})
            yield lambda records=records: records.copy()
            yield lambda records=records: records.create({})
        service = self.service.with_user(user)
        yield lambda: service.write({"phase": "live"})
        link = self.link().with_user(user)
        yield lambda: link.write({"billing_state": "live"})
        order = self.order().with_user(user)
        yield lambda: order.write({"x_fc_shadow": False})
        yield order.action_confirm
        yield lambda: order._release_from_shadow()

    def test_no_sequence_of_calls_switches_anybody(self):
        plan = self.plan_cutover()
        for _twice in range(2):
            for attempt in self.attempts(plan):
                with suppress(AccessError, UserError), self.env.cr.savepoint():
                    attempt()
                self.env.invalidate_all()
        links = self.env["fusion.billing.account.link"].search([])
        self.assertEqual(set(links.mapped("billing_state")), {"shadow"})
        self.assertEqual({self.order(one).state for one in ("web", "db", "api")}, {"draft"})
        self.assertEqual(self.env["fusion.billing.approval"].search_count([]), 0)
        self.assertEqual(self.service.phase, "dual_run")

    def test_no_public_method_in_any_order_switches_anybody(self):
        plan = self.plan_cutover()
        customers = [source_id("user Zoé"), source_id("user Max")]
        until = {source_id(f"subscription {name}"): BOUNDARY for name in ("web", "db", "api")}
        values = {
            "service": SERVICE,
            "cutover": plan["cutover"],
            "key": plan["cutover"],
            "approval": f"{plan['cutover']}/1",
            "digest": plan["digest"],
            "decision": "yes",
            "waive": [],
            "note": "Yes.",
            "who": "Ada Controller",
            "reason": "Because.",
            "customers": customers,
            "billed_until": until,
            "billed": self.billed(),
            "state": "done",
        }
        shapes = ((), (SERVICE,), (plan["cutover"],), (values,), (SERVICE, customers))
        calls = [
            (records, name, shape)
            for model in (*self.MODELS, "sale.order", "fusion.billing.import.wizard")
            for records in [self.env[model].with_user(self.importer)]
            for name in self.public_methods(records)
            for shape in shapes
        ]
        self.assertGreater(len(calls), 100)
        for seed in range(2):
            random.Random(seed).shuffle(calls)
            for records, name, shape in calls:
                found = records.search([], limit=5) if records._abstract is False else records
                # What cannot be called so is refused in its own way.
                with suppress(Exception), self.env.cr.savepoint():
                    getattr(found, name)(*shape)
                self.env.invalidate_all()
        links = self.env["fusion.billing.account.link"].search([])
        self.assertEqual(set(links.mapped("billing_state")), {"shadow"})
        self.assertFalse(self.env["fusion.billing.approval"].search_count([]))
        live = [("state", "=", "sale"), ("x_fc_service_id", "=", self.service.id)]
        self.assertFalse(self.env["sale.order"].search_count(live))
        self.assertNotIn(self.service.phase, ("cutover", "live"))

    def public_methods(self, records):
        """Return the names that our addons let anybody call of a model."""
        names = {
            name
            for cls in type(records).mro()
            if cls.__module__.startswith("odoo.addons.fusion_")
            for name, value in vars(cls).items()
            if callable(value) and not name.startswith("_")
        }
        return sorted(names)

    def test_phase_moves_through_the_doors_alone_for_a_manager_too(self):
        service = self.service.with_user(self.ada)
        for phase in ("shadow", "dual_run", "cutover", "live"):
            with self.subTest(phase), self.assertRaises(AccessError):
                service.write({"phase": phase})
        for context in ({}, {"default_phase": "cutover"}):
            values = {"name": "New", "code": "new", **({} if context else {"phase": "dual_run"})}
            with self.subTest(context), self.assertRaises(AccessError):
                service.with_context(**context).create(values)
        self.assertEqual(service.create({"name": "New", "code": "new"}).phase, "shadow")
