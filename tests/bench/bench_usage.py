"""Metering: usage records of up to 20,000 deployments into Odoo, again, and what they cost.

Each size has its own NexaCloud and its own clone of Odoo, which is served by two workers. The
flow runs as the process that people start; a Prefect server is there already.
"""

from __future__ import annotations

import argparse
import tempfile
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from uuid import UUID, uuid4

import psycopg2
from prefect.settings import get_current_settings
from prefect.testing.utilities import prefect_test_harness

from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch
from tasks.backfill.bundles import pack_customers, to_wire
from tasks.clients.odoo.connection import WIZARD, Odoo, OdooAccess
from tests.bench.flow_run import run_flow
from tests.bench.meter import measured, print_ratios, print_table
from tests.bench.sample import PLAN, buyer, customer
from tests.flow_world import flow_environment

RECORDS_EACH = 50  # a day each, so that three billing periods are metered of a deployment
SIZES = (10_000, 100_000, 1_000_000)
PAGE_ROWS = 1000
HEADS = [
    "usage records",
    "run",
    "read",
    "periods",
    "wall s",
    "client CPU s",
    "server CPU s",
    "client MB",
]

SOURCE = """
    INSERT INTO users SELECT gen_random_uuid(), 'zoe@example.ca', 'Zoé Roy', NULL, NULL, NULL, NULL,
        NULL, NULL, 'CA', NULL, true, now(), now();
    INSERT INTO deployments SELECT lpad(to_hex(n), 32, '0')::uuid, NULL, 'web-' || n, 'ca-east',
        'running', '2026-03-01', NULL FROM generate_series(1, {deployments}) n;
    INSERT INTO subscriptions SELECT gen_random_uuid(), NULL, lpad(to_hex(n), 32, '0')::uuid, NULL,
        'active', 'monthly', timestamptz '2026-03-01 17:00Z' + n % 28 * interval '1 day',
        NULL, NULL, NULL FROM generate_series(1, {deployments}) n;
    INSERT INTO usage_records SELECT gen_random_uuid(), lpad(to_hex(n), 32, '0')::uuid,
        day, day + interval '1 day', 1 + (n * 7 + k) % 900 / 100.0, 0
    FROM generate_series(1, {deployments}) n, generate_series(1, {each}) k,
        LATERAL (SELECT date_trunc('day', now()) - k * interval '1 day' AS day) d;
    ANALYZE
"""


@dataclass
class Arena:
    """One Odoo with two workers, and a Prefect."""

    scratch: Scratch
    prefect_url: str
    lines: list[list[str]]
    ratios: list[tuple[str, float]]

    def access(self, database: str) -> OdooAccess:
        """Name a database of Odoo."""
        scratch = self.scratch
        return OdooAccess(scratch.odoo_url, database, scratch.odoo_user, scratch.odoo_password)


def new_source(scratch: Scratch, deployments: int) -> str:
    """Make a NexaCloud with only what metering looks at; returns a reader's DSN."""
    name, password = f"bench_{uuid4().hex[:12]}", "bench"
    scratch.postgres.sql(f"CREATE DATABASE {name}")
    schema = (PROJECT / "deployments" / "nexacloud" / "schema.sql").read_text(encoding="utf-8")
    connection = psycopg2.connect(scratch.postgres.dsn(name))
    with connection, connection.cursor() as cursor:
        cursor.execute(schema)
        cursor.execute(SOURCE.format(deployments=deployments, each=RECORDS_EACH))
        cursor.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{password}'")
        cursor.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
    connection.close()
    return scratch.postgres.dsn(name, name, password)


def load_orders(access: OdooAccess, number: int) -> None:
    """Load the deployments' orders, four to a customer."""
    orders = [
        replace(
            buyer(n).orders[0],
            external_id=str(UUID(int=n)),
            deployment_id=str(UUID(int=n)),
            started_on=date(2026, 3, 1) + timedelta(days=n % 28),
        )
        for n in range(1, number + 1)
    ]
    customers = [
        replace(customer(at), orders=tuple(orders[at : at + 4])) for at in range(0, number, 4)
    ]
    bundles = pack_customers(customers, {PLAN.external_id: PLAN}, 500)
    options = {"service": "nexacloud", "run": None, "dry_run": False, "full_compare": False}
    wires = [to_wire(bundle, **options) for bundle in bundles]
    Odoo(access).load_bundle({**wires[0], "key": "plans", "customers": []})
    with ThreadPoolExecutor(2) as pool:
        list(pool.map(lambda wire: Odoo(access).load_bundle(wire), wires))


def run_usage(
    arena: Arena, environment: dict[str, str], records: int, name: str, *options: str
) -> float:
    """Run the flow and note what it cost; gives its CPU seconds."""
    run = run_flow(arena.scratch, environment, "usage", *options)
    rows = run.summary["rows"]
    read = [f"{rows[kind]['read']:,}" for kind in ("usage", "billing_periods")]
    arena.lines.append([f"{records:,}", name, *read, *run.cells()])
    return run.cpu


def preview(arena: Arena, access: OdooAccess, orders: int) -> None:
    """Ask Odoo what a month costs, in pages, without storing it."""
    odoo, after_id, rows = Odoo(access), 0, 0
    until = datetime.now(UTC).replace(microsecond=0)
    since = until - timedelta(days=30)
    with measured(arena.scratch.server_pids) as cost:
        while after_id is not None:
            page = odoo.call(
                WIZARD,
                "preview_usage",
                "nexacloud",
                since.isoformat(),
                until.isoformat(),
                after_id=after_id,
                limit=PAGE_ROWS,
            )
            rows += len(page["rows"])
            after_id = page["next_after_id"]
    name = f"preview of {orders:,} subscriptions"
    figures = ["", f"{rows:,}", f"{cost.wall:.1f}", "", f"{cost.server_cpu:.1f}", ""]
    arena.lines.append(["", name, *figures])


def bench(arena: Arena, records: int) -> None:
    """Measure one size."""
    deployments = records // RECORDS_EACH
    source = new_source(arena.scratch, deployments)
    database = arena.scratch.new_odoo_database()
    access = arena.access(database)
    load_orders(access, deployments)
    with tempfile.TemporaryDirectory() as reports:
        environment = flow_environment(
            arena.scratch, database, source, Path(reports), arena.prefect_url
        )
        first = run_usage(arena, environment, records, "first")
        for name, options in (("again, all", ["--full"]), ("again, what can have changed", [])):
            again = run_usage(arena, environment, records, name, *options)
            what = f"{records:,} records: CPU of the first run / of one {name}"
            arena.ratios.append((what, first / again))
    preview(arena, access, deployments)
    arena.scratch.odoo.drop(database)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--records", type=int, nargs="*", default=SIZES)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        with prefect_test_harness(server_startup_timeout=180):
            arena = Arena(scratch, str(get_current_settings().api.url), [], [])
            for records in options.records:
                bench(arena, records)
        print_table("Metering", HEADS, arena.lines, keys=2)
        print_ratios(arena.ratios)
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
