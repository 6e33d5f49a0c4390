from odoo.tests import freeze_time, tagged

from .case import TODAY, ContractCase


@tagged("post_install", "-at_install", "enterprise_contract")
@freeze_time(f"{TODAY} 12:00:00")
class TestContractPrices(ContractCase):
    """The contract: a price that was agreed stays what it is."""

    def test_protected_price_survives_quantity(self):
        order = self.make_running()
        order.order_line.product_uom_qty = 2.0
        self.assertEqual(order.order_line.price_unit, 441.0)
        self.run_action(TODAY)
        order.order_line.product_uom_qty = 3.0
        self.env.flush_all()
        self.assertEqual(order.order_line.price_unit, 441.0)

    def test_protected_price_survives_plan(self):
        order = self.make_order()
        order.plan_id = self.year
        self.env.flush_all()
        self.assertEqual(order.order_line.price_unit, 441.0)

    def test_protected_price_survives_confirm(self):
        self.assertEqual(self.make_running().order_line.price_unit, 441.0)
