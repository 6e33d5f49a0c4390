from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingPaymentRequest(models.Model):
    """Unpaid invoices that a customer is asked to pay together."""

    _name = "fusion.billing.payment.request"
    _description = "Payment Request"
    _order = "id desc"

    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", required=True, index=True, ondelete="cascade"
    )
    service_id = fields.Many2one(related="link_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    email = fields.Char(required=True)
    amount = fields.Monetary(required=True)
    currency_id = fields.Many2one("res.currency", required=True)
    invoice_ids = fields.Many2many("account.move", string="Invoices")
    payment_status = fields.Selection(
        [("pending", "Open"), ("succeeded", "Paid"), ("failed", "Refused")],
        compute="_compute_payment_status",
    )

    @api.depends("invoice_ids.payment_state")
    def _compute_payment_status(self):
        for request in self:
            paid = {"paid", "in_payment", "reversed"}
            done = all(move.payment_state in paid for move in request.invoice_ids)
            request.payment_status = "succeeded" if done else "pending"

    @api.model_create_multi
    def create(self, vals_list):
        requests = super().create(vals_list)
        note(requests.filtered(lambda request: request.service_id.phase == "live"))
        return requests
