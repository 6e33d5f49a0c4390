from odoo import api, fields, models
from odoo.exceptions import UserError


class FusionBillingService(models.Model):
    """The keys with which a service calls the API."""

    _inherit = "fusion.billing.service"

    api_key_ids = fields.One2many(
        "fusion.billing.api.key",
        "service_id",
        "API Keys",
        groups="fusion_centralize_billing.group_manager",
    )
    events_checked_at = fields.Datetime(
        readonly=True, copy=False, help="When events were last looked at for thresholds."
    )

    def issue_api_key(self, name, expires_at=None):
        """Make an API key and return it; it is shown this once and cannot be read again.

        Args:
            name: Which program will use it.
            expires_at: ISO time in UTC from which it is refused; None for never.

        Raises:
            AccessError: The user is not in the Manager group.
            UserError: The name is empty, or the time is none or over.
        """
        self.ensure_one()
        self.env["fusion.billing.api.key"]._check_manager()
        # The record rules decide whether the manager has a say in this service.
        self.check_access("write")
        try:
            moment = fields.Datetime.to_datetime(expires_at)
        except ValueError:
            raise UserError(self.env._("Expiry is a time such as 2027-01-31 00:00:00.")) from None
        return self.env["fusion.billing.api.key"]._issue(self, name, moment)

    def action_new_api_key(self):
        """Open the dialog that makes a key."""
        self.ensure_one()
        return {
            "type": "ir.actions.act_window",
            "name": self.env._("New API Key"),
            "res_model": "fusion.billing.api.key.wizard",
            "views": [(False, "form")],
            "target": "new",
            "context": {"default_service_id": self.id},
        }

    @api.model
    def _match_api_key(self, key):
        """Return the service that a key belongs to; none for a wrong, old or revoked one.

        Keys are compared in constant time.
        """
        return self.env["fusion.billing.api.key"]._match(key).service_id
