from odoo import fields, models


class PaymentToken(models.Model):
    """A card that was brought from Stripe: whose account pays by it, and until when it is valid."""

    _name = "payment.token"
    _inherit = ["payment.token", "fusion.billing.protected"]

    x_fc_account_link_id = fields.Many2one(
        "fusion.billing.account.link",
        "Billing Account",
        readonly=True,
        copy=False,
        ondelete="set null",
        help="The account of a service that pays by this card from the cutover on.",
    )
    x_fc_expires_on = fields.Date(
        "Valid Until", readonly=True, copy=False, help="The card's last day, as Stripe says."
    )

    _idempotency_keys = ("fc_account_uniq",)
    _fc_account_uniq = models.UniqueIndex(
        "(x_fc_account_link_id) WHERE active AND x_fc_account_link_id IS NOT NULL",
        "The account has a card already.",
    )

    def _get_protected(self):
        return super()._get_protected() | {"x_fc_account_link_id", "x_fc_expires_on"}
