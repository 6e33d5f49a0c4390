from odoo import api, fields, models

from ..api.objects.values import PAID
from ..webhooks.telling import note


class AccountPayment(models.Model):
    """Payments that apps are told of."""

    _inherit = "account.payment"

    @api.model_create_multi
    def create(self, vals_list):
        payments = super().create(vals_list)
        note(payments.filtered(lambda payment: payment.payment_type == "inbound"))
        return payments

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            note(self.filtered(lambda payment: payment.payment_type == "inbound"))
        return result


class PaymentTransaction(models.Model):
    """Payments whose failure apps are told of."""

    _inherit = "payment.transaction"

    @api.model_create_multi
    def create(self, vals_list):
        transactions = super().create(vals_list)
        note(transactions.filtered(lambda transaction: transaction.state == "error"))
        return transactions

    def write(self, vals):
        result = super().write(vals)
        if "state" in vals:
            note(self)
        return result


class PaymentToken(models.Model):
    """Cards that apps are told of."""

    _inherit = "payment.token"

    @api.model_create_multi
    def create(self, vals_list):
        tokens = super().create(vals_list)
        note(tokens)
        return tokens


class FusionBillingPaymentRequest(models.Model):
    """Unpaid invoices that a customer is asked to pay together."""

    _name = "fusion.billing.payment.request"
    _inherit = ["fusion.billing.told"]
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
            done = all(move.payment_state in PAID for move in request.invoice_ids)
            request.payment_status = "succeeded" if done else "pending"
