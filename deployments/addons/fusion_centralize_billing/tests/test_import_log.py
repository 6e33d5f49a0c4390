from odoo.exceptions import UserError

from .common import LoadCase, make_customer

RUN = {
    "service": "nexacloud",
    "key": "run-1",
    "source": "nexacloud",
    "started_at": "2026-01-02T03:04:05-05:00",
    "url": "http://prefect.example/runs/1",
}


class TestImportLog(LoadCase):
    def setUp(self):
        super().setUp()
        self.run_id = self.wizard.start_run(RUN)
        self.import_run = self.env["fusion.billing.import.run"].browse(self.run_id)

    def test_start_twice_finds_the_same_run(self):
        self.assertEqual(self.wizard.start_run(RUN), self.run_id)
        self.assertEqual(str(self.import_run.started_at), "2026-01-02 08:04:05")

    def test_counts_are_summed_over_bundles_and_plans_that_ride_along_count_once(self):
        self.load(run="run-1", key="plans")
        self.load(make_customer("A"), run="run-1", key="1")
        self.load(make_customer("B", country_code="XX"), run="run-1", key="2")
        run = self.import_run
        self.assertEqual((run.created, run.unchanged, run.failed), (2, 0, 1))
        self.assertEqual(run.bundle_count, 3)

    def test_bundle_sent_twice_stays_counted_as_created(self):
        self.load(make_customer("A"), run="run-1")
        self.load(make_customer("A"), run="run-1")
        run = self.import_run
        self.assertEqual((run.created, run.unchanged, run.bundle_count), (1, 0, 1))

    def test_finish_keeps_the_rows_that_were_left_out(self):
        row = {
            "entity": "customer",
            "external_id": "42",
            "outcome": "quarantined",
            "code": "email_malformed",
            "message": "The address is none.",
        }
        values = {"state": "partial", "message": "1 row", "quarantined": 1, "read": 9}
        self.wizard.finish_run("run-1", {**values, "rows": [row, row]})
        self.wizard.finish_run("run-1", {**values, "rows": [row]})
        self.assertEqual(self.import_run.state, "partial")
        self.assertEqual(self.import_run.row_ids.mapped("code"), ["email_malformed"])
        shown = self.import_run.with_user(self.importer).read(["rows_read", "duration"])[0]
        self.assertEqual(shown["rows_read"], 9)
        self.assertGreater(shown["duration"], 0)

    def test_unknown_run_or_state_is_refused_in_a_sentence(self):
        with self.assertRaisesRegex(UserError, "No import run 'nope'"):
            self.load(make_customer(), run="nope")
        with self.assertRaisesRegex(UserError, "ends as done"):
            self.wizard.finish_run("run-1", {"state": "running"})
        with self.assertRaisesRegex(UserError, "needs key, service"):
            self.wizard.start_run({"key": "x"})

    def test_run_that_was_killed_is_closed_when_the_next_of_its_kind_begins(self):
        usage = self.wizard.start_run({**RUN, "key": "usage-1", "source": "nexacloud usage"})
        maps = self.env["fusion.billing.service"].create({"name": "Maps", "code": "maps"})
        other = self.wizard.start_run({**RUN, "key": "maps-1", "service": maps.code})
        self.wizard.start_run({**RUN, "key": "run-2"})
        runs = self.import_run.browse([self.run_id, usage, other])
        self.assertEqual(runs.mapped("state"), ["failed", "running", "running"])
        self.assertIn("Broken off", self.import_run.message)
        self.assertTrue(self.import_run.finished_at)

    def test_run_that_goes_on_after_all_says_itself_how_it_ended(self):
        self.wizard.start_run({**RUN, "key": "run-2"})
        self.wizard.finish_run("run-1", {"state": "done", "message": "All is well"})
        self.assertEqual((self.import_run.state, self.import_run.message), ("done", "All is well"))
        self.wizard.start_run({**RUN, "key": "run-2"})
        self.assertEqual(self.import_run.search([("key", "=", "run-2")]).state, "running")
