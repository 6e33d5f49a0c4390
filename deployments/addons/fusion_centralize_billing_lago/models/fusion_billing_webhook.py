import json
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..api.lago_id import lago_id
from ..webhooks import telling
from ..webhooks.message import OBJECT_TYPES, message_body, wants

MODULE = "fusion_centralize_billing"
_KEPT_DAYS = 90


class FusionBillingWebhook(models.Model):
    """The outbox: one message to one endpoint, written in the transaction that it tells of.

    Its body never changes. It is sent until the endpoint acknowledges it or has refused it
    too often; per subscription and endpoint in the order in which things happened.
    """

    _name = "fusion.billing.webhook"
    _description = "Webhook"
    _order = "id desc"
    _rec_name = "unique_key"

    service_id = fields.Many2one(
        "fusion.billing.service", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="service_id.company_id", store=True, precompute=True)
    endpoint_id = fields.Many2one(
        "fusion.billing.webhook.endpoint", readonly=True, ondelete="set null"
    )
    url = fields.Char("Sent to", readonly=True, help="Where it was last sent.")
    event_type = fields.Selection(
        [(name, name) for name in OBJECT_TYPES], required=True, readonly=True
    )
    unique_key = fields.Char(
        required=True,
        readonly=True,
        copy=False,
        default=lambda _self: str(uuid4()),
        help="The same in every attempt: by it the app knows a message that comes again.",
    )
    customer = fields.Char(
        "Account ID", required=True, readonly=True, default="", help="Its id in the service."
    )
    subscription = fields.Char(
        required=True,
        readonly=True,
        default="",
        help="Its id in the service; empty: it concerns the whole account.",
    )
    body = fields.Text(required=True, readonly=True)
    payload = fields.Json(compute="_compute_payload")
    payload_text = fields.Text("Message", compute="_compute_payload")
    signature = fields.Text(readonly=True, help="Of the last attempt.")
    state = fields.Selection(
        [
            ("pending", "Waiting"),
            ("delivered", "Delivered"),
            ("dead", "Given Up"),
            ("canceled", "Canceled"),
        ],
        required=True,
        readonly=True,
        default="pending",
    )
    attempts = fields.Integer(readonly=True, default=0, aggregator=None)
    attempt_ids = fields.One2many("fusion.billing.webhook.attempt", "webhook_id", "All Attempts")
    next_retry_at = fields.Datetime("Next Attempt", readonly=True)
    last_status = fields.Integer("HTTP Status", readonly=True, aggregator=None)
    last_error = fields.Char(readonly=True)
    delivered_at = fields.Datetime("Delivered", readonly=True)
    lease_until = fields.Datetime(
        readonly=True, help="A worker has it and sends it now; then it is anybody's again."
    )
    leased_by = fields.Char("Worker", readonly=True)
    create_date = fields.Datetime("Happened", readonly=True)

    _unique_key_uniq = models.Constraint("UNIQUE (unique_key)", "This message is already here.")
    # What waits is little, and only that is looked through.
    _pending_idx = models.Index("(id) WHERE state = 'pending'")
    _order_idx = models.Index("(endpoint_id, customer, id) WHERE state = 'pending'")
    _dead_idx = models.Index("(id) WHERE state = 'dead'")

    @api.depends("body")
    def _compute_payload(self):
        for webhook in self:
            webhook.payload = json.loads(webhook.body) if webhook.body else False
            webhook.payload_text = json.dumps(webhook.payload, indent=2, ensure_ascii=False)

    @api.model
    def _emit(self, service, event_type, record, payload_object, *, link=None, subscription=""):
        """Write a message to each endpoint that wants it, in the current transaction.

        Two transactions that tell of the same account wait for each other here, so that the
        order of ids is the order in which things happened.

        Args:
            service: Whose endpoints.
            event_type: One of ``OBJECT_TYPES``.
            record: What it is about; locked when there is no ``link``.
            payload_object: The object of the message, or a function that returns it, called
                only if anybody wants it.
            link: The account that it concerns.
            subscription: Its id in the service; empty if the whole account is concerned.
        """
        if self.env.su and self.env.context.get(telling.SILENT):
            return self.browse()
        endpoints = service.sudo().webhook_endpoint_ids.filtered(
            lambda endpoint: endpoint.active and wants(endpoint.event_types, event_type)
        )
        if not endpoints:
            return self.browse()
        self._wait_for_turn(link or record)
        content = payload_object() if callable(payload_object) else payload_object
        body = message_body(event_type, lago_id(service), content)
        return self.sudo().create(
            [
                {
                    "service_id": service.id,
                    "endpoint_id": endpoint.id,
                    "event_type": event_type,
                    "customer": (link and link.external_id) or "",
                    "subscription": subscription or "",
                    "body": body,
                    "next_retry_at": self.env.cr.now(),
                }
                for endpoint in endpoints
            ]
        )

    @api.model
    def _wait_for_turn(self, record):
        if not record:
            return
        record.flush_recordset()
        self.env.cr.execute(
            SQL(
                "SELECT FROM %s WHERE id IN %s FOR NO KEY UPDATE",
                SQL.identifier(record._table),
                tuple(sorted(record.ids)),
            )
        )

    def action_replay(self):
        """Send these messages again, as they are and under the same unique key.

        What is on its way at this moment is left to whoever sends it.
        """
        if not self.env.user.has_group(f"{MODULE}.group_manager"):
            raise AccessError(
                self.env._("Sending again needs the group Centralized Billing / Manager.")
            )
        homeless = self.filtered(lambda webhook: not webhook.endpoint_id)
        if homeless:
            raise UserError(self.env._("The endpoint of %s messages was deleted.", len(homeless)))
        now = fields.Datetime.now()
        resting = self.filtered(
            lambda webhook: (
                webhook.state != "pending" or not webhook.lease_until or webhook.lease_until <= now
            )
        )
        resting.sudo().write(
            {
                "state": "pending",
                "attempts": 0,
                "next_retry_at": self.env.cr.now(),
                "last_error": False,
                "delivered_at": False,
                "leased_by": False,
                "lease_until": False,
            }
        )
        return True

    def action_cancel(self):
        """Send these messages no more."""
        if not self.env.user.has_group(f"{MODULE}.group_manager"):
            raise AccessError(
                self.env._("Canceling needs the group Centralized Billing / Manager.")
            )
        waiting = self.filtered(lambda webhook: webhook.state in ("pending", "dead"))
        waiting.sudo().write({"state": "canceled", "leased_by": False, "lease_until": False})
        return True

    @api.autovacuum
    def _gc_delivered(self):
        """Forget what was delivered or canceled months ago; what was given up stays."""
        self.env.cr.execute(
            SQL(
                "DELETE FROM fusion_billing_webhook WHERE state IN ('delivered', 'canceled') "
                "AND create_date < now() AT TIME ZONE 'UTC' - %s * interval '1 day'",
                _KEPT_DAYS,
            )
        )


class FusionBillingWebhookAttempt(models.Model):
    """One attempt to deliver a webhook: written where it is sent, never changed."""

    _name = "fusion.billing.webhook.attempt"
    _description = "Webhook Attempt"
    _order = "id desc"
    _log_access = False

    webhook_id = fields.Many2one(
        "fusion.billing.webhook", required=True, index=True, ondelete="cascade"
    )
    company_id = fields.Many2one(related="webhook_id.company_id")
    attempted_at = fields.Datetime("Time", readonly=True)
    delivered = fields.Boolean(readonly=True)
    status = fields.Integer("HTTP Status", readonly=True, aggregator=None)
    error = fields.Char(readonly=True)
    milliseconds = fields.Integer("Took (ms)", readonly=True, aggregator="avg")
    worker = fields.Char(readonly=True)


class FusionBillingWebhookTold(models.Model):
    """What an app was last told of a record: what is the same is not told again.

    It is kept whether or not anybody listens, so that an endpoint which comes later is not
    told of the past.
    """

    _name = "fusion.billing.webhook.told"
    _description = "Last State Told by Webhook"
    _log_access = False

    service_id = fields.Many2one("fusion.billing.service", required=True, ondelete="cascade")
    model = fields.Char(required=True)
    record_id = fields.Many2oneReference(model_field="model", required=True)
    status = fields.Char()
    digest = fields.Char()
    overdue_since = fields.Date()

    _record_uniq = models.Constraint(
        "UNIQUE (model, record_id, service_id)", "This record already has a last state."
    )
