from datetime import datetime

from odoo.addons.fusion_centralize_billing.tests.common import make_customer, make_order, source_id
from odoo.addons.fusion_centralize_billing_usage.metering.events import order_lives
from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import UsageCase

from ..api.currencies import currencies_of


class TestApiQueries(UsageCase):
    """A page of a hundred costs the database what a page of one does."""

    def test_the_currencies_of_a_page_of_customers_are_asked_for_once(self):
        for name in ("a", "b", "c", "d"):
            self.load(make_customer(name, orders=[make_order(name)]))
        links = self.env["fusion.billing.account.link"].search([])
        self.assertGreater(len(links), 4)
        euro = (
            self.env["res.currency"].with_context(active_test=False).search([("name", "=", "EUR")])
        )
        euro.active = True
        links[0].api_values = {"currency": "EUR"}
        for some in (links[:1], links):
            self.env.flush_all()
            with self.assertQueryCount(1):
                found = currencies_of(some)
            company = self.service.company_id.currency_id
            expected = {link.id: (link._fc_currency() or company).name for link in some}
            self.assertEqual(found, expected)
        self.assertEqual(found[links[0].id], "EUR")

    def test_the_orders_of_an_id_are_looked_for_once(self):
        again = make_order("again", subscription_id=source_id("subscription web"))
        other = make_order("other")
        self.load(make_customer(orders=[make_order(), again, other]))
        orders = self.env["sale.order"].search([("x_fc_service_id", "=", self.service.id)])
        first, second, third = (
            orders.filtered(lambda one, name=name: one.x_fc_external_id == source_id(name))
            for name in ("deployment web", "deployment again", "deployment other")
        )
        moment = datetime(2026, 2, 3, 4, 5, 6)
        first.x_fc_terminated_at = third.x_fc_terminated_at = moment
        second.x_fc_subscribed_at = third.x_fc_subscribed_at = moment
        self.env.flush_all()
        with self.assertQueryCount(1):
            lives = order_lives(self.env, orders.ids)
        begins_ends = {order: lives[order.id][1:] for order in (first, second, third)}
        # The second after an end is that of whoever follows in it.
        self.assertEqual(begins_ends[first], (None, moment))
        self.assertEqual(begins_ends[second], (moment, None))
        self.assertEqual(begins_ends[third], (None, moment.replace(second=7)))
