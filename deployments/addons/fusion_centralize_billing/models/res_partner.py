from odoo import fields, models

# Of these Odoo makes a contact's fiscal position.
_DECIDE_TAXES = frozenset({"property_account_position_id", "country_id", "state_id", "zip", "vat"})


class ResPartner(models.Model):
    """The accounts that a contact is billed for."""

    _inherit = "res.partner"

    x_fc_link_ids = fields.One2many(
        "fusion.billing.account.link",
        "partner_id",
        "Account Links",
        groups="fusion_centralize_billing.group_reader",
    )

    # A load looks contacts up by address; without it each bundle would scan them all.
    _fc_email_normalized_idx = models.Index("(email_normalized)")

    def write(self, vals):
        """Let shadows follow where a person corrects what a contact is taxed by.

        Odoo decides it once, when an order is made. A load writes its orders itself.
        """
        written = super().write(vals)
        if _DECIDE_TAXES.intersection(vals) and not self.env.su:
            shadows = [("x_fc_shadow", "=", True), ("state", "=", "draft")]
            mine = [("partner_id", "in", self.ids), *shadows]
            self.env["sale.order"].sudo().search(mine)._follow_contact_taxes()
        return written

    def _check_company(self, fnames=None):
        """Check one contact for all of a load's new ones: they hold the same defaults.

        Only a superuser environment, which a remote call never has, passes.
        """
        alike = self.env.su and self.env.context.get("fc_contacts_alike")
        return super(ResPartner, self[:1] if alike else self)._check_company(fnames)
