import json
from uuid import uuid4

from odoo import api, fields, models
from odoo.exceptions import AccessError, UserError
from odoo.tools import SQL

from ..api.lago_id import lago_id
from ..webhooks import event_types, queue, telling
from ..webhooks.delivery import Delivery, Terms
from ..webhooks.message import message_body

MODULE = "fusion_centralize_billing"
MOST_ATTEMPTS, FIRST_SECONDS = 15, 5.0
_KEPT_DAYS = 90
_MOST_PER_CALL = 5000
_MOST_SECONDS = 600


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
        [(name, name) for name in event_types.OBJECT_TYPES], required=True, readonly=True
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
        "Subscription",
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
            event_type: One of ``event_types.OBJECT_TYPES``.
            record: What it is about; locked when there is no ``link``.
            payload_object: The object of the message, or a function that returns it, called
                only if anybody wants it.
            link: The account that it concerns.
            subscription: Its id in the service; empty if the whole account is concerned.
        """
        if self.env.su and self.env.context.get(telling.SILENT):
            return self.browse()
        endpoints = service.sudo().webhook_endpoint_ids.filtered(
            lambda endpoint: endpoint.active
            and event_types.wants(endpoint.event_types, event_type)
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

    @api.model
    def deliver(self, limit=500, worker="odoo", service=None, seconds=50):
        """Send what is due and return what became of each attempt.

        It commits as it goes, each step by itself, so a call that dies loses nothing: what
        it had taken is anybody's again when its lease ends. Any number of calls may run at
        once.

        Args:
            limit: Messages to take, at most 5,000.
            worker: A name for the log of attempts.
            service: Code of the one service to deliver for; none: all.
            seconds: After so long nothing more is taken.

        Returns:
            ``attempts``: a row for each, in their order; ``due``: how many could go on now.

        Raises:
            AccessError: The user is not in the Importer group.
            UserError: There is no such service, or the limit makes no sense.
        """
        env = self._sender_env()
        if not isinstance(limit, int) or not 0 < limit <= _MOST_PER_CALL:
            raise UserError(self.env._("The limit is a number up to %s.", _MOST_PER_CALL))
        service_id = self._service_id(env, service)
        delivery = Delivery(env.registry, str(worker)[:60], self._terms(env))
        outcomes = delivery.run(
            most=limit, seconds=min(float(seconds), _MOST_SECONDS), service_id=service_id
        )
        services = env["fusion.billing.service"].with_context(active_test=False).search([])
        codes = {each.id: each.code for each in services}
        with env.registry.cursor() as cr:
            counts = queue.count(cr, service_id)
        return {
            "attempts": [_answer(outcome, codes) for outcome in outcomes],
            **_plain(counts),
        }

    @api.model
    def waiting(self, limit=500, service=None):
        """Return what waits, without sending it: counts, and the messages that could go now.

        Returns:
            ``due``, ``pending``, ``leased``, ``dead``, ``next_due_at`` and ``rows``.

        Raises:
            AccessError: The user is not in the Importer group.
        """
        env = self._sender_env()
        service_id = self._service_id(env, service)
        env.flush_all()
        counts = queue.count(env.cr, service_id)
        due = env[self._name].browse(queue.due_ids(env.cr, most=limit, service_id=service_id))
        return {**_plain(counts), "rows": [webhook._summary() for webhook in due]}

    @api.model
    def given_up(self, limit=1000, service=None):
        """Return the newest messages that were given up.

        Raises:
            AccessError: The user is not in the Importer group.
        """
        env = self._sender_env()
        domain = [("state", "=", "dead")]
        if service_id := self._service_id(env, service):
            domain.append(("service_id", "=", service_id))
        return [webhook._summary() for webhook in env[self._name].search(domain, limit=limit)]

    @api.model
    def tell_what_time_brought(self):
        """Write the messages that no change of a record brings, but the passing of time.

        Invoices that have become overdue, subscriptions that began or ended on their day. A
        second call finds nothing left to tell.

        Returns:
            How many things were looked at.

        Raises:
            AccessError: The user is not in the Importer group.
        """
        return telling.tell_what_time_brought(self._sender_env())

    @api.model
    def _cron_deliver(self):
        """Deliver without Prefect: the same code, called by a scheduled action."""
        self.tell_what_time_brought()
        self.env.cr.commit()
        progress = self.env["ir.cron"]
        while True:
            answer = self.deliver(worker="cron")
            left = progress._commit_progress(len(answer["attempts"]), remaining=answer["due"])
            if not answer["due"] or not left:
                return

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
            raise UserError(
                self.env._("The endpoint of %s messages was deleted.", len(homeless))
            )
        now = fields.Datetime.now()
        resting = self.filtered(
            lambda webhook: webhook.state != "pending"
            or not webhook.lease_until
            or webhook.lease_until <= now
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

    def _summary(self):
        """Return a message as the flows show it."""
        self.ensure_one()
        return {
            "id": self.id,
            "unique_key": self.unique_key,
            "event_type": self.event_type,
            "service": self.service_id.code,
            "customer": self.customer,
            "subscription": self.subscription,
            "url": self.endpoint_id.url or self.url or "",
            "state": self.state,
            "attempts": self.attempts,
            "last_status": self.last_status or None,
            "last_error": self.last_error or "",
            "happened_at": _iso(self.create_date),
            "next_retry_at": _iso(self.next_retry_at),
        }

    @api.model
    def _sender_env(self):
        """Return a superuser environment for a user who may deliver."""
        if not self.env.su and not self.env.user.has_group(f"{MODULE}.group_importer"):
            raise AccessError(
                self.env._("Delivering needs the group Centralized Billing / Importer.")
            )
        return self.env(su=True, context={})

    @api.model
    def _service_id(self, env, code):
        if not code:
            return None
        service = env["fusion.billing.service"].search([("code", "=", code)])
        if not service:
            raise UserError(self.env._("Odoo has no active service '%s'.", code))
        return service.id

    @api.model
    def _terms(self, env):
        """Return how to deliver, as the settings say, and the keys of all services."""
        settings = env["ir.config_parameter"]
        name = f"{MODULE}.webhook_"
        services = env["fusion.billing.service"].with_context(active_test=False).search([])
        services = services.filtered("webhook_endpoint_ids")
        keyless = services.filtered(
            lambda one: not (one.webhook_secret and one.webhook_private_key)
        )
        if keyless:
            # Those who verify must see new keys before anything is signed with them.
            keyless._ensure_signing_keys()
            env.cr.commit()
        return Terms(
            allowed=env["fusion.billing.webhook.endpoint"]._allowed_hosts(),
            most_attempts=int(settings.get_param(f"{name}most_attempts") or MOST_ATTEMPTS),
            first_seconds=float(settings.get_param(f"{name}first_seconds") or FIRST_SECONDS),
            issuer=settings.get_param("web.base.url") or "",
            keys={
                service.id: (service.webhook_secret, service.webhook_private_key)
                for service in services
            },
        )


def _answer(outcome, codes):
    """Return an attempt as JSON."""
    leased, receipt = outcome.leased, outcome.receipt
    return {
        "id": leased.id,
        "unique_key": leased.unique_key,
        "event_type": leased.event_type,
        "service": codes.get(leased.service_id, ""),
        "customer": leased.customer,
        "subscription": leased.subscription,
        "url": leased.url,
        "attempt": leased.attempts + 1,
        "outcome": "delivered" if receipt.delivered else outcome.state,
        "status": receipt.status,
        "error": receipt.error,
        "milliseconds": round(receipt.seconds * 1000),
        "next_retry_at": None if receipt.delivered else _iso(outcome.next_retry_at),
    }


def _plain(counts):
    return {**counts, "next_due_at": _iso(counts["next_due_at"])}


def _iso(moment):
    return f"{moment.isoformat(timespec='seconds')}Z" if moment else None
