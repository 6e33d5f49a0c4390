from odoo.tests import freeze_time

from odoo.addons.fusion_centralize_billing.tests.common import (
    SERVICE,
    LoadCase,
    make_customer,
    make_order,
    source_id,
)

# Order "web" starts on 14 March 2025; midnight in Toronto is 5:00 in UTC in winter.
JANUARY = ("2026-01-14T05:00:00Z", "2026-02-14T05:00:00Z")
FEBRUARY = ("2026-02-14T05:00:00Z", "2026-03-14T04:00:00Z")
WINDOW = ("2026-01-01T00:00:00Z", "2026-02-01T00:00:00Z")
NOW = "2026-03-01 12:00:00"


def make_usage(quantity="1000", name="web", period=JANUARY, key="1", metric="cpu_seconds"):
    return [source_id(f"deployment {name}"), metric, *period, quantity, key]


@freeze_time(NOW)
class UsageCase(LoadCase):
    """Meters one deployment, "web", with 100 core-hours included and 0.0075 for each more."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.service.company_id.partner_id.tz = "America/Toronto"

    def setUp(self):
        super().setUp()
        self.load(make_customer(orders=[make_order()]))

    def meter(self, *rows, **changes):
        """Load one batch of usage."""
        batch = {
            "format": 1,
            "service": SERVICE,
            "run": None,
            "key": "0001",
            "dry_run": False,
            "rows": list(rows),
            **changes,
        }
        answer = self.wizard.load_usage(batch)
        self.env.invalidate_all()
        return answer

    def counts(self, answer):
        return [answer[name] for name in ("created", "updated", "unchanged", "failed")]

    def codes(self, answer):
        return [row["code"] for row in answer["rows"]]

    def usage(self):
        return self.env["fusion.billing.usage"].search([])

    def ratings(self):
        return self.env["fusion.billing.rating"].search([])

    def rate(self, window=WINDOW, **changes):
        answer = self.wizard.rate_usage(SERVICE, *window, **changes)
        self.env.invalidate_all()
        return answer

    def preview(self, window=WINDOW, **changes):
        return self.wizard.preview_usage(SERVICE, *window, **changes)

    def go_live(self, name="web"):
        """Do to one order, and to all charges, what a cutover does."""
        order = self.order(name)
        order._release_from_shadow()
        order.action_confirm()
        self.env["fusion.billing.charge"].search([]).plan_id = order.plan_id
        return order

    def add_metric(self, aggregation):
        """Let the plan also charge a metric of this aggregation, 1.00 a unit."""
        metric = self.env["fusion.billing.metric"].create(
            {"code": aggregation, "name": aggregation, "aggregation": aggregation}
        )
        return (
            self.plan()
            .charge_ids[:1]
            .copy(
                {"metric_id": metric.id, "included_quota": 0, "unit_batch": 1, "price_per_unit": 1}
            )
        )
