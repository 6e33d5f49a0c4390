"""The world that is kept: a sample of long ago, an Odoo, a Lago, and every flow run on them."""

from __future__ import annotations

import csv
import io
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from typing import Any
from urllib.request import Request, urlopen

import odoorpc
import pytest

from deployments.local.scratch import Scratch
from tests.cutover.people import decide
from tests.flow_world import log_in, run_sql
from tests.snapshots.command import run_command
from tests.webhooks.receiver import Receiver

#: All that the sample holds has ended, a year paid ahead too, whenever the tests are run.
AS_OF = date(2025, 5, 1)
CUSTOMERS = 100
MONTHS = "2025-02..2025-03"
MONTH = "2025-03"
PILOT = 5
MESSAGES = 12


@dataclass
class World:
    """A database of Odoo with NexaCloud and Lago beside it; the environment is set to them."""

    scratch: Scratch
    database: str
    reports: Path
    kept: dict[str, dict[str, str]] = field(default_factory=dict)

    def keep(self, name: str, *words: str, said: io.StringIO | None = None) -> None:
        """Run a command and keep what it shows under a name, like ``backfill/first``."""
        self.kept[name] = run_command(list(words), self.reports, said or io.StringIO())

    def rpc(self) -> odoorpc.ODOO:
        """Log in as a person would."""
        return log_in(self.scratch, self.database)

    def sql(self, statement: str) -> list[tuple[Any, ...]]:
        """Run a statement in Odoo's database, and commit."""
        return run_sql(self.scratch.odoo.cluster.dsn(self.database), statement)


@contextmanager
def new_world(scratch: Scratch, reports: Path) -> Iterator[World]:
    """Make a world that nothing was loaded into."""
    _, reader = scratch.new_nexacloud_database(CUSTOMERS, AS_OF)
    lago = scratch.new_lago(CUSTOMERS, AS_OF)
    world = World(scratch, scratch.new_odoo_database(), reports)
    environment = {
        "NEXACLOUD_DSN": reader,
        "ODOO_URL": scratch.odoo_url,
        "ODOO_DB": world.database,
        "ODOO_USER": scratch.odoo_user,
        "ODOO_PASSWORD": scratch.odoo_password,
        "LAGO_API_URL": lago.url,
        "LAGO_API_KEY": lago.api_key,
        "REPORTS_DIR": str(reports),
    }
    with pytest.MonkeyPatch.context() as patch:
        for name, value in environment.items():
            patch.setenv(name, value)
        yield world
    scratch.odoo.drop(world.database)


def run_all(world: World) -> None:
    """Run every flow, each as one would first meet it, as it ends well, and as it refuses."""
    keep = world.keep
    keep("backfill/refused", "backfill", "--max-bad-share", "0", "--limit", "20")
    keep("backfill/dry-run", "backfill", "--dry-run", "--limit", "20")
    keep("backfill/first", "backfill")
    keep("backfill/again", "backfill", "--full-compare", "--limit", "20")
    keep("backfill/lago", "backfill", "--source", "lago", "--service", "nexadesk", "--limit", "40")
    keep("usage/first", "usage", "--period", MONTHS)
    keep("usage/again", "usage", "--period", MONTH, "--dry-run")
    keep("usage/wrong-period", "usage", "--period", "April")
    keep("reconcile/nexacloud", "reconcile", "--period", MONTH)
    keep("reconcile/lago", "reconcile", "--period", MONTHS, "--service", "nexadesk", "--dry-run")
    keep("dual-run/month", "dual-run", "--period", MONTH, "--match-rate", "0.5")
    keep("cutover/closed", "cutover", "--ask", "terminal")
    _cut_over(world)
    _deliver(world)
    keep("doctor/ready", "doctor")
    world.kept["api/document"] = {"openapi.json": _openapi(world)}


class _SecondPerson(io.StringIO):
    """A terminal at which somebody says yes once a second person has decided in Odoo."""

    def __init__(self, world: World, decision: str) -> None:
        super().__init__("yes\n")
        self.world = world
        self.decision = decision

    def readline(self, *size: int) -> str:
        if not self.tell():
            decide(self.world, self.decision)
        return super().readline(*size)


def _cut_over(world: World) -> None:
    """Switch a pilot group, and return one of them.

    The sample's months are of long ago, so the approver waives that dual runs are needed.
    """
    # Cards are a matter of their own: nobody here is charged by one.
    world.sql("UPDATE fusion_billing_account_link SET pays_by_invoice = true")
    keep, waived = world.keep, ("--green-cycles", "0", "--ask", "terminal")
    keep("cutover/ready", "cutover", "--green-cycles", "0", "--dry-run")
    pilot = _pilot(world)
    group = ("--customers", ",".join(pilot), *waived)
    keep("cutover/said-no", "cutover", *group, said=_SecondPerson(world, "no"))
    keep("cutover/switched", "cutover", *group, said=_SecondPerson(world, "yes"))
    back = ("--rollback", "--customers", pilot[0], "--who", "Ada Roy", "--reason", "wrong address")
    keep("cutover/rollback", "cutover", *back, "--ask", "terminal")


def _pilot(world: World) -> list[str]:
    """The first who are ready, by their ids."""
    path = world.reports / "cutover" / "latest" / "readiness.csv"
    with path.open(newline="", encoding="utf-8-sig") as stream:
        ready = [row["customer"] for row in csv.DictReader(stream) if row["ready"] == "yes"]
    return sorted(ready)[:PILOT]


def _deliver(world: World) -> None:
    """Deliver a queue of which one message is refused for good.

    All are of one subscription, so that they are sent in turn.
    """
    rpc = world.rpc()
    for name, value in (("allowed_hosts", "127.0.0.1"), ("most_attempts", "1")):
        key = f"fusion_centralize_billing.webhook_{name}"
        rpc.execute_kw("ir.config_parameter", "set_param", [key, value])
    with Receiver(lambda number: 500 if number == MESSAGES // 2 else 200) as receiver:
        values = {"name": "app", "code": "app", "phase": "live"}
        service = rpc.execute_kw("fusion.billing.service", "create", [values])
        endpoint = {"service_id": service, "url": receiver.url, "signature_algo": "hmac"}
        rpc.execute_kw("fusion.billing.webhook.endpoint", "create", [endpoint])
        world.sql(f"""
            INSERT INTO fusion_billing_webhook (service_id, company_id, endpoint_id, event_type,
                unique_key, customer, subscription, body, state, attempts, next_retry_at,
                create_date)
            SELECT service_id, company_id, id, 'subscription.updated', 'message ' || n,
                'customer', 'subscription', json_build_object('n', n),
                'pending', 0, now() AT TIME ZONE 'UTC', now() AT TIME ZONE 'UTC'
            FROM fusion_billing_webhook_endpoint, generate_series(1, {MESSAGES}) n
            WHERE service_id = {service} ORDER BY n""")
        world.keep("webhooks/dry-run", "webhooks", "--service", "app", "--dry-run")
        world.keep("webhooks/one-given-up", "webhooks", "--service", "app", "--lanes", "1")
    world.keep("webhooks/unknown-service", "webhooks", "--service", "nobody")


def _openapi(world: World) -> str:
    """Read the document as anybody can."""
    address = f"{world.scratch.odoo_url}/api/v1/openapi.json"
    with urlopen(Request(address, headers={"X-Odoo-Database": world.database})) as answer:
        return answer.read().decode()
