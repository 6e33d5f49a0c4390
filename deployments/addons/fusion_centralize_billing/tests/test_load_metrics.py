from odoo.exceptions import UserError

from .common import LoadCase, make_charge, make_plan

TILES = {"code": "tiles", "name": "Tiles", "aggregation": "sum"}


class TestLoadMetrics(LoadCase):
    def metric(self, code="tiles"):
        return self.env["fusion.billing.metric"].search([("code", "=", code)])

    def test_metric_comes_with_the_plan_that_charges_for_it(self):
        plan = make_plan(charges=[make_charge(metric="tiles")])
        answer = self.load(plans=[plan], metrics=[TILES])
        self.assertEqual(self.outcomes(answer), ["created"])
        self.assertEqual(self.metric().name, "Tiles")
        self.assertEqual(self.outcomes(self.load(plans=[plan], metrics=[TILES])), ["unchanged"])

    def test_metric_that_is_there_stays_as_it_is(self):
        self.load(metrics=[{"code": "cpu_seconds", "name": "Other", "aggregation": "max"}])
        self.assertEqual(self.metric("cpu_seconds").aggregation, "sum")

    def test_metric_is_the_service_s_own_and_knows_how_its_events_count(self):
        events = {"event_aggregation": "count", "field_name": "tile"}
        self.load(metrics=[{**TILES, **events}])
        metric = self.metric()
        self.assertEqual(metric.service_id, self.service)
        self.assertEqual((metric.aggregation, metric._of_events()), ("sum", "count"))

    def test_dry_run_leaves_no_metric(self):
        plan = make_plan(charges=[make_charge(metric="tiles")])
        answer = self.load(plans=[plan], metrics=[TILES], dry_run=True)
        self.assertEqual(self.outcomes(answer), ["created"])
        self.assertFalse(self.metric())

    def test_malformed_metrics_load_nothing(self):
        for wrong in ("tiles", ["tiles"], [{**TILES, "aggregation": "guess"}], [{"code": "tiles"}]):
            with self.assertRaises(UserError):
                self.load(metrics=wrong)
        self.assertFalse(self.metric())
