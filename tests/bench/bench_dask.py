"""The backfill on Dask: 1, 2 and 4 worker processes, each against an Odoo with as many workers.

Beside them the same on threads, which call Odoo as often at once. All of it shares this machine:
more processes than it has cores can only show what they cost. Run by itself:
``python -m tests.bench.bench_dask [--customers 2000] [--workers 1 2 4]``.
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
from tests.bench.meter import print_ratios, print_table
from tests.flow_world import flow_environment

HEADS = [
    "engine",
    "workers",
    "rows written",
    "load s",
    "wall s",
    "client CPU s",
    "server CPU s",
    "client MB",
]


def bench(
    prefect_url: str, customers: int, workers: int
) -> tuple[list[list[str]], tuple[str, float]]:
    """Measure one number of workers; gives the table's lines, and threads' cost of Dask's."""
    scratch = Scratch(Path(Places.from_environment().cache), workers=workers)
    lines, cpu = [], []
    try:
        _, reader = scratch.new_nexacloud_database(customers)
        for engine in ("threads", "dask"):
            database = scratch.new_odoo_database()
            with tempfile.TemporaryDirectory() as reports:
                environment = flow_environment(
                    scratch, database, reader, Path(reports), prefect_url
                ) | {"ENGINE": engine, "DASK_WORKERS": str(workers)}
                run = run_flow(scratch, environment, "backfill", "--workers", str(workers))
            tables = run.summary["rows"].values()
            written = sum(table["created"] + table["updated"] for table in tables)
            load = run.summary["timings"]["load"]
            lines.append([engine, str(workers), f"{written:,}", f"{load:.1f}", *run.cells()])
            cpu.append(run.cpu)
            scratch.odoo.drop(database)
    finally:
        scratch.close()
    return lines, (f"{workers} workers: CPU on threads / on Dask", cpu[0] / cpu[1])


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=2_000)
    parser.add_argument("--workers", type=int, nargs="*", default=(1, 2, 4))
    options = parser.parse_args(arguments)
    with prefect_test_harness(server_startup_timeout=180):
        url = str(get_current_settings().api.url)
        found = [bench(url, options.customers, number) for number in options.workers]
    title = f"Backfill of {options.customers:,} customers by engine"
    print_table(title, HEADS, [line for lines, _ in found for line in lines], keys=2)
    print_ratios([ratio for _, ratio in found])


if __name__ == "__main__":
    main()
