"""Which days are billed already, so that nobody lets Odoo bill them again."""

from odoo import api, fields, models
from odoo.exceptions import UserError

from ..periods.calendar import day_of

#: In the context of a posting: the date that Odoo works out is put right, not refused.
POSTING = "fc_posting"


class FusionBillingOrderBilled(models.AbstractModel):
    """The next invoice of a service's order is never before what is billed."""

    _name = "fusion.billing.order.billed"
    _description = "Order Billed Once"

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
                    super(FusionBillingOrderBilled, order).write(
                        {**vals, "next_invoice_date": order.x_fc_billed_until}
                    )
                return super(FusionBillingOrderBilled, self - early).write(vals)
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

    def _fc_note_billed(self, moves, before):
        """Set the date of the next invoice by what was posted, whatever Odoo made of it.

        Args:
            moves: Posted just now.
            before: The date of the next invoice before.
        """
        self.ensure_one()
        until = self._fc_reckon_billed()
        values = {"x_fc_billed_until": until}
        if self.subscription_state in self._fc_running():
            ours = moves.invoice_line_ids.filtered(
                lambda line: line.x_fc_period_end and self in line.sale_line_ids.order_id
            )
            if ours.move_id.filtered(lambda move: move.move_type == "out_invoice"):
                values["next_invoice_date"] = until and self._fc_due_day(until)
            elif before:
                # Usage, or a credit note: the recurring price goes on where it was.
                values["next_invoice_date"] = max(before, until) if until else before
        self.sudo().write(values)

    def _fc_reckon_billed(self):
        """Return the first day that is not billed, or False; what is credited as a whole is not.

        Where nothing of it is billed, it is the day on which Odoo's billing begins.
        """
        lines = self.sudo().order_line.invoice_lines.filtered(
            lambda line: line.x_fc_period_end and line.parent_state == "posted"
        )
        if not lines:
            return self.x_fc_billed_until
        billed, credited = {}, {}
        for line in lines:
            side = credited if line.move_id.move_type == "out_refund" else billed
            side[line.x_fc_period_end] = side.get(line.x_fc_period_end, 0) + line.price_subtotal
        ends = [end for end in billed if billed[end] > credited.get(end, 0) or not billed[end]]
        zone = self._fc_zone()
        begins = self.x_fc_billed_from or day_of(min(lines.mapped("x_fc_period_start")), zone)
        return max([begins, *(day_of(end, zone) for end in ends)])
