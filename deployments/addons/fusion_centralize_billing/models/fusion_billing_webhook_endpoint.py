from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..webhooks import event_types, signing
from ..webhooks.addresses import RefusedAddressError, parse_allowed, parse_url

MOST_PER_SERVICE = 10
ALLOWED_HOSTS = "fusion_centralize_billing.webhook_allowed_hosts"


class FusionBillingWebhookEndpoint(models.Model):
    """An address of a service that is told of billing events.

    Archived, it is paused: nothing is sent to it and nothing new is kept for it. What
    waited goes on waiting.
    """

    _name = "fusion.billing.webhook.endpoint"
    _description = "Webhook Endpoint"
    _order = "id"
    _rec_name = "url"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    uuid = fields.Char(
        "External ID", required=True, readonly=True, copy=False, default=lambda _: str(uuid4())
    )
    name = fields.Char()
    url = fields.Char("URL", required=True)
    signature_algo = fields.Selection(
        [(signing.JWT, "JWT (RS256)"), (signing.HMAC, "HMAC-SHA256")],
        "Signature",
        required=True,
        default=signing.JWT,
    )
    event_types = fields.Json(help="List of event types to send; empty: all.")
    active = fields.Boolean(default=True)

    _uuid_uniq = models.Constraint("UNIQUE (uuid)", "Another endpoint already has this ID.")
    _url_uniq = models.Constraint(
        "UNIQUE (service_id, url)", "The service already has an endpoint with this URL."
    )

    @api.model_create_multi
    def create(self, vals_list):
        endpoints = super().create(vals_list)
        endpoints.service_id._ensure_signing_keys()
        return endpoints

    @api.constrains("url")
    def _check_url(self):
        """Refuse at once what could never be called; names are looked up when sending."""
        allowed = self._allowed_hosts()
        for endpoint in self:
            try:
                parse_url(endpoint.url, allowed)
            except RefusedAddressError as error:
                raise ValidationError(
                    self.env._(
                        "%(url)s cannot be a webhook's URL: %(reason)s.",
                        url=endpoint.url,
                        reason=str(error),
                    )
                ) from None

    @api.constrains("event_types")
    def _check_event_types(self):
        for endpoint in self:
            wanted = endpoint.event_types or []
            if not isinstance(wanted, list):
                raise ValidationError(self.env._("Event types are a list of names."))
            if unknown := event_types.unknown_types(wanted):
                raise ValidationError(
                    self.env._("There is no event type %(names)s.", names=", ".join(unknown))
                )

    @api.constrains("service_id")
    def _check_count(self):
        for service in self.service_id:
            found = self.with_context(active_test=False).search_count(
                [("service_id", "=", service.id)]
            )
            if found > MOST_PER_SERVICE:
                raise ValidationError(
                    self.env._("A service can have %(most)s endpoints.", most=MOST_PER_SERVICE)
                )

    @api.model
    def _allowed_hosts(self):
        """Return the hosts that may be inside the network, as the setting names them."""
        return parse_allowed(self.env["ir.config_parameter"].sudo().get_param(ALLOWED_HOSTS))
