from math import inf

from odoo import api, models
from odoo.exceptions import AccessError, UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import check_page, check_text

from ..webhooks import queue, telling
from ..webhooks.delivery import Delivery, Terms

MODULE = "fusion_centralize_billing"
MOST_ATTEMPTS, FIRST_SECONDS = 15, 5.0
_MOST_PER_CALL = 5000
_MOST_SECONDS = 600


class FusionBillingWebhook(models.Model):
    """Emptying the outbox: what the flow and the scheduled action call."""

    _inherit = "fusion.billing.webhook"

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
        check_page(0, limit, _MOST_PER_CALL)
        if type(seconds) not in (int, float) or not 0 < seconds < inf:
            raise UserError(self.env._("The seconds are a number above 0."))
        check_text(worker, self.env._("The name of a worker"))
        services = self._service_ids(service)
        delivery = Delivery(env.registry, worker[:60], self._terms(env))
        outcomes = delivery.run(
            most=limit, seconds=min(float(seconds), _MOST_SECONDS), services=services
        )
        every = env["fusion.billing.service"].with_context(active_test=False).search([])
        codes = {each.id: each.code for each in every}
        with env.registry.cursor() as cr:
            counts = queue.count(cr, services)
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
        check_page(0, limit, _MOST_PER_CALL)
        services = self._service_ids(service)
        env.flush_all()
        counts = queue.count(env.cr, services)
        due = env[self._name].browse(queue.due_ids(env.cr, most=limit, services=services))
        return {**_plain(counts), "rows": [webhook._summary() for webhook in due]}

    @api.model
    def given_up(self, limit=1000, service=None):
        """Return the newest messages that were given up.

        Raises:
            AccessError: The user is not in the Importer group.
        """
        env = self._sender_env()
        check_page(0, limit, _MOST_PER_CALL)
        domain = [("state", "=", "dead")]
        services = self._service_ids(service)
        if services is not None:
            domain.append(("service_id", "in", services))
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
        env = self._sender_env()
        return telling.tell_what_time_brought(env, self._service_ids(None))

    @api.model
    def _cron_deliver(self):
        """Deliver without Prefect: the same code, called by a scheduled action."""
        self.tell_what_time_brought()
        # What was sent stays sent.
        self.env.cr.commit()  # pylint: disable=invalid-commit
        progress = self.env["ir.cron"]
        while True:
            answer = self.deliver(worker="cron")
            left = progress._commit_progress(len(answer["attempts"]), remaining=answer["due"])
            if not answer["due"] or not left:
                return

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
    def _service_ids(self, code):
        """Return the ids of the services to deliver for: the caller's, or None for all.

        They are looked for with the caller's own rights.

        Raises:
            UserError: The caller has no service of this code.
        """
        own = self.env(context={})["fusion.billing.service"]
        if not code:
            every = own.with_context(active_test=False)
            return None if self.env.su else every.search([]).ids
        check_text(code, self.env._("The code of a service"))
        service = own.search([("code", "=", code)])
        if not service:
            raise UserError(self.env._("Odoo has no active service '%s'.", code))
        return service.ids

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
