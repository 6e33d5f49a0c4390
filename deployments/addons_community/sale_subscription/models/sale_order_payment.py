from odoo import fields, models


class SaleOrder(models.Model):
    """What happens with a subscription's invoice: charged by its token, and mailed."""

    _inherit = "sale.order"

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
