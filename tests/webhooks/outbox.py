"""An Odoo whose outbox a test fills and empties, over RPC and with plain SQL."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import Any

from deployments.local.scratch import Scratch
from tasks.clients.odoo.connection import Odoo, OdooAccess

PREFIX = "fusion_centralize_billing.webhook_"


@dataclass
class Outbox:
    """A database of a running Odoo.

    ``first_seconds`` is so short here that no test waits for a second attempt.
    """

    scratch: Scratch
    database: str

    @cached_property
    def odoo(self) -> Odoo:
        """The connection of the test's own thread; another thread makes one of ``access``."""
        return Odoo(self.access)

    @property
    def access(self) -> OdooAccess:
        scratch = self.scratch
        return OdooAccess(scratch.odoo_url, self.database, scratch.odoo_user, scratch.odoo_password)

    def sql(self, statement: str) -> Any:
        return self.scratch.odoo.cluster.sql(statement, self.database)

    def set_up(self, **settings: object) -> None:
        settings = {"allowed_hosts": "127.0.0.1", "first_seconds": 0.02, **settings}
        odoo = self.odoo
        for name, value in settings.items():
            odoo.call("ir.config_parameter", "set_param", PREFIX + name, str(value))

    def new_endpoint(self, url: str, code: str, *, algorithm: str = "hmac") -> int:
        """A service of its own, with one endpoint; returns the endpoint's id."""
        odoo = self.odoo
        service = odoo.call(
            "fusion.billing.service", "create", [{"name": code, "code": code, "phase": "live"}]
        )[0]
        values = {"service_id": service, "url": url, "signature_algo": algorithm}
        return odoo.call("fusion.billing.webhook.endpoint", "create", [values])[0]

    def fill(self, endpoint: int, events: int, *, customers: int, subscriptions: int) -> None:
        """Queue events, whose bodies are their numbers, in turn for each subscription.

        Every twentieth concerns its whole customer.
        """
        self.sql(
            f"""
            INSERT INTO fusion_billing_webhook (service_id, company_id, endpoint_id, event_type,
                unique_key, customer, subscription, body, state, attempts, next_retry_at,
                create_date)
            SELECT service_id, company_id, id, 'subscription.updated', gen_random_uuid()::text,
                'customer ' || n % {customers},
                CASE WHEN n % 20 = 7 THEN '' ELSE 'subscription ' || n % {subscriptions} END,
                json_build_object('n', n, 'customer', n % {customers}, 'subscription',
                    CASE WHEN n % 20 = 7 THEN -1 ELSE n % {subscriptions} END),
                'pending', 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM fusion_billing_webhook_endpoint, generate_series(1, {events}) n
            WHERE id = {endpoint} ORDER BY n
            """
        )

    def states(self, endpoint: int) -> dict[str, int]:
        groups = self.odoo.call(
            "fusion.billing.webhook",
            "formatted_read_group",
            [["endpoint_id", "=", endpoint]],
            ["state"],
            ["__count"],
        )
        return {group["state"]: group["__count"] for group in groups}
