"""The backfill of growing samples, whole runs: the first, and the same again.

The flow runs as the process that people start; a Prefect server is there already, and Odoo has
two workers.
"""

from __future__ import annotations

import argparse
import tempfile
from pathlib import Path

from prefect.settings import get_current_settings
from prefect.testing.utilities import prefect_test_harness

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from tests.bench.flow_run import run_flow
from tests.bench.many import new_source
from tests.bench.meter import print_ratios, print_table
from tests.flow_world import flow_environment

SIZES = (500, 2_000, 10_000)
HEADS = [
    "customers",
    "run",
    "rows",
    "rows written",
    "wall s",
    "client CPU s",
    "server CPU s",
    "client MB",
]


def bench(
    scratch: Scratch, prefect_url: str, customers: int
) -> tuple[list[list[str]], tuple[str, float]]:
    """Measure one size; gives the table's lines, and what a run again saves."""
    reader = new_source(scratch, customers)
    database = scratch.new_odoo_database()
    lines, cpu = [], []
    with tempfile.TemporaryDirectory() as reports:
        environment = flow_environment(scratch, database, reader, Path(reports), prefect_url)
        for name in ("first", "again"):
            run = run_flow(scratch, environment, "backfill")
            tables = run.summary["rows"].values()
            read = sum(table["read"] for table in tables)
            written = sum(table["created"] + table["updated"] for table in tables)
            lines.append([f"{customers:,}", name, f"{read:,}", f"{written:,}", *run.cells()])
            cpu.append(run.cpu)
    scratch.odoo.drop(database)
    return lines, (f"{customers:,} customers: CPU of the first run / of one again", cpu[0] / cpu[1])


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="*", default=SIZES)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    found = []
    try:
        with prefect_test_harness(server_startup_timeout=180):
            for customers in options.customers:
                found.append(bench(scratch, str(get_current_settings().api.url), customers))
        print_table("Backfill", HEADS, [line for lines, _ in found for line in lines], keys=2)
        print_ratios([ratio for _, ratio in found])
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
