from odoo.exceptions import UserError
from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import SERVICE
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import NOW

from .readiness_common import ReadinessCase


@freeze_time(NOW)
class TestRecording(ReadinessCase):
    def verdict(self, **changes):
        key = changes.setdefault("key", "late")
        self.cycle(1, [], final=False, figures={"lines": 4}, **changes)
        named = {"service": SERVICE, "key": key}
        for name in ("Zoé", "Max"):
            page = [self.compared(name)]
            self.wizard.record_cycle_customers({**named, "rows": page})
            self.wizard.record_cycle_customers({**named, "rows": page})
        return self.wizard.close_cycle(named)

    def test_pages_sent_twice_count_once_and_a_closed_cycle_answers_the_same(self):
        told = self.verdict()
        self.assertEqual((told["green"], told["figures"]["lines"]), (True, 4))
        self.assertEqual(self.verdict(), told)
        with self.assertRaisesRegex(UserError, "other contents"):
            page = [self.compared("Zoé", lines=3)]
            self.wizard.record_cycle_customers({"service": SERVICE, "key": "late", "rows": page})

    def test_a_recording_that_broke_off_is_sent_anew_and_counts_for_nothing_until_closed(self):
        self.cycle(2, [], key="killed", final=False, figures={"lines": 9})
        self.assertEqual(len(self.wizard.cycles(SERVICE)), 3)
        named = {"service": SERVICE, "key": "killed"}
        self.wizard.record_cycle_customers({**named, "rows": [self.compared("Zoé", lines=9)]})
        self.cycle(2, [], key="killed", final=False, figures={"lines": 2})
        self.wizard.record_cycle_customers({**named, "rows": [self.compared("Max")]})
        self.assertTrue(self.wizard.close_cycle(named)["green"])
        self.assertEqual(len(self.wizard.cycles(SERVICE)), 4)

    def test_the_word_of_the_caller_makes_no_cycle_green(self):
        for changes, said in (
            ({"figures": {"lines": 9}, "green": True}, "9 lines were compared"),
            ({"rows": [self.compared("Zoé", differing=1)], "green": True}, "Not all differences"),
            ({"rows": [], "figures": {}, "green": True}, "nothing to reconcile"),
            ({"green": False}, "says that it is not green"),
        ):
            with self.subTest(said):
                self.cycle(1, key=said, **changes)
                row = self.wizard.cycles(SERVICE, 1)[0]
                self.assertFalse(row["green"])
                self.assertIn(said, " ".join(row["reasons"]))

    def test_links_that_no_screen_could_show_are_refused(self):
        for links in ("https://nexa.example", [["Report"]], [["Report", None]], {"Report": "x"}):
            with self.subTest(links), self.assertRaisesRegex(UserError, "pairs of texts"):
                self.cycle(1, key="links", links=links)

    def test_who_is_said_to_differ_more_than_is_stored_is_not_ready(self):
        self.decide_line(self.differ(self.difference("Zoé")))
        self.cycle(1, [self.compared("Zoé", differing=2), self.compared("Max")])
        self.assertFalse(self.wizard.cycles(SERVICE, 1)[0]["green"])
        self.assertIn("Not all of their differences", self.standing("Zoé").readiness_reasons)
        self.assertTrue(self.link_of("Max").ready)

    def test_a_cycle_with_differences_is_green_once_all_of_them_are_decided(self):
        line = self.red()
        self.assertFalse(self.wizard.cycles(SERVICE, 1)[0]["green"])
        self.decide_line(line)
        self.cycle(1, [self.compared("Zoé", differing=1)], key="again")
        row = self.wizard.cycles(SERVICE, 1)[0]
        self.assertEqual((row["green"], row["decided"]), (True, 1))

    def test_nobody_changes_or_deletes_what_is_recorded(self):
        cycle = self.env["fusion.billing.cycle"].search([], limit=1)
        for user in (self.importer, self.manager, self.env.user):
            own = cycle.with_user(user)
            for record in (own, own.customer_ids[:1]):
                with self.assertRaises(UserError):
                    record.write({"company_id": 1})
                with self.assertRaises(UserError):
                    record.unlink()
        for record in (cycle.sudo(), cycle.customer_ids.sudo()[:1]):
            with self.assertRaises(UserError):
                record.write({"service_id": self.service.id})
            with self.assertRaises(UserError):
                record.unlink()
