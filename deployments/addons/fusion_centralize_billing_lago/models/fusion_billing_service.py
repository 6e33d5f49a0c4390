from odoo import api, fields, models
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import check_text

from ..webhooks import signing

MANAGER = "fusion_centralize_billing.group_manager"


class FusionBillingService(models.Model):
    """The keys with which a service calls the API, and where and how it is told of events."""

    _inherit = "fusion.billing.service"

    api_key_ids = fields.One2many(
        "fusion.billing.api.key",
        "service_id",
        "API Keys",
        groups=MANAGER,
    )
    webhook_endpoint_ids = fields.One2many(
        "fusion.billing.webhook.endpoint", "service_id", "Webhook Endpoints"
    )
    webhook_url = fields.Char(
        "Webhook URL",
        compute="_compute_webhook_url",
        inverse="_inverse_webhook_url",
        help="Where billing events of this service go: the first of its endpoints.",
    )
    webhook_secret = fields.Char(
        groups=MANAGER,
        copy=False,
        default=lambda _self: signing.new_secret(),
        help="Shared key of endpoints that are signed with HMAC: give it to the app.",
    )
    webhook_public_key = fields.Text(
        readonly=True,
        copy=False,
        help="With it the app verifies endpoints that are signed with JWT (RS256).",
    )
    # Not even an administrator needs to see it: Odoo alone signs.
    webhook_private_key = fields.Text(groups=fields.NO_ACCESS, readonly=True, copy=False)

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
        check_text(name, self.env._("The name of a key"))
        try:
            moment = fields.Datetime.to_datetime(expires_at or None)
        except (TypeError, ValueError):
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

    @api.depends("webhook_endpoint_ids.url")
    def _compute_webhook_url(self):
        for service in self:
            service.webhook_url = service.webhook_endpoint_ids[:1].url

    def _inverse_webhook_url(self):
        for service in self:
            endpoint = service.webhook_endpoint_ids[:1]
            if not service.webhook_url:
                endpoint.active = False
            elif endpoint:
                endpoint.url = service.webhook_url
            else:
                self.env["fusion.billing.webhook.endpoint"].create(
                    {
                        "service_id": service.id,
                        "url": service.webhook_url,
                        "signature_algo": signing.HMAC,
                    }
                )

    def _ensure_signing_keys(self):
        """Give each service that has none a secret and a pair of RSA keys."""
        for service in self.sudo():
            if not service.webhook_secret:
                service.webhook_secret = signing.new_secret()
            if not service.webhook_private_key:
                private, public = signing.new_key_pair()
                service.write({"webhook_private_key": private, "webhook_public_key": public})

    def _webhook_public_key(self):
        """Return the public key as PEM; the first call makes the pair."""
        self.ensure_one()
        self._ensure_signing_keys()
        return self.webhook_public_key

    def action_renew_signing_keys(self):
        """Replace the secret and the key pair; what waits is signed with the new ones."""
        self.check_access("write")
        self.sudo().write({"webhook_secret": False, "webhook_private_key": False})
        self._ensure_signing_keys()
