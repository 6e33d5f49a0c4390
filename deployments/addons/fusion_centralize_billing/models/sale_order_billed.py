"""Which days are billed already, so that nobody lets Odoo bill them again."""

from odoo import api, fields, models
from odoo.exceptions import UserError

#: In the context of a posting: the date that Odoo works out is put right, not refused.
POSTING = "fc_posting"


class SaleOrder(models.Model):
    """The next invoice of a service's order is never before what is billed."""

    _inherit = "sale.order"

    x_fc_billed_until = fields.Date(
        "Billed Until",
        readonly=True,
        copy=False,
        help="First day whose recurring price is not billed yet, by the old side or by Odoo. "
        "The next invoice is never before it.",
    )
    x_fc_first_day = fields.Date(
        "Counted From",
        readonly=True,
        copy=False,
        help="First day of the subscription that this one renews: billing periods are counted "
        "from it, so that a renewal in a short month does not move them.",
    )

    _fc_billed_once = models.Constraint(
        "CHECK (x_fc_shadow IS TRUE OR x_fc_billed_until IS NULL OR next_invoice_date IS NULL"
        " OR next_invoice_date >= x_fc_billed_until)",
        "The next invoice would bill days again that are billed already.",
    )

    def _fc_first(self):
        """Return the day from which billing periods are counted, or False."""
        return self.x_fc_first_day or self.start_date

    def write(self, vals):
        day = fields.Date.to_date(vals.get("next_invoice_date"))
        if day and "x_fc_billed_until" not in vals:
            early = self.filtered(
                lambda order: (
                    order.x_fc_billed_until
                    and not order.x_fc_shadow
                    and day < order.x_fc_billed_until
                )
            )
            if early:
                early._refuse_early(day)
                for order in early:
                    super(SaleOrder, order).write(
                        {**vals, "next_invoice_date": order.x_fc_billed_until}
                    )
                return super(SaleOrder, self - early).write(vals)
        return super().write(vals)

    def _refuse_early(self, day):
        """Raise UserError if a person wants to bill days again; Odoo's own steps are put right."""
        if self.env.su or self.env.context.get(POSTING):
            return
        order = self[:1]
        raise UserError(
            self.env._(
                "%(name)s is billed until %(until)s: an invoice on %(day)s would bill days again. "
                "Credit the invoice of those days first.",
                name=order.name,
                until=order.x_fc_billed_until,
                day=day,
            )
        )

    @api.model
    def _fc_running(self):
        """Return the states in which an order will get further recurring invoices."""
        return ("3_progress", "4_paused")
