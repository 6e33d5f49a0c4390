from datetime import timedelta

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError

from .sale_order import RUNNING

MAX_ORDERS = 1_000


class SaleOrder(models.Model):
    """Invoices of running subscriptions: one a period, charged and mailed by a scheduled action."""

    _inherit = "sale.order"

    def _cron_recurring_create_invoice(self):
        """Bill one period of each subscription that is due, and close those long unpaid."""
        today = fields.Date.context_today(self)
        self._close_unpaid(today)
        for order in self.search(self._due(today), order="next_invoice_date, id"):
            if not order.end_date or order.end_date > order.next_invoice_date:
                order._bill_period(today)

    @api.model
    def _due(self, day):
        return [
            ("is_subscription", "=", True),
            ("subscription_state", "=", "3_progress"),
            ("state", "=", "sale"),
            ("payment_exception", "=", False),
            ("next_invoice_date", "!=", False),
            ("next_invoice_date", "<=", day),
        ]

    def _bill_period(self, day):
        """Post the invoice of the period that begins, charge or mail it; return it, or none.

        Where nothing is to be invoiced (nothing delivered, say) the date moves on all the same.
        """
        self.ensure_one()
        move = self.with_context(raise_if_nothing_to_invoice=False)._create_invoices()
        if not move:
            self.next_invoice_date += self.plan_id._billing_period()
            return move
        move.invoice_date = day
        move.action_post()
        if self.payment_token_id:
            self._charge(move)
        self._mail_invoice(move)
        return move

    def _move_next_invoice_date(self, lines):
        """Go on after the last day that the lines bill; without any, begin anew."""
        ends = [line.deferred_end_date for line in lines if line.deferred_end_date]
        self.next_invoice_date = max(ends) + timedelta(days=1) if ends else self.start_date

    def _close_unpaid(self, today):
        unpaid = self.env["account.move"].search(
            [
                ("state", "=", "posted"),
                ("move_type", "=", "out_invoice"),
                ("payment_state", "in", ["not_paid", "partial"]),
                ("invoice_line_ids.subscription_id", "!=", False),
            ]
        )
        for move in unpaid:
            for order in move.invoice_line_ids.subscription_id:
                late = (today - move.invoice_date).days > order.plan_id.auto_close_limit
                if late and order.subscription_state in RUNNING:
                    order.set_close()

    @api.model
    def invoice_due(self, until, limit=200):
        """Post an invoice for each period of a running subscription that begins by ``until``.

        For tests and demos; the real app has no such method. Each invoice is of the day on which
        its period begins, so a second call posts nothing.

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
        every = self.sudo().search(self._due(day), order="next_invoice_date, id")._due_by(day)
        orders, invoices = every[:limit], 0
        while orders:
            invoices += sum(bool(order._bill_period(order.next_invoice_date)) for order in orders)
            orders = orders._due_by(day)
        return {"invoices": invoices, "remaining": len(every) > limit}

    def _due_by(self, day):
        """Return those of which a period begins by ``day``, and before their end."""
        return self.filtered(
            lambda order: (
                order.subscription_state == "3_progress"
                and not order.payment_exception
                and order.next_invoice_date <= day
                and not (order.end_date and order.end_date <= order.next_invoice_date)
            )
        )

    def _charge(self, move):
        """Charge the token; a charge that fails stops the subscription's actions."""
        token = self.payment_token_id
        transactions = self.env["payment.transaction"].sudo()
        transaction = transactions.create(
            {
                "provider_id": token.provider_id.id,
                "payment_method_id": token.payment_method_id.id,
                "reference": transactions._compute_reference(token.provider_code, prefix=move.name),
                "amount": move.amount_residual,
                "currency_id": move.currency_id.id,
                "partner_id": token.partner_id.id,
                "token_id": token.id,
                "operation": "offline",
                "invoice_ids": [fields.Command.set(move.ids)],
                "sale_order_ids": [fields.Command.set(self.ids)],
            }
        )
        transaction._charge_with_token()
        if transaction.state == "done":
            transaction._post_process()
        elif transaction.state in ("error", "cancel"):
            self.payment_exception = True

    def _mail_invoice(self, move):
        """Mail the invoice with the plan's template, if it has one."""
        template = self.plan_id.invoice_mail_template_id
        if template:
            texts = {
                field: template._render_field(field, move.ids)[move.id]
                for field in ("subject", "body_html")
            }
            self.env["mail.mail"].sudo().create(
                {
                    **texts,
                    "model": "account.move",
                    "res_id": move.id,
                    "recipient_ids": [fields.Command.set(move.partner_id.ids)],
                }
            )
            move.is_move_sent = True
