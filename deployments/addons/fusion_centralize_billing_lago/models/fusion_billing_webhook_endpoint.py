from odoo import api, fields, models
from odoo.exceptions import ValidationError

from ..webhooks import signing
from ..webhooks.addresses import RefusedAddressError, parse_allowed, parse_url
from ..webhooks.message import OBJECT_TYPES, unknown_types

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
    name = fields.Char()
    url = fields.Char("URL", required=True)
    signature_algo = fields.Selection(
        [(signing.JWT, "JWT (RS256)"), (signing.HMAC, "HMAC-SHA256")],
        "Signature",
        required=True,
        default=signing.JWT,
    )
    event_types = fields.Json(help="List of event types to send; empty: all.")
    event_filter = fields.Char(
        "Only Events",
        compute="_compute_event_filter",
        inverse="_inverse_event_filter",
        help="Names with commas between; empty: all. There are " + ", ".join(OBJECT_TYPES) + ".",
    )
    active = fields.Boolean(default=True)
    paused_until = fields.Datetime(
        readonly=True,
        copy=False,
        help="It did not answer several times in a row: until then it is left alone.",
    )
    webhook_ids = fields.One2many("fusion.billing.webhook", "endpoint_id", "Webhooks")
    waiting_count = fields.Integer("Waiting", compute="_compute_counts")
    dead_count = fields.Integer("Given Up", compute="_compute_counts")

    _url_uniq = models.Constraint(
        "UNIQUE (service_id, url)", "The service already has an endpoint with this URL."
    )

    @api.model_create_multi
    def create(self, vals_list):
        endpoints = super().create(vals_list)
        endpoints.service_id._ensure_signing_keys()
        return endpoints

    def unlink(self):
        # What was sent stays on record; what waits has nowhere to go any more.
        waiting = self.env["fusion.billing.webhook"].sudo()
        waiting.search([("endpoint_id", "in", self.ids), ("state", "=", "pending")]).write(
            {"state": "canceled", "last_error": self.env._("The endpoint was deleted.")}
        )
        return super().unlink()

    @api.depends("event_types")
    def _compute_event_filter(self):
        for endpoint in self:
            endpoint.event_filter = ", ".join(endpoint.event_types or [])

    def _inverse_event_filter(self):
        for endpoint in self:
            names = (endpoint.event_filter or "").replace(",", " ").split()
            endpoint.event_types = names or False

    def _compute_counts(self):
        groups = self.env["fusion.billing.webhook"]._read_group(
            [("endpoint_id", "in", self.ids), ("state", "in", ("pending", "dead"))],
            ["endpoint_id", "state"],
            ["__count"],
        )
        counts = {(endpoint.id, state): count for endpoint, state, count in groups}
        for endpoint in self:
            endpoint.waiting_count = counts.get((endpoint.id, "pending"), 0)
            endpoint.dead_count = counts.get((endpoint.id, "dead"), 0)

    def action_open_webhooks(self):
        """Open what was and will be sent to this endpoint."""
        action = self.env["ir.actions.act_window"]._for_xml_id(
            "fusion_centralize_billing_lago.fusion_billing_webhook_action"
        )
        action["domain"] = [("endpoint_id", "in", self.ids)]
        action["context"] = {}
        return action

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
            if unknown := unknown_types(wanted):
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
