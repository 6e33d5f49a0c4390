from odoo import fields, models


class FusionBillingOrderPayment(models.AbstractModel):
    """Invoices that this addon makes itself are charged and mailed as those that Odoo makes."""

    _name = "fusion.billing.order.payment"
    _description = "Order Charged as by Odoo"

    def _fc_collect(self, move):
        """Charge the order's card for a posted invoice, if it has one, and mail the invoice.

        A charge that fails leaves the invoice unpaid; the app hears of it through the transaction.
        """
        self.ensure_one()
        if self.payment_token_id and move.amount_residual > 0:
            self._fc_charge(move)
        self._fc_mail(move)

    def _fc_charge(self, move):
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
            }
        )
        transaction._charge_with_token()
        if transaction.state == "done":
            transaction._post_process()

    def _fc_mail(self, move):
        """Let Odoo send the invoice in the background, as it sends many at once."""
        sender = self.env.user
        move.sending_data = {"author_user_id": sender.id, "author_partner_id": sender.partner_id.id}
        self.env.ref("account.ir_cron_account_move_send")._trigger()
