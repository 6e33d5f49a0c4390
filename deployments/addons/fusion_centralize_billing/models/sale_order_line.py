from datetime import timedelta
from decimal import Decimal

from odoo import api, fields, models
from odoo.tools import format_date

from ..periods.calendar import day_of
from ..periods.shares import priced_from, share_of

#: What recurs with a subscription beside its plan's flat price.
KINDS = {
    "addon": "Add-on",
    "fixed_charge": "Fixed charge",
    "discount": "Discount",
}
#: Beside a price (`technical_price_unit`): somebody set it, and Odoo recomputes it no more.
PROTECTED = -1.0
# Odoo's own key: the price comes from a computation, nobody set it.
_COMPUTED = "sale_write_from_compute"


class SaleOrderLine(models.Model):
    """Lines of a service's orders: their prices stay, their days are the calendar's."""

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

    @api.model_create_multi
    def create(self, vals_list):
        orders = self.env["sale.order"]
        for vals in vals_list:
            self._refuse_invoiced_shadow(vals, orders.browse(vals.get("order_id")))
            if "price_unit" in vals and orders.browse(vals.get("order_id")).x_fc_service_id:
                vals["technical_price_unit"] = PROTECTED
        return super().create(vals_list)

    def write(self, vals):
        self._refuse_invoiced_shadow(vals, self.order_id)
        if "order_id" in vals:
            target = self.env["sale.order"].browse(vals["order_id"])
            moved = self.filtered(lambda line: line.order_id != target)
            if moved:
                (moved.order_id | target).sudo()._refuse_shadow(
                    self.env._("given or deprived of lines of another order")
                )
        if {"price_unit", "technical_price_unit"}.isdisjoint(vals) or self.env.context.get(
            _COMPUTED
        ):
            return super().write(vals)
        ours = self.filtered("order_id.x_fc_service_id")
        if self - ours:
            super(SaleOrderLine, self - ours).write(dict(vals))
        # Odoo drops the protection from a write that has no price; this context keeps it.
        protected = ours.with_context(**{_COMPUTED: True})
        return super(SaleOrderLine, protected).write({**vals, "technical_price_unit": PROTECTED})

    def copy_data(self, default=None):
        target = (default or {}).get("order_id")
        elsewhere = self.filtered(lambda line: line.order_id.id != target)
        elsewhere.order_id.sudo()._refuse_shadow(self.env._("duplicated, nor can its lines"))
        return super().copy_data(default)

    def _refuse_invoiced_shadow(self, vals, orders):
        """Raise UserError if ``vals`` would put a line of a shadow on an invoice."""
        if vals.get("invoice_lines"):
            orders.sudo()._refuse_shadow(self.env._("invoiced"))

    def _prepare_invoice_line(self, **optional_values):
        """Note on the invoice line of a recurring price which period it bills.

        Odoo counts a period from the last one's end, so that 31 January, 28 February is followed
        by 28 March. Here a period ends where the subscription's calendar says, and Odoo's next
        date follows the last day that a line bills.
        """
        values = super()._prepare_invoice_line(**optional_values)
        period = self._fc_recurring_period()
        if period:
            zone = self.order_id._fc_zone()
            part, whole = self.order_id._fc_billed_days(period[0])
            if not self.x_fc_item:
                free_until = self.order_id.x_fc_trial_ends_on or None
                period = priced_from(period, free_until, zone), period[1]
            values["x_fc_period_start"], values["x_fc_period_end"] = period
            first, end = (day_of(moment, zone) for moment in period)
            last = end - timedelta(days=1)
            if "deferred_end_date" in self.env["account.move.line"]._fields:
                values["deferred_start_date"], values["deferred_end_date"] = first, last
            days = f"{format_date(self.env, first)} - {format_date(self.env, last)}"
            values["name"] = f"{self.name}\n{days}"
            if part != whole and not self.x_fc_item:
                price = Decimal(repr(values.get("price_unit", self.price_unit)))
                share = float(share_of(price, (part, whole)))
                # Odoo taxes what is not rounded; the part of a price is an amount in cents.
                values["price_unit"] = self.currency_id.round(share)
        return values

    def _fc_recurring_period(self):
        """Return the period that the next invoice bills of this line, or None."""
        order = self.order_id
        if (
            not order.x_fc_service_id
            or not self.product_id.recurring_invoice
            or order.subscription_state == "7_upsell"
        ):
            return None
        return order._fc_next_period()
