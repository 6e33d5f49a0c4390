"""The sample world's parts of the stack: NexaCloud's database and receiver, and the Lago sandbox.

And what an administrator of Odoo sets up for its apps.
"""

from __future__ import annotations

import json
import os
import secrets
import sys
import urllib.error
import urllib.request
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import odoorpc

from deployments.local.places import PROJECT
from deployments.local.postgres import SUPERUSER, Cluster
from deployments.local.processes import Service, run, start
from deployments.sample import pilot
from deployments.sample.lago.tenant.defaults import default_document
from deployments.sample.sample import SampleSpec, lago_document

Json = dict[str, Any]

NEXACLOUD = "nexacloud"
READER = "nexa_readonly"
_SEED = 7
_DIRTY_PERCENT = 3
_RECEIVER = "nexa_receiver"
_RECEIVER_SQL = PROJECT / "deployments" / "sample" / "receiver" / "receiver_role.sql"
#: So many subscriptions has the service that is left at Lago's defaults.
_MEMBERSHIPS = 60
_SERVICE = "fusion.billing.service"
_ENDPOINT = "fusion.billing.webhook.endpoint"
_ALLOWED_HOSTS = "fusion_centralize_billing.webhook_allowed_hosts"
#: The app that calls Odoo's API, as it called Lago's.
_APP = "NexaDesk"


def create_sample(
    cluster: Cluster,
    *,
    database: str = NEXACLOUD,
    customers: int,
    reader_password: str,
    log: Path,
    as_of: date | None = None,
    clean: bool = False,
) -> None:
    """Create NexaCloud's database with its sample, unless it is there already.

    Args:
        cluster: Where the database goes.
        database: Its name.
        customers: Number of customers in the sample.
        reader_password: Password of the read-only role.
        log: Output of the generator.
        as_of: The sample's today (None: always the same one).
        clean: Nothing is wrong in it.

    Raises:
        StackError: The generator failed; the next call begins anew.
    """
    if cluster.has_database(database):
        return
    partial = f"{database}_new"
    cluster.sql(f"DROP DATABASE IF EXISTS {partial}")
    cluster.sql(f"CREATE DATABASE {partial}")
    # Anybody can list a process's arguments: the passwords that stay travel another way.
    options: dict[str, object] = {
        "--dsn": f"postgresql://{SUPERUSER}@127.0.0.1:{cluster.port}/{partial}",
        "--customers": customers,
        "--seed": _SEED,
        "--dirty": 0 if clean else _DIRTY_PERCENT,
        "--reader-password": secrets.token_urlsafe(18),
    }
    if as_of is not None:
        options["--as-of"] = as_of.isoformat()
    # One word each: a password may begin with a dash.
    words = [f"{name}={value}" for name, value in options.items()]
    words += ["--clean"] if clean else []
    run(
        [sys.executable, "-m", "deployments.sample", "create", *words],
        failure="No sample of NexaCloud; the log",
        log=log,
        cwd=PROJECT,
        env={**os.environ, "PGPASSWORD": cluster.password},
    )
    cluster.sql(f"ALTER ROLE {READER} PASSWORD '{reader_password}'")
    cluster.sql(f"ALTER DATABASE {partial} RENAME TO {database}")


def start_receiver(
    cluster: Cluster, password: str, secret: str, *, port: int, log: Path
) -> Service:
    """Give NexaCloud's receiver of events its role in NexaCloud's database and start it.

    Args:
        cluster: Where NexaCloud's database is.
        password: Of the receiver's role, which is created or renewed.
        secret: The service's webhook secret.
        port: TCP port on loopback.
        log: File for its output.
    """
    setting = f"SELECT set_config('nexa.receiver_password', '{password}', false);"
    cluster.sql(f"{setting}\n{_RECEIVER_SQL.read_text(encoding='utf-8')}", NEXACLOUD)
    return start(
        "receiver",
        [sys.executable, "-m", "deployments.sample.receiver", "--port", str(port)],
        log=log,
        cwd=PROJECT,
        env={
            "PATH": os.environ["PATH"],
            "RECEIVER_DSN": cluster.dsn(NEXACLOUD, _RECEIVER, password),
            "WEBHOOK_SECRET": secret,
        },
    )


def register_receiver(odoo: odoorpc.ODOO, url: str, secret: str) -> None:
    """Tell Odoo of the pilot service and its endpoint; a second call changes nothing.

    The pilot is a service of its own, and live: nothing of the shadow is touched.

    Args:
        odoo: As a manager of the addon.
        url: Where its events go: a host on loopback, which Odoo must be allowed to call.
        secret: What signs them.
    """
    odoo.execute("ir.config_parameter", "set_param", _ALLOWED_HOSTS, urlsplit(url).netloc)
    values = {"name": "NexaCloud Pilot", "code": pilot.CODE, "phase": "live"}
    service = _service(odoo, values)
    odoo.execute(_SERVICE, "write", [service], {"webhook_secret": secret})
    if known := odoo.execute(_ENDPOINT, "search", [("service_id", "=", service)]):
        odoo.execute(_ENDPOINT, "write", known[:1], {"url": url})
        return
    endpoint = {
        "service_id": service,
        "name": "NexaCloud's receiver",
        "url": url,
        "signature_algo": "hmac",
    }
    odoo.execute(_ENDPOINT, "create", endpoint)


def takes_key(url: str, key: str) -> bool:
    """Tell whether Odoo's API still takes a key."""
    request = urllib.request.Request(  # noqa: S310 (our own Odoo)
        f"{url}/api/v1/customers?per_page=1", headers={"Authorization": f"Bearer {key}"}
    )
    try:
        with urllib.request.urlopen(request, timeout=60):  # noqa: S310
            return True
    except urllib.error.HTTPError:
        return False


def issue_key(odoo: odoorpc.ODOO) -> str:
    """Return a new key of the sample app's, whose service in Odoo is made if it is not there."""
    service = _service(odoo, {"name": _APP, "code": _APP.lower()})
    return str(odoo.execute(_SERVICE, "issue_api_key", [service], "make up"))


def _service(odoo: odoorpc.ODOO, values: dict[str, str]) -> int:
    """Return the service of a code, which is made with these values if it is not there."""
    found = odoo.execute(_SERVICE, "search", [("code", "=", values["code"])])
    return int(found[0] if found else odoo.execute(_SERVICE, "create", values))


def make_lago_data(path: Path, sample: SampleSpec) -> None:
    """Write the sandbox's data unless they are there: NexaCloud's sample, a tenant of defaults."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    document = joined(lago_document(sample), default_document(_MEMBERSHIPS, sample.as_of))
    partial.write_text(json.dumps(document), encoding="utf-8")
    partial.replace(path)


def joined(*documents: Json) -> Json:
    """Put several tenants' data together, list by list, as one Lago serves them.

    Each service is a billing entity; they share no code and no id.

    Raises:
        ValueError: They speak different versions of Lago.
    """
    versions = {document["version"] for document in documents}
    if len(versions) > 1:
        raise ValueError(f"one Lago has one version, not {sorted(versions)}")
    whole: Json = {"version": documents[0]["version"]}
    for document in documents:
        for name, rows in document.items():
            if isinstance(rows, list):
                whole.setdefault(name, []).extend(rows)
            elif isinstance(rows, dict):
                whole.setdefault(name, {}).update(rows)
    return whole


def start_lago(path: Path, api_key: str, *, port: int, log: Path) -> Service:
    """Start the sandbox; it answers when it has read its data.

    Args:
        path: The data file.
        api_key: The key that callers must send.
        port: Port on loopback.
        log: The server's log.
    """
    command = [sys.executable, "-m", "deployments.local.lago"]
    command += ["--data", str(path), "--port", str(port)]
    env = {**os.environ, "LAGO_API_KEY": api_key}
    return start("lago", command, log=log, cwd=PROJECT, env=env)
