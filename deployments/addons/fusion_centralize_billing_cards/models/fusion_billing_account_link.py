from odoo import api, fields, models


class FusionBillingAccountLink(models.Model):
    """How an account pays once Odoo bills it: by its card, or by invoice."""

    _inherit = "fusion.billing.account.link"

    pays_by_invoice = fields.Boolean(
        default=False,
        copy=False,
        help="The account gets its invoices by mail and pays them itself: no card is charged, "
        "and none is needed for the cutover.",
    )
    card_ids = fields.One2many("payment.token", "x_fc_account_link_id", "Cards")
    card_summary = fields.Char(
        "Card", compute="_compute_card_summary", compute_sudo=True, help="By which Odoo charges."
    )

    @api.depends("card_ids.active", "card_ids.payment_details", "card_ids.x_fc_expires_on")
    def _compute_card_summary(self):
        for link in self:
            card = link._card()
            link.card_summary = card and f"{card.display_name}, {card.x_fc_expires_on:%m/%Y}"

    def _card(self):
        """Return the card that this account pays by; none if it has none here."""
        self.ensure_one()
        return self.sudo().card_ids.filtered("active")[:1]
