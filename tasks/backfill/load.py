"""load: bundles into Odoo, a bounded number at a time, and what Odoo answered.

From Lago the usage that it billed comes along, so that Odoo can rate the same.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from functools import partial
from itertools import chain, count, islice
from pathlib import Path
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.accounts import Accounts
from tasks.backfill.bundles import pack_customers, pack_ended, pack_plans, to_wire
from tasks.backfill.map import MappedPages
from tasks.backfill.mapping.lago_usage import BilledUsage
from tasks.backfill.outcomes import RECORD_OF_TABLE, LoadedPages, Rows, merge_answers
from tasks.backfill.settled import SETTLED_FILE, settled_mark
from tasks.clients.odoo.usage import usage_batch, usage_cells
from tasks.model.counts import KEPT_OUT
from tasks.model.records import LoadedRow, Outcome
from tasks.model.report import Report
from tasks.model.rows import cut
from tasks.model.spool import Spool
from tasks.run.batches import (
    LOGGED_ROWS,
    Loaded,
    Loading,
    in_parts,
    load_pages,
    open_log,
    progress_bar,
)
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

BATCH_ROWS = 5000
#: Rows whose answers are told together: a few batches at once.
PAGE_ROWS = 4 * BATCH_ROWS
KEY_PREFIX = "lago:"


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
    loaded = load_pages(
        [wire(plans)] if plans.plans else [],
        pages,
        submit=lambda bundle: load_bundle.submit(quote(bundle)),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress", mapped.rows),
    )
    return _answered(loaded, LoadedPages())


def _answered(pages: Iterable[Loaded], before: LoadedPages) -> LoadedPages:
    """Add the answers of pages to those before; of plans, which ride along, the first stands."""
    plans, answers = dict(before.plans), Spool(before.pages)
    stopped, is_gone = before.stopped, before.is_gone
    for loaded in pages:
        theirs = merge_answers(loaded.answers)
        plans = {key: row for key, row in theirs.items() if key[0] == "plan"} | plans
        answers.append({key: row for key, row in theirs.items() if key[0] != "plan"})
        # That Odoo is gone is worse news than what it refused before.
        stopped = (loaded.is_gone and loaded.stopped) or stopped or loaded.stopped
        is_gone = loaded.is_gone
    return LoadedPages(plans, answers, stopped, is_gone)


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


@io_task("load-billed-usage", run_name="load-{wire[key]}", resumable=True)
def load_batch(wire: dict[str, Any], names: list[str]) -> list[LoadedRow]:
    """Send one batch; sending it twice leaves one set of records."""
    answers = load_settings().odoo().load_usage(wire)
    return [replace(answer, external_id=name) for answer, name in zip(answers, names, strict=True)]


def load_billed(
    run: Run, usage: Sequence[BilledUsage], orders: LoadedPages, loading: Loading
) -> LoadedPages:
    """Load what was billed: one row per subscription, metric and period.

    Args:
        run: The run that the batches belong to.
        usage: Of subscriptions that have an order in Odoo.
        orders: What was loaded before.
        loading: For which service, and how many batches at once.

    Returns:
        All that was loaded: the pages of orders, then those of ``usage_pages``.
    """
    number, names = count(1), dict[str, list[str]]()

    def wire(batch: Sequence[BilledUsage]) -> dict[str, Any]:
        key = f"usage-{next(number):05d}"
        names[key] = [each.name for each in batch]
        return usage_batch(loading.service, run.key, key, map(_cells, batch))

    loaded = load_pages(
        (),
        (map(wire, cut(page, BATCH_ROWS)) for page in cut(usage, PAGE_ROWS)),
        submit=lambda batch: load_batch.submit(quote(batch), names.pop(batch["key"])),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress-usage", len(usage)),
    )
    return _answered(loaded, orders)


def usage_pages(usage: Sequence[BilledUsage]) -> Iterator[dict[str, Rows]]:
    """Account for the usage that came along, page by page."""
    for page in cut(usage, PAGE_ROWS):
        yield {"usage": [{"id": each.name, "name": each.metric} for each in page]}


def _cells(each: BilledUsage) -> list[str]:
    return usage_cells(each.subscription, each.metric, each.start, each.end, each.units, KEY_PREFIX)
