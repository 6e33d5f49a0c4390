"""load: bundles into Odoo, a bounded number at a time, and what Odoo answered."""

from __future__ import annotations

from collections.abc import Sequence
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.accounts import Accounts
from tasks.backfill.bundles import pack_customers, pack_ended, pack_plans, to_wire
from tasks.backfill.map import MappedPages
from tasks.backfill.outcomes import RECORD_OF_TABLE, Answers, LoadedPages, merge_answers
from tasks.backfill.settled import SETTLED_FILE, settled_mark
from tasks.model.counts import KEPT_OUT
from tasks.model.records import LoadedRow, Outcome
from tasks.model.report import Report
from tasks.model.spool import Spool
from tasks.run.batches import LOGGED_ROWS, Loading, in_parts, load_pages, open_log, progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings


@io_task("load-bundle", run_name="load-{wire[key]}", resumable=True)
def load_bundle(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one bundle; sending it twice leaves one set of records."""
    return in_parts(wire, load_settings().odoo().load_bundle, split_at="customers")


def load(
    run: Run,
    mapped: MappedPages,
    loading: Loading,
    *,
    full_compare: bool = False,
    source: str = "nexacloud",
    metrics: Sequence[dict[str, str]] = (),
) -> LoadedPages:
    """Load everything that was mapped; Odoo's log tells of the run unless it is a dry one.

    Args:
        run: The run that the bundles belong to.
        mapped: Customers with their orders, page by page, and plans.
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
    customers, ended = count(1), count(1)
    pages = (
        map(
            wire,
            chain(
                pack_customers(page.customers, mapped.plans, loading.batch_rows, customers),
                pack_ended(page.ended, ended),
            ),
        )
        for page in mapped.pages
    )
    of_plans: Answers = {}
    answers: Spool[Answers] = Spool()
    stopped, is_gone = None, False
    for loaded in load_pages(
        [wire(plans)] if plans.plans else [],
        pages,
        submit=lambda bundle: load_bundle.submit(quote(bundle)),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress", mapped.rows),
    ):
        theirs = merge_answers(loaded.answers)
        of_plans = {key: row for key, row in theirs.items() if key[0] == "plan"} | of_plans
        answers.append({key: row for key, row in theirs.items() if key[0] != "plan"})
        # That Odoo is gone is worse news than what it refused before.
        stopped, is_gone = (
            (loaded.is_gone and loaded.stopped) or stopped or loaded.stopped,
            loaded.is_gone,
        )
    return LoadedPages(of_plans, answers, stopped, is_gone)


@io_task("close-import-log")
def close_log(report: Report, folder: Path) -> None:
    """Close it with the run's end and the rows that were not loaded (the first 10,000).

    Args:
        report: The run's.
        folder: Where it is, with the results that the next run repeats if nothing changes.
    """
    results = report.results
    rows: Accounts = results.rows
    kept = settled_mark(folder / SETTLED_FILE)
    marks = {"world_mark": results.world, "results_mark": kept} if kept else {}
    kept_out = (row for row in rows.notable if row.outcome in KEPT_OUT)
    shown = list(islice(kept_out, LOGGED_ROWS))
    ended_well = "partial" if shown else "done"
    load_settings().odoo().finish_run(
        report.head.run,
        {
            "state": "failed" if report.end.exit_code else ended_well,
            "message": report.end.message,
            "read": len(rows),
            **marks,
            "unchanged": _count_unchanged(rows) if results.since else 0,
            "quarantined": rows.outcomes[Outcome.QUARANTINED],
            "rows": [
                {
                    "entity": row.table,
                    "external_id": row.part_of or row.source_id,
                    "customer": row.customer,
                    "outcome": row.outcome.value,
                    "code": row.code,
                    "message": row.reason,
                }
                for row in shown
            ],
        },
    )


def _count_unchanged(rows: Accounts) -> int:
    """Count the plans, customers and orders, as the bundles would; parts of an order are none."""
    records = {table for table, (_entity, key) in RECORD_OF_TABLE.items() if key == "id"}
    return sum(
        number
        for (table, outcome, _), number in rows.counts.items()
        if table in records and outcome is Outcome.UNCHANGED
    )
