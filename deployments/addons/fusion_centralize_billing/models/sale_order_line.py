from decimal import Decimal

from odoo import api, fields, models

from ..periods.shares import share_of

#: Beside a price it tells Odoo that somebody set it: nothing recomputes it.
PROTECTED = -1.0
#: What recurs with a subscription beside its plan's flat price.
KINDS = {
    "addon": "Add-on",
    "fixed_charge": "Fixed charge",
    "minimum": "Minimum",
    "discount": "Discount",
}


class SaleOrderLine(models.Model):
    """A line of a service's order: which item it is, and which period its invoice bills."""

    _name = "sale.order.line"
    _inherit = ["sale.order.line", "fusion.billing.protected"]
    _protected_fields = frozenset(
        {"x_fc_external_id", "x_fc_item", "x_fc_kind", "x_fc_ends_on", "x_fc_discount"}
    )

    x_fc_external_id = fields.Char("Line ID", readonly=True, copy=False)
    x_fc_item = fields.Char(
        "Billing Item", readonly=True, copy=False, help="Its name in a reconciliation."
    )
    x_fc_kind = fields.Selection(list(KINDS.items()), "Kind", readonly=True, copy=False)
    x_fc_ends_on = fields.Date(
        "Ends", readonly=True, copy=False, help="First day on which it is billed no more."
    )
    x_fc_discount = fields.Float(
        "Discount of the Service",
        digits="Discount",
        readonly=True,
        copy=False,
        aggregator=None,
        help="Percent that was last loaded. Another discount on the line was set by a person, "
        "and no load changes it.",
    )
    x_fc_by_hand = fields.Boolean("Discount Set by Hand", compute="_compute_x_fc_by_hand")

    _fc_external_uniq = models.UniqueIndex(
        "(order_id, x_fc_external_id) WHERE x_fc_external_id IS NOT NULL",
        "The order has this line of its subscription already.",
    )

    @api.depends("discount", "x_fc_discount", "order_id.x_fc_service_id")
    def _compute_x_fc_by_hand(self):
        for line in self:
            ours = bool(line.order_id.x_fc_service_id)
            line.x_fc_by_hand = ours and line.discount != line.x_fc_discount

    def _prepare_invoice_line(self, **optional_values):
        """Note on the invoice line of a recurring price which period it bills.

        A reconciliation compares by period, and Community's invoice lines have none.
        """
        values = super()._prepare_invoice_line(**optional_values)
        period = self._fc_recurring_period()
        if period:
            values["x_fc_period_start"], values["x_fc_period_end"] = period
            part, whole = self.order_id._fc_billed_days(period[0])
            if part != whole:
                price = Decimal(repr(values.get("price_unit", self.price_unit)))
                values["price_unit"] = float(share_of(price, (part, whole)))
        return values

    def _fc_recurring_period(self):
        """Return the period that the next invoice bills of this line, or None."""
        order = self.order_id
        if not order.x_fc_service_id or not self.product_id.recurring_invoice:
            return None
        return order._fc_next_period()
