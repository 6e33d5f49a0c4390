"""load: bundles into Odoo, a bounded number at a time, and what Odoo answered."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.bundles import pack_customers, pack_ended, pack_plans, to_wire
from tasks.backfill.outcomes import RECORD_OF_TABLE
from tasks.backfill.settled import SETTLED_FILE, settled_mark
from tasks.model.records import LoadedRow, Mapped, Outcome, SourceRow
from tasks.model.report import Report
from tasks.run.batches import Loaded, Loading, in_parts, load_all
from tasks.run.import_log import LOGGED_ROWS, open_log
from tasks.run.progress import progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings


@io_task("load-bundle", run_name="load-{wire[key]}", resumable=True)
def load_bundle(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one bundle; sending it twice leaves one set of records."""
    return in_parts(wire, load_settings().odoo().load_bundle, split_at="customers")


def load(
    run: Run,
    mapped: Mapped,
    loading: Loading,
    *,
    full_compare: bool = False,
    source: str = "nexacloud",
    metrics: Sequence[dict[str, str]] = (),
) -> Loaded:
    """Load everything that was mapped; Odoo's log tells of the run unless it is a dry one.

    Args:
        run: The run that the bundles belong to.
        mapped: Customers with their orders, and plans.
        loading: How; a batch's rows are customers and orders.
        full_compare: Odoo also looks for edits made there.
        source: Where the rows come from, for Odoo's log.
        metrics: What the plans charge for, where Odoo may not know it yet.
    """
    if not loading.dry_run:
        open_log(run.key, loading.service, source, run.started_at.isoformat(), run.url)
    wire = partial(
        to_wire,
        service=loading.service,
        run=None if loading.dry_run else run.key,
        dry_run=loading.dry_run,
        full_compare=full_compare,
        metrics=metrics,
    )
    plans = pack_plans(tuple(mapped.plans.values()))
    bundles = pack_customers(mapped.customers, mapped.plans, loading.batch_rows)
    return load_all(
        [wire(plans)] if plans.plans else [],
        map(wire, chain(bundles, pack_ended(mapped.ended))),
        submit=lambda bundle: load_bundle.submit(quote(bundle)),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress", mapped.rows),
    )


@io_task("close-import-log")
def close_log(report: Report, folder: Path) -> None:
    """Close it with the run's end and the rows that were not loaded (the first 10,000).

    Args:
        report: The run's.
        folder: Where it is, with the results that the next run repeats if nothing changes.
    """
    results = report.results
    rows = results.rows
    kept = settled_mark(folder / SETTLED_FILE)
    marks = {"world_mark": results.world, "results_mark": kept} if kept else {}
    shown = [row for row in rows if row.outcome in {Outcome.FAILED, Outcome.QUARANTINED}]
    ended_well = "partial" if shown else "done"
    load_settings().odoo().finish_run(
        report.head.run,
        {
            "state": "failed" if report.end.exit_code else ended_well,
            "message": report.end.message,
            "read": len(rows),
            **marks,
            "unchanged": _count_unchanged(rows) if results.since else 0,
            "quarantined": sum(row.outcome is Outcome.QUARANTINED for row in shown),
            "rows": [
                {
                    "entity": row.table,
                    "external_id": row.part_of or row.source_id,
                    "customer": row.customer,
                    "outcome": row.outcome.value,
                    "code": row.code,
                    "message": row.reason,
                }
                for row in shown[:LOGGED_ROWS]
            ],
        },
    )


def _count_unchanged(rows: Iterable[SourceRow]) -> int:
    """Count the plans, customers and orders, as the bundles would; parts of an order are none."""
    records = {table for table, (_entity, key) in RECORD_OF_TABLE.items() if key == "id"}
    return sum(row.table in records and row.outcome is Outcome.UNCHANGED for row in rows)
