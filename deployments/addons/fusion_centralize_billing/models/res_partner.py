from odoo import fields, models


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

    def _check_company(self, fnames=None):
        """Check one contact for all of a load's new ones: they hold the same defaults.

        Only a superuser environment, which a remote call never has, passes.
        """
        alike = self.env.su and self.env.context.get("fc_contacts_alike")
        return super(ResPartner, self[:1] if alike else self)._check_company(fnames)
