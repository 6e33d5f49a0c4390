from odoo.addons.fusion_centralize_billing_usage.tests.usage_common import UsageCase


class WebhookCase(UsageCase):
    """One deployment, "web", and an endpoint that is told of everything."""

    @classmethod
    def setUpClass(cls):
        super().setUpClass()
        cls.endpoint = cls.env["fusion.billing.webhook.endpoint"].create(
            {"service_id": cls.service.id, "url": "https://app.example.com/hooks"}
        )

    def tell(self):
        """Do what a commit does, and forget what the cache knows."""
        self.env.cr.flush()
        self.env.invalidate_all()

    def outbox(self):
        """Return the messages so far, the oldest first."""
        self.tell()
        return self.env["fusion.billing.webhook"].search([], order="id")

    def told(self):
        return self.outbox().mapped("event_type")

    def forget(self):
        """Empty the outbox, to see what comes next."""
        self.outbox().unlink()

    def post_invoice(self, order):
        order.order_line.qty_delivered = 1
        move = order._create_invoices()
        move.action_post()
        return move

    def fail_payment(self, move, reason="Your card was declined."):
        """Let a payment be refused, as a provider's notice does."""
        provider = self.env["payment.provider"].search([("code", "=", "none")], limit=1)
        methods = self.env["payment.method"].with_context(active_test=False)
        transaction = self.env["payment.transaction"].create(
            {
                "provider_id": provider.id,
                "payment_method_id": methods.search([], limit=1).id,
                "reference": f"{move.name}-{self.env['payment.transaction'].search_count([])}",
                "amount": move.amount_total,
                "currency_id": move.currency_id.id,
                "partner_id": move.partner_id.id,
                "invoice_ids": [(6, 0, move.ids)],
            }
        )
        transaction._set_error(reason)
        return transaction

    def pay(self, move):
        wizard = self.env["account.payment.register"].with_context(
            active_model="account.move", active_ids=move.ids
        )
        wizard.create({}).action_create_payments()
