from odoo import fields, models

from ..api.objects.customer import ON_CONTACT
from ..webhooks.telling import note

#: What an account pays, and where it is named.
_PAYING = (
    ("sale.order", "x_fc_account_link_id"),
    ("fusion.billing.wallet", "link_id"),
    ("account.move", "x_fc_link_id"),
)
_OF_CUSTOMER = {path.partition(".")[0] for path in ON_CONTACT.values()}


class FusionBillingAccountLink(models.Model):
    """What a service told of its account over the API, and what it is told of it."""

    _name = "fusion.billing.account.link"
    _inherit = ["fusion.billing.account.link", "fusion.billing.told"]

    api_values = fields.Json(
        "Told by Service",
        readonly=True,
        copy=False,
        groups="fusion_centralize_billing.group_manager",
        help="The account as the service described it, also what a contact has no field for.",
    )
    deleted_at = fields.Datetime(
        readonly=True, copy=False, help="When the service deleted the account; it can come back."
    )

    def _get_protected(self):
        return super()._get_protected() | {"api_values", "deleted_at"}

    def _fc_currency(self):
        """Return the currency that the account pays in: as it was told, or as it is billed."""
        told = (self.api_values or {}).get("currency")
        if told:
            return self.env["res.currency"].search([("name", "=", told)])
        return self._fc_billed_in()

    def _fc_billed_in(self):
        """Return the currency of the newest that the account pays; empty: there is nothing yet."""
        for model, field in _PAYING if self else ():
            found = self.env[model].search([(field, "=", self.id)], order="id desc", limit=1)
            if found:
                return found.currency_id
        return self.env["res.currency"]


class ResPartner(models.Model):
    """Contacts whose changes are their customers'."""

    _inherit = "res.partner"

    def write(self, vals):
        result = super().write(vals)
        if not _OF_CUSTOMER.isdisjoint(vals):
            note(self)
        return result
