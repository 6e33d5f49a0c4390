from odoo.fields import Command
from odoo.tests import tagged

from .common import LoadCase


@tagged("post_install", "-at_install")
class TestInvoice(LoadCase):
    """Lines keep price and quantity whole; only totals are rounded, a half away from zero.

    Each expected total is worked out beside its line, with HST of 13 %.
    """

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.company = cls.service.company_id
        # Odoo's default: the tax of the invoice is rounded, not that of each line.
        cls.company.tax_calculation_rounding_method = "round_globally"
        cls.hst = cls.env.ref(f"account.{cls.company.id}_hst_sale_tax_13", False) or cls.env[
            "account.tax"
        ].create({"name": "HST 13 %", "amount": 13, "type_tax_use": "sale"})
        cls.partner = cls.env["res.partner"].create({"name": "Someone"})
        cls.product = cls.env["product.product"].create(
            {"name": "Core-hours", "type": "service", "invoice_policy": "order"}
        )

    def bill(self, *lines):
        """Confirm an order of (quantity, price) lines and post its invoice; return both."""
        self.env.invalidate_all()
        order = self.env["sale.order"].create(
            {
                "partner_id": self.partner.id,
                "order_line": [
                    Command.create(
                        {
                            "product_id": self.product.id,
                            "product_uom_qty": quantity,
                            "price_unit": price,
                            "tax_ids": self.hst.ids,
                        }
                    )
                    for quantity, price in lines
                ],
            }
        )
        order.action_confirm()
        invoice = order._create_invoices()
        invoice.action_post()
        self.env.flush_all()
        self.env.invalidate_all()
        self.assertEqual(invoice.state, "posted")
        return order, invoice

    def assert_totals(self, lines, untaxed, tax, total):
        order, invoice = self.bill(*lines)
        for document in (order, invoice):
            with self.subTest(document._name, lines=lines):
                self.assertEqual(f"{document.amount_untaxed:.2f}", untaxed)
                self.assertEqual(f"{document.amount_tax:.2f}", tax)
                self.assertEqual(f"{document.amount_total:.2f}", total)
        return order, invoice

    def test_subcent_price_and_quantity_reach_the_posted_invoice_unrounded(self):
        # 112.5 x 0.0075 = 0.84375; 13 % of it = 0.1096875
        order, invoice = self.assert_totals([(112.5, 0.0075)], "0.84", "0.11", "0.95")
        self.assertEqual(order.order_line.price_unit, 0.0075)
        self.assertEqual(order.order_line.product_uom_qty, 112.5)
        self.assertEqual(invoice.invoice_line_ids.price_unit, 0.0075)
        self.assertEqual(invoice.invoice_line_ids.quantity, 112.5)
        self.assertEqual(invoice.invoice_line_ids.price_subtotal, 0.84)

    def test_quantity_with_six_decimals_is_billed_with_all_of_them(self):
        # 0.125 x 10 = 1.25, not 0.13 x 10 = 1.30; 13 % of 1.25 = 0.1625
        self.assert_totals([(0.125, 10)], "1.25", "0.16", "1.41")
        # 1000.004567 x 100 = 100000.4567, not 1000.00 x 100; 13 % = 13000.059371
        order, invoice = self.assert_totals(
            [(1000.004567, 100)], "100000.46", "13000.06", "113000.52"
        )
        self.assertEqual(order.order_line.product_uom_qty, 1000.004567)
        self.assertEqual(invoice.invoice_line_ids.quantity, 1000.004567)

    def test_half_a_cent_goes_away_from_zero(self):
        # 2 x 0.0075 = 0.015; 13 % = 0.00195
        self.assert_totals([(2, 0.0075)], "0.02", "0.00", "0.02")
        # 0.5 x 0.25 = 0.125; 13 % = 0.01625
        self.assert_totals([(0.5, 0.25)], "0.13", "0.02", "0.15")

    def test_large_usage_at_a_subcent_price(self):
        # 123456 x 0.0075 = 925.92; 13 % = 120.3696
        self.assert_totals([(123456, 0.0075)], "925.92", "120.37", "1046.29")

    def test_flat_price_and_overage_are_rounded_once_for_the_invoice(self):
        # 49 + 0.84375 = 49.84375; 13 % = 6.4796875
        self.assert_totals([(1, 49.0), (112.5, 0.0075)], "49.84", "6.48", "56.32")
        # 10 x 0.0075 = 0.075, each line shown as 0.01; 13 % = 0.00975
        _order, invoice = self.assert_totals([(1, 0.0075)] * 10, "0.08", "0.01", "0.09")
        self.assertEqual(set(invoice.invoice_line_ids.mapped("price_subtotal")), {0.01})

    def test_installing_raises_the_precision_of_quantities_and_never_lowers_it(self):
        precision = self.env.ref("uom.decimal_product_uom")
        self.assertGreaterEqual(precision.digits, 6)
        for before, after in ((2, 6), (6, 6), (8, 8)):
            precision.digits = before
            self.env["decimal.precision"]._keep_whole_quantities()
            self.assertEqual(precision.digits, after)
