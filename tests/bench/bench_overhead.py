"""What Prefect costs: the backfill as a flow, and as the same plain functions, side by side.

Both are dry runs of the same sample against the same Odoo, in turns and in one process; Prefect's
server runs on PostgreSQL, with heartbeats, as in production. Imports are not counted.
"""

from __future__ import annotations

import argparse
import os
import tempfile
import time
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from statistics import median
from typing import Any

from prefect.logging import disable_run_logger
from prefect.settings import PREFECT_API_URL, temporary_settings

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from flows.backfill import backfill
from tasks.backfill.bundles import pack_customers, pack_plans, to_wire
from tasks.backfill.check_nexacloud import check_pages
from tasks.backfill.end_state import end_state
from tasks.backfill.load import load_bundle
from tasks.backfill.map import map_pages, map_tables
from tasks.backfill.outcomes import LoadedPages, merge_answers, selection
from tasks.backfill.read import read_source_pages
from tasks.backfill.report import build_report
from tasks.backfill.results import collect_results
from tasks.backfill.sources import SOURCES
from tasks.backfill.verify import totals
from tasks.report.folder import write_report
from tasks.run.batches import load_all
from tasks.run.doctor import diagnose
from tasks.run.run import new_run
from tasks.run.settings import load_settings
from tests.bench.meter import print_ratios, print_table

CUSTOMERS = 2000  # about 10,000 rows with their deployments and subscriptions
ROUNDS = 3
WORKERS, BATCH_ROWS = 2, 500


def plain(step: Any) -> Any:
    """Give the function under a task."""
    return getattr(step, "fn", step)


def plain_backfill() -> int:
    """Do what the flow's dry run does, without Prefect; gives the rows read."""
    settings = load_settings()
    company = diagnose(settings, "nexacloud").require_health()["company"]
    run = new_run("plain", settings)
    docs = {"docs_dir": settings.reports_dir / "plain_docs", "run_name": f"plain {run.key}"}
    now = datetime.now(UTC)
    pages = read_source_pages(None, as_of=now)
    checked = check_pages(pages, as_of=now, **docs)
    selected = selection(None)
    mapping = partial(map_tables, entities=selected, timezone=settings.timezone)
    mapped = map_pages(mapping, pages, checked.verdicts)
    wire = partial(to_wire, service="nexacloud", run=None, dry_run=True, full_compare=False)
    with disable_run_logger(), ThreadPoolExecutor(WORKERS) as pool:
        loaded = load_all(
            [wire(pack_plans(tuple(mapped.plans.values())))],
            (
                wire(bundle)
                for page in mapped.pages
                for bundle in pack_customers(page.customers, mapped.plans, BATCH_ROWS)
            ),
            submit=lambda bundle: pool.submit(plain(load_bundle), bundle),
            workers=WORKERS,
            progress=lambda _: None,
        )
    answers = merge_answers(loaded.answers)
    results = collect_results(
        pages.to_account_for(),
        checked=checked.also(mapped.findings),
        selected=selected,
        loaded=LoadedPages(answers, stopped=loaded.stopped),
        copied=None,
        totals=totals(mapped.prices, None),
        end_of=partial(end_state, dry_run=True, max_failed_rows=0),
    )
    source = SOURCES["nexacloud"].title
    head = run.head(service="nexacloud", source=source, dry_run=True, company=company)
    report = build_report(head, results)
    write_report(report, run.folder)
    return len(results.rows)


def timed(work: Any) -> tuple[float, float, Any]:
    """Give wall seconds, this process's CPU seconds, and the result."""
    wall, cpu = time.perf_counter(), time.process_time()
    result = work()
    return time.perf_counter() - wall, time.process_time() - cpu, result


def main(arguments: list[str] | None = None) -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, default=CUSTOMERS)
    parser.add_argument("--rounds", type=int, default=ROUNDS)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        _, reader = scratch.new_nexacloud_database(options.customers)
        with tempfile.TemporaryDirectory() as reports:
            os.environ |= {
                "NEXACLOUD_DSN": reader,
                "ODOO_URL": scratch.odoo_url,
                "ODOO_DB": scratch.new_odoo_database(),
                "ODOO_USER": scratch.odoo_user,
                "ODOO_PASSWORD": scratch.odoo_password,
                "REPORTS_DIR": reports,
            }
            with temporary_settings({PREFECT_API_URL: f"{scratch.prefect_url}/api"}):
                measure(options.rounds)
    finally:
        scratch.close()


def measure(rounds: int) -> None:
    """Let both take turns, after one each that is not counted."""
    plain: list[tuple[float, float]] = []
    flow: list[tuple[float, float]] = []
    rows = 0
    for number in range(rounds + 1):
        wall, cpu, rows = timed(plain_backfill)
        flow_wall, flow_cpu, state = timed(lambda: backfill(dry_run=True, return_state=True))
        print(f"plain {wall:.2f} s, flow {flow_wall:.2f} s ({state.name})", flush=True)
        if number:
            plain.append((wall, cpu))
            flow.append((flow_wall, flow_cpu))
    walls = [median(each[0] for each in runs) for runs in (plain, flow)]
    cpus = [median(each[1] for each in runs) for runs in (plain, flow)]
    lines = [
        [name, f"{rows:,}", f"{walls[at]:.2f}", f"{cpus[at]:.2f}"]
        for at, name in enumerate(("plain functions", "the flow"))
    ]
    print_table("Prefect", ["dry backfill", "rows", "wall s", "client CPU s"], lines)
    added = f"wall {walls[1] / walls[0] - 1:.1%}, client CPU {cpus[1] / cpus[0] - 1:.1%}"
    print(f"What Prefect adds: {added}")
    print_ratios([("client CPU of plain functions / of the flow", cpus[0] / cpus[1])])


if __name__ == "__main__":
    main()
