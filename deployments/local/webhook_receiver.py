"""NexaCloud's receiver of billing events, and the endpoint in Odoo that leads to it."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from urllib.parse import urlsplit

import odoorpc

from deployments.local import nexacloud_sample
from deployments.local.places import PROJECT
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, start
from deployments.sample.pilot import CODE

ROLE = "nexa_receiver"
SERVICE = "NexaCloud Pilot"
_ALLOWED_HOSTS = "fusion_centralize_billing.webhook_allowed_hosts"
_SQL = PROJECT / "deployments" / "sample" / "receiver" / "receiver_role.sql"


def start_receiver(
    cluster: Cluster, password: str, secret: str, *, port: int, log: Path
) -> Service:
    """Give the receiver its role in NexaCloud's database and start it.

    Args:
        cluster: Where NexaCloud's database is.
        password: Of the receiver's role, which is created or renewed.
        secret: The service's webhook secret.
        port: TCP port on loopback.
        log: File for its output.
    """
    setting = f"SELECT set_config('nexa.receiver_password', '{password}', false);"
    cluster.sql(f"{setting}\n{_SQL.read_text(encoding='utf-8')}", nexacloud_sample.DATABASE)
    return start(
        "receiver",
        [sys.executable, "-m", "deployments.sample.receiver", "--port", str(port)],
        log=log,
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "RECEIVER_DSN": cluster.dsn(nexacloud_sample.DATABASE, ROLE, password),
            "WEBHOOK_SECRET": secret,
        },
    )


def register(
    odoo_url: str, database: str, login: str, password: str, *, receiver_url: str, secret: str
) -> None:
    """Tell Odoo of the pilot service and its endpoint; a second call changes nothing.

    The pilot is a service of its own, and live: nothing of the shadow is touched.

    Args:
        odoo_url: Odoo's address.
        database: Odoo's database.
        login: A manager of the addon.
        password: That user's password.
        receiver_url: Where its events go: a host on loopback, which Odoo must be allowed to call.
        secret: What signs them.
    """
    address = urlsplit(odoo_url)
    odoo = odoorpc.ODOO(str(address.hostname), port=address.port or 80)
    odoo.login(database, login, password)
    host = urlsplit(receiver_url).netloc
    odoo.execute("ir.config_parameter", "set_param", _ALLOWED_HOSTS, host)
    services, endpoints = "fusion.billing.service", "fusion.billing.webhook.endpoint"
    found = odoo.execute(services, "search", [("code", "=", CODE)])
    values = {"name": SERVICE, "code": CODE, "phase": "live"}
    service = found[0] if found else odoo.execute(services, "create", values)
    odoo.execute(services, "write", [service], {"webhook_secret": secret})
    known = odoo.execute(endpoints, "search", [("service_id", "=", service)])
    if known:
        odoo.execute(endpoints, "write", known[:1], {"url": receiver_url})
        return
    endpoint = {
        "service_id": service,
        "name": "NexaCloud's receiver",
        "url": receiver_url,
        "signature_algo": "hmac",
    }
    odoo.execute(endpoints, "create", endpoint)
