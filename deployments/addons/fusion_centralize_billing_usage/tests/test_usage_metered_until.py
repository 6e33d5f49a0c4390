from odoo.addons.fusion_centralize_billing.tests.common import SERVICE, LoadCase


class TestUsageMeteredUntil(LoadCase):
    def test_service_remembers_when_its_usage_was_last_read(self):
        self.wizard.start_run(
            {"service": SERVICE, "key": "run-1", "started_at": "2026-02-01T00:00:00Z"}
        )
        for time in ("2026-02-01T10:00:00+00:00", "2026-01-01T10:00:00+00:00", None):
            self.wizard.finish_run("run-1", {"state": "done", "usage_metered_until": time})
        services = {service["code"]: service for service in self.wizard.about()["services"]}
        self.assertEqual(str(services["nexacloud"]["usage_metered_until"]), "2026-02-01 10:00:00")
