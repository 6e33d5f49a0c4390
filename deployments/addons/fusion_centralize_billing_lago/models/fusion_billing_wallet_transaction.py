from odoo import api, fields, models

from ..webhooks.telling import note


class FusionBillingWalletTransaction(models.Model):
    """Credits that come into a wallet or go out of it."""

    _name = "fusion.billing.wallet.transaction"
    _description = "Movement of Prepaid Credits"
    _order = "id desc"

    wallet_id = fields.Many2one(
        "fusion.billing.wallet", required=True, index=True, ondelete="cascade"
    )
    link_id = fields.Many2one(related="wallet_id.link_id")
    service_id = fields.Many2one(related="wallet_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="wallet_id.currency_id")
    name = fields.Char()
    kind = fields.Selection(
        [
            ("purchased", "Paid for"),
            ("granted", "Granted"),
            ("voided", "Taken Back"),
            ("invoiced", "Used"),
        ],
        required=True,
        readonly=True,
    )
    state = fields.Selection(
        [("pending", "Not Paid Yet"), ("settled", "Settled"), ("failed", "Failed")],
        required=True,
        readonly=True,
    )
    amount = fields.Monetary(required=True, readonly=True)
    credits = fields.Float(digits=(16, 6), required=True, readonly=True, aggregator=None)
    invoice_id = fields.Many2one(
        "account.move",
        readonly=True,
        index="btree_not_null",
        help="What sells the credits, or uses them.",
    )
    move_id = fields.Many2one(
        "account.move", "Posted As", readonly=True, index="btree_not_null", ondelete="restrict"
    )
    settled_at = fields.Datetime(readonly=True)
    failed_at = fields.Datetime(readonly=True)
    api_values = fields.Json("Told by Service", readonly=True)
    use_ids = fields.One2many("fusion.billing.wallet.use", "inbound_id", "Used by")
    funding_ids = fields.One2many("fusion.billing.wallet.use", "outbound_id", "Taken from")
    remaining = fields.Monetary(compute="_compute_remaining")

    @api.depends("kind", "state", "amount", "use_ids.amount")
    def _compute_remaining(self):
        for one in self:
            comes_in = one.kind in ("purchased", "granted") and one.state == "settled"
            used = sum(one.use_ids.mapped("amount"))
            one.remaining = max(one.amount - used, 0.0) if comes_in else 0.0

    @api.model_create_multi
    def create(self, vals_list):
        records = super().create(vals_list)
        note(records)
        return records

    def write(self, vals):
        result = super().write(vals)
        note(self)
        return result


class FusionBillingWalletUse(models.Model):
    """How much of credits that came in went out again, and with what."""

    _name = "fusion.billing.wallet.use"
    _description = "Use of Prepaid Credits"

    inbound_id = fields.Many2one(
        "fusion.billing.wallet.transaction", required=True, index=True, ondelete="cascade"
    )
    outbound_id = fields.Many2one(
        "fusion.billing.wallet.transaction", required=True, index=True, ondelete="cascade"
    )
    service_id = fields.Many2one(related="inbound_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    currency_id = fields.Many2one(related="inbound_id.currency_id")
    amount = fields.Monetary(required=True)
