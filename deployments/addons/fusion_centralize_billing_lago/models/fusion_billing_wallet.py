from odoo import api, fields, models

from ..crediting import wallets


class FusionBillingWallet(models.Model):
    """Prepaid credits of a customer: outstanding credits in Odoo, which the next invoices use."""

    _name = "fusion.billing.wallet"
    _description = "Prepaid Credits of a Customer"
    _order = "priority, id"

    link_id = fields.Many2one(
        "fusion.billing.account.link", "Account", required=True, index=True, ondelete="restrict"
    )
    service_id = fields.Many2one(related="link_id.service_id", store=True, precompute=True)
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    partner_id = fields.Many2one(related="link_id.partner_id")
    code = fields.Char(required=True)
    name = fields.Char()
    priority = fields.Integer(default=50, help="The lowest is used first.")
    rate_amount = fields.Float("Price of a Credit", digits=(16, 6), required=True, aggregator=None)
    currency_id = fields.Many2one("res.currency", required=True)
    expiration_at = fields.Datetime()
    terminated_at = fields.Datetime(readonly=True, copy=False)
    shadow = fields.Boolean(
        readonly=True, help="The service bills it: Odoo posts nothing, and no invoice uses it."
    )
    api_values = fields.Json("Told by Service", readonly=True, copy=False)
    transaction_ids = fields.One2many("fusion.billing.wallet.transaction", "wallet_id")
    balance = fields.Monetary(compute="_compute_balance")
    state = fields.Selection(
        [("active", "Active"), ("terminated", "Over")], compute="_compute_state"
    )

    _code_uniq = models.UniqueIndex(
        "(link_id, code) WHERE terminated_at IS NULL", "The customer has a wallet of this code."
    )
    _rate_positive = models.Constraint("CHECK (rate_amount > 0)", "A credit is worth something.")

    @api.depends("terminated_at")
    def _compute_state(self):
        for wallet in self:
            wallet.state = "terminated" if wallet.terminated_at else "active"

    @api.depends("transaction_ids.state", "transaction_ids.remaining")
    def _compute_balance(self):
        for wallet in self:
            wallet.balance = sum(wallet.transaction_ids.mapped("remaining"))

    def _usable(self):
        """Return those that an invoice may use now."""
        now = fields.Datetime.now()
        return self.filtered(
            lambda wallet: (
                not wallet.shadow
                and not wallet.terminated_at
                and (not wallet.expiration_at or wallet.expiration_at > now)
            )
        ).sorted(lambda wallet: (wallet.priority, wallet.id))

    def _terminate(self):
        """Close wallets: what was granted is taken back, what was paid for stays owed."""
        for wallet in self.filtered(lambda one: not one.terminated_at):
            granted = wallet.transaction_ids.filtered(
                lambda one: one.kind == "granted" and one.remaining > 0
            )
            if granted:
                wallets.void(wallet, sum(granted.mapped("remaining")), granted)
            wallet.terminated_at = fields.Datetime.now()

    @api.model
    def _terminate_expired(self):
        """Close the wallets whose time is over; return how many."""
        expired = self.search(
            [("terminated_at", "=", False), ("expiration_at", "<=", fields.Datetime.now())]
        )
        expired._terminate()
        return len(expired)


class FusionBillingWalletTransaction(models.Model):
    """Credits that come into a wallet or go out of it."""

    _name = "fusion.billing.wallet.transaction"
    _inherit = ["fusion.billing.told"]
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

    def _of_live(self):
        """Return all: of what a service bills itself nothing is told, live or not."""
        return self


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
