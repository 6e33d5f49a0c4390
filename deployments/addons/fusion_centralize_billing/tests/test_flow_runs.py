"""What is started from Odoo: by whom, where it goes, and what is said when it does not."""

import json
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from unittest.mock import patch

from odoo.exceptions import AccessError, UserError, ValidationError

from ..doors import prefect
from ..models.fusion_billing_flow_run import ADDRESS, LOGIN
from .common import LoadCase
from .scheduled import uncommitted

SECRET = "admin:never-to-be-seen"
RUN = "0b8fd0a1-2c22-4a5e-8f1a-6f2f8a1a9c01"


class _Answers(BaseHTTPRequestHandler):
    def answer(self):
        size = int(self.headers.get("content-length") or 0)
        body = json.loads(self.rfile.read(size) or "null")
        self.server.asked.append((self.command, self.path, self.headers.get("Authorization"), body))
        status, content = self.server.answers.get(self.command, (200, {}))
        self.send_response(status)
        if status == 302:
            self.send_header("Location", "/elsewhere")
        self.end_headers()
        self.wfile.write(content if isinstance(content, bytes) else json.dumps(content).encode())

    do_GET = do_POST = answer  # noqa: N815 (the names that http.server calls)

    def log_message(self, *_words):
        pass


class TestFlowRuns(LoadCase):
    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.manager = cls.make_user("starter", "group_manager")
        cls.server = ThreadingHTTPServer(("127.0.0.1", 0), _Answers)
        cls.server.asked, cls.server.answers = [], {}
        threading.Thread(target=cls.server.serve_forever, daemon=True).start()
        cls.addClassCleanup(cls.server.server_close)
        cls.addClassCleanup(cls.server.shutdown)
        cls.settings = cls.env["ir.config_parameter"].sudo()

    def setUp(self):
        super().setUp()
        self.set_address()
        self.settings.set_param(LOGIN, SECRET)
        self.server.asked.clear()
        self.says({"id": RUN, "state": {"type": "SCHEDULED", "name": "Scheduled"}})
        self.enterContext(uncommitted(self.env))

    def says(self, run, *, status=200):
        known = {"id": "5c6d"} if "state" not in run else run
        self.server.answers = {"GET": (status, known), "POST": (201, run)}

    def dialog(self, user=None, **values):
        wizard = self.env["fusion.billing.import.wizard"].with_user(user or self.manager)
        return wizard.create({"service_id": self.service.id, "what": "backfill", **values})

    def start(self, **values):
        action = self.dialog(**values).action_start()
        return self.env[action["res_model"]].browse(action["res_id"])

    def follow(self, kind, name=None, message=""):
        self.says({"id": RUN, "state": {"type": kind, "name": name or kind, "message": message}})
        self.run.with_user(self.manager).action_follow()
        return self.run.state, self.run.message

    def test_flow_is_started_with_the_service_and_followed_to_its_import_run(self):
        self.run = self.start(dry_run=False)
        self.assertEqual((self.run.state, self.run.user_id), ("scheduled", self.manager))
        method, path, login, body = self.server.asked[-1]
        self.assertEqual((method, path.rpartition("/")[2]), ("POST", "create_flow_run"))
        self.assertEqual(body["parameters"], {"service": "nexacloud", "dry_run": False})
        self.assertTrue(login.startswith("Basic "))
        self.assertTrue(self.run.url.endswith(f"/runs/flow-run/{RUN}"))
        self.assertEqual(self.follow("RUNNING")[0], "running")
        self.assertEqual(self.follow("PAUSED")[0], "waiting")
        said = "1 row is in quarantine."
        self.assertEqual(self.follow("COMPLETED", "WithQuarantine", said), ("completed", said))
        values = {"service": "nexacloud", "key": "r", "started_at": "2026-03-01T00:00:00Z"}
        self.wizard.start_run(values | {"flow_run": RUN})
        self.run.invalidate_recordset()
        self.assertEqual(self.run.import_run_ids.key, "r")
        self.assertEqual(self.run.action_open_result()["domain"][0][2], self.run.import_run_ids.ids)

    def test_watch_only_looks_and_is_not_told_to_change_nothing(self):
        self.run = self.start(what="watch", dry_run=False)
        self.assertEqual(self.server.asked[-1][3]["parameters"], {"service": "nexacloud"})
        self.assertTrue(self.run.dry_run)

    def test_pressing_twice_starts_one_run(self):
        dialog = self.dialog()
        runs = {dialog.action_start()["res_id"] for _twice in range(2)}
        self.assertEqual(len(runs), 1)
        self.assertEqual([one[0] for one in self.server.asked].count("POST"), 1)

    def test_who_is_no_manager_starts_nothing(self):
        with self.assertRaises(AccessError):
            self.dialog(self.importer).action_start()
        with self.assertRaises(AccessError):
            self.env["fusion.billing.flow.run"].with_user(self.manager).create({})
        self.assertFalse(self.server.asked)

    def test_manager_of_another_company_starts_nothing_of_this_one(self):
        company = self.env["res.company"].create({"name": "Elsewhere"})
        stranger = self.make_user("stranger", "group_manager")
        stranger.write({"company_ids": [(6, 0, company.ids)], "company_id": company.id})
        runs = self.env["fusion.billing.flow.run"].with_user(stranger)
        service = self.service.with_user(stranger)
        with self.assertRaises(AccessError):
            runs._ask("request", service, "backfill", dry_run=True)
        with self.assertRaises(AccessError):
            self.dialog(stranger).action_start()
        self.assertFalse(self.server.asked)

    def test_what_goes_wrong_is_a_sentence_and_shows_no_secret(self):
        for status, words in (
            (401, "refuses the login"),
            (404, "no deployment 'backfill/nexacloud'"),
            (302, "redirects"),
            (500, "fault of its own"),
        ):
            self.says({}, status=status)
            with self.subTest(status), self.assertRaisesRegex(UserError, words) as caught:
                self.start()
            self.assertNotIn("never-to-be-seen", str(caught.exception))
        self.assertFalse([one for one in self.server.asked if one[1] == "/elsewhere"])
        self.server.answers = {"GET": (200, b"<html>")}
        with self.assertRaisesRegex(UserError, "no Prefect"):
            self.start()
        self.settings.set_param(ADDRESS, "http://127.0.0.1:1")
        with self.assertRaisesRegex(UserError, "not reached"):
            self.start()
        self.settings.set_param(ADDRESS, False)
        with self.assertRaisesRegex(UserError, "does not know where Prefect is"):
            self.start()
        self.assertFalse(self.env["fusion.billing.flow.run"].search([]))

    def test_silence_is_no_failure_and_the_same_run_is_asked_for_again(self):
        with ThreadingHTTPServer(("127.0.0.1", 0), _Answers) as silent:
            self.settings.set_param(ADDRESS, f"http://127.0.0.1:{silent.server_port}")
            with (
                patch.object(prefect, "_WAIT_SECONDS", 0.2),
                self.assertRaisesRegex(UserError, "did not answer in time"),
            ):
                self.start()
        self.set_address()
        self.server.answers["POST"] = (503, {})
        self.run = self.start()
        self.assertEqual(self.run.state, "asked")
        self.assertEqual(self.follow("RUNNING")[0], "running")
        keys = [one[3]["idempotency_key"] for one in self.server.asked if one[0] == "POST"]
        self.assertEqual(len(keys), 2)
        self.assertEqual(len(set(keys)), 1)

    def test_run_that_nobody_answered_for_is_looked_for_and_begun_no_more(self):
        self.server.answers["POST"] = (503, {})
        self.run = self.start()
        self.run.asked_at = "2026-01-01 00:00:00"
        runs = self.env["fusion.billing.flow.run"]
        for answer in ((503, {}), (200, {}), (200, b"<html>"), (403, {})):
            self.server.answers["POST"] = answer
            runs._cron_follow()
            # It can still begin, so who asked for it is on record as its planner.
            self.assertEqual(self.run.state, "asked")
        self.assertEqual(self.server.asked[-1][1], "/api/flow_runs/filter")
        self.server.answers["POST"] = (200, [{"id": RUN, "state": {"type": "RUNNING"}}])
        runs._cron_follow()
        self.assertEqual((self.run.state, self.run.flow_run), ("running", RUN))
        (key,) = self.server.asked[-1][3]["flow_runs"]["idempotency_key"]["any_"]
        started = [one[3] for one in self.server.asked if one[1].endswith("create_flow_run")]
        self.assertEqual([one["idempotency_key"] for one in started], [key])

    def test_run_that_prefect_never_began_is_over_once_prefect_says_so(self):
        self.server.answers["POST"] = (503, {})
        self.run = self.start()
        self.server.answers["POST"] = (403, {})
        self.run.with_user(self.manager).action_follow()
        # Refused now; the first time it may have been taken.
        self.assertEqual(self.run.state, "asked")
        self.run.asked_at = "2026-01-01 00:00:00"
        self.server.answers["POST"] = (200, [])
        self.run.with_user(self.manager).action_follow()
        self.assertEqual(self.run.state, "failed")
        self.assertIn("ask for it again", self.run.message)

    def set_address(self):
        self.settings.set_param(ADDRESS, f"http://127.0.0.1:{self.server.server_port}/api")

    def test_without_a_worker_it_says_what_to_do_and_a_deleted_run_is_over(self):
        self.run = self.start()
        self.run.asked_at = "2026-01-01 00:00:00"
        state, message = self.follow("SCHEDULED", "Late")
        self.assertEqual(state, "scheduled")
        self.assertIn("prefect worker start", message)
        self.server.answers["GET"] = (404, {})
        self.env["fusion.billing.flow.run"]._cron_follow()
        self.assertEqual(self.run.state, "failed")
        self.assertIn("deleted", self.run.message)

    def test_address_is_checked_and_the_login_never_comes_back(self):
        settings = self.env["res.config.settings"]
        for wrong in (
            "ftp://prefect",
            "http://",
            "prefect:4200",
            "http://a:b@prefect",
            "http://p?x=1",
        ):
            with self.subTest(wrong), self.assertRaises(ValidationError):
                settings.create({"fc_prefect_url": wrong})
        made = settings.create(
            {"fc_prefect_url": "http://10.0.0.5:4200", "fc_prefect_login": "a:b"}
        )
        made.execute()
        self.assertEqual(self.settings.get_param(LOGIN), "a:b")
        fresh = settings.create({})
        self.assertEqual((fresh.fc_prefect_login, fresh.fc_prefect_has_login), (False, True))
        fresh.execute()
        self.assertEqual(self.settings.get_param(LOGIN), "a:b")
        self.env.flush_all()
        self.env.cr.execute("SELECT * FROM res_config_settings WHERE id = %s", [made.id])
        self.assertNotIn("fc_prefect_login", [cell.name for cell in self.env.cr.description])
        with self.assertRaises(AccessError):
            self.env["ir.config_parameter"].with_user(self.manager).get_param(LOGIN)
