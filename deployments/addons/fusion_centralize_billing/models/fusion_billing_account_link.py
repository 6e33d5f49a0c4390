from odoo import api, fields, models
from odoo.exceptions import AccessError


class FusionBillingAccountLink(models.Model):
    """One account of a service and the contact that is billed for it.

    Several accounts may share a contact (two users of a service with one email). A contact
    that was here before its account is never rewritten by a load; ``owns_partner`` tells. Nor is
    one that two accounts share, of whichever services: ``_keeps_contact`` tells.
    """

    _name = "fusion.billing.account.link"
    _inherit = ["fusion.billing.protected"]
    _description = "Account Link"
    _rec_name = "external_id"
    _order = "id desc"
    _protected_fields = frozenset(
        {"fingerprint", "owns_partner", "api_values", "deleted_at", "remark_code", "remark"}
    )

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="restrict"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    external_id = fields.Char("Account ID", required=True, help="The account's id in the service.")
    partner_id = fields.Many2one(
        "res.partner", "Contact", required=True, index=True, ondelete="restrict"
    )
    email_at_import = fields.Char(
        help="The account's address when it was last loaded; the contact's may differ."
    )
    stripe_customer_id = fields.Char(index="btree_not_null")
    account_active = fields.Boolean(
        default=True, help="Whether the account is active in the service."
    )
    payment_provider = fields.Char(
        help="Who charges the account, if it is not Stripe: Odoo takes no money there."
    )
    payment_reference = fields.Char(help="What the account is called at its payment provider.")
    tax_exempt = fields.Boolean(
        default=False, help="The service says that the account pays no tax."
    )
    remark_code = fields.Char("Remark", readonly=True, copy=False)
    remark = fields.Char(
        "What to Look At",
        readonly=True,
        copy=False,
        help="What the last load found about the contact; told in every run until it is mended.",
    )
    credit_ids = fields.One2many("fusion.billing.opening.credit", "link_id", "Opening Credits")
    owns_partner = fields.Boolean(
        "Contact Created by Import",
        readonly=True,
        help="The import created this contact and keeps it up to date. "
        "A contact that was here before is never changed by the import.",
    )
    fingerprint = fields.Char(readonly=True, copy=False)
    billing_state = fields.Selection(
        [("shadow", "Shadow"), ("live", "Live")],
        "Billed By",
        required=True,
        readonly=True,
        copy=False,
        default="shadow",
        index=True,
        help="Shadow: the service's old billing. Live: Odoo.",
    )
    live_since = fields.Datetime(readonly=True, copy=False)

    _idempotency_keys = ("external_uniq",)
    _external_uniq = models.Constraint(
        "UNIQUE (service_id, external_id)",
        "This account of the service is already linked to a contact.",
    )

    @api.model
    def _by_account(self, service, external_ids):
        """Return the links of these accounts of a service, by the accounts' ids."""
        ours = [("service_id", "=", service.id), ("external_id", "in", list(external_ids))]
        return {link.external_id: link for link in self.search_fetch(ours, ["external_id"])}

    def _keeps_contact(self):
        """Say whether what its service tells of the account may be written into the contact.

        It may if the account brought the contact and is the only one billed through it.
        """
        return self._brought_contact() and len(self.partner_id.sudo().x_fc_link_ids) == 1

    def _brought_contact(self):
        """Say whether the contact came with the account.

        Who merged contacts in Odoo may have put another in the place of the one that came.
        """
        self.ensure_one()
        return self.owns_partner and self.partner_id.sudo().create_date == self.create_date

    def _cutover_fields(self):
        """Return the names of the fields that only a cutover sets."""
        return {"billing_state", "live_since"}

    def _refuse_protected(self, vals):
        """Refuse also what only a cutover sets."""
        if not self._cutover_fields().isdisjoint(vals):
            raise AccessError(self.env._("Only a cutover changes who bills an account."))
        return super()._refuse_protected(vals)
