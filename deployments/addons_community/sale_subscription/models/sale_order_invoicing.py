from dateutil.relativedelta import relativedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

MAX_ORDERS = 1_000


class SaleOrder(models.Model):
    """Invoices of running subscriptions, for tests and demos.

    In Enterprise a scheduled action makes them. Here somebody has to ask.
    """

    _inherit = "sale.order"

    @api.model
    def invoice_due(self, until, limit=200):
        """Post an invoice for each period of a running subscription that begins by ``until``.

        It bills the recurring price of the period and what is not invoiced of other lines.
        Afterwards the date of the next invoice is the end of the period, so a second call
        posts nothing.

        Args:
            until: ISO day.
            limit: Subscriptions, those that are due first.

        Returns:
            ``invoices`` posted, and whether any due subscription is ``remaining``.

        Raises:
            AccessError: The user is no sales manager.
        """
        if not self.env.user.has_group("sales_team.group_sale_manager"):
            raise AccessError(self.env._("Invoicing subscriptions is for sales managers."))
        day = fields.Date.to_date(until)
        if not day or not 0 < limit <= MAX_ORDERS:
            raise UserError(self.env._("Give a day, and a limit of at most %s.", MAX_ORDERS))
        due = [
            ("is_subscription", "=", True),
            ("subscription_state", "=", "3_progress"),
            ("state", "=", "sale"),
            ("next_invoice_date", "!=", False),
            ("next_invoice_date", "<=", day),
        ]
        every = self.sudo().search(due, order="next_invoice_date, id")._due_by(day)
        orders, invoices = every[:limit], 0
        while orders:
            made = (
                self.env["account.move"]
                .sudo()
                .create([order._recurring_invoice() for order in orders])
            )
            made.action_post()
            invoices += len(made)
            for order in orders:
                order.next_invoice_date = order._next_period(order.next_invoice_date)
            orders = orders._due_by(day)
        return {"invoices": invoices, "remaining": len(every) > limit}

    def _due_by(self, day):
        """Return those of which a period begins by ``day``; after its end a subscription has none."""
        return self.filtered(
            lambda order: (
                order.next_invoice_date <= day
                and not (order.end_date and order.end_date <= order.next_invoice_date)
            )
        )

    def _recurring_invoice(self):
        """Return the values of the invoice for the period that begins at the next invoice date."""
        lines = []
        for line in self.order_line.filtered(lambda line: not line.display_type):
            recurring = line.product_id.recurring_invoice
            quantity = line.product_uom_qty if recurring else line.qty_to_invoice
            if quantity:
                lines.append((0, 0, line._prepare_invoice_line(quantity=quantity)))
        return {
            **self._prepare_invoice(),
            "invoice_date": self.next_invoice_date,
            "invoice_line_ids": lines,
        }

    def _next_period(self, day):
        """Return where the period that begins on ``day`` ends.

        Counted from the subscription's first day, so that a short month does not move the
        periods after it; from ``day`` itself where that is none of these boundaries.
        """
        unit, count = self.plan_id.billing_period_unit, self.plan_id.billing_period_value
        first = self.start_date or day
        if unit != "week":
            months = count * (12 if unit == "year" else 1)
            apart = (day.year - first.year) * 12 + day.month - first.month
            if apart % months == 0 and first + relativedelta(months=apart) == day:
                return first + relativedelta(months=apart + months)
        return day + relativedelta(**{f"{unit}s": count})
