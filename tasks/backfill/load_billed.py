"""load, from Lago: the usage that it billed, so that Odoo can rate the same."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import replace
from itertools import count, islice
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.mapping.lago_usage import BilledUsage
from tasks.backfill.outcomes import Answers, LoadedPages, Rows, merge_answers
from tasks.model.money import decimal_text
from tasks.model.records import LoadedRow
from tasks.model.spool import Spool
from tasks.run.batches import Loading, load_pages, progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

BATCH_FORMAT = 1
BATCH_ROWS = 5000
#: Rows whose answers are told together: a few batches at once.
PAGE_ROWS = 4 * BATCH_ROWS
KEY_PREFIX = "lago:"


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
        return {
            "format": BATCH_FORMAT,
            "service": loading.service,
            "run": run.key,
            "key": key,
            "dry_run": False,
            "rows": [_cells(each) for each in batch],
        }

    answers: Spool[Answers] = Spool(orders.pages)
    stopped, is_gone = orders.stopped, orders.is_gone
    for loaded in load_pages(
        (),
        (map(wire, _cut(page, BATCH_ROWS)) for page in _cut(usage, PAGE_ROWS)),
        submit=lambda batch: load_batch.submit(quote(batch), names.pop(batch["key"])),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress-usage", len(usage)),
    ):
        answers.append(merge_answers(loaded.answers))
        # That Odoo is gone is worse news than what it refused before.
        stopped, is_gone = (
            (loaded.is_gone and loaded.stopped) or stopped or loaded.stopped,
            loaded.is_gone,
        )
    return replace(orders, pages=answers, stopped=stopped, is_gone=is_gone)


def usage_pages(usage: Sequence[BilledUsage]) -> Iterator[dict[str, Rows]]:
    """Account for the usage that came along, page by page."""
    for page in _cut(usage, PAGE_ROWS):
        yield {"usage": [{"id": each.name, "name": each.metric} for each in page]}


def _cut(usage: Iterable[BilledUsage], rows: int) -> Iterator[list[BilledUsage]]:
    remaining = iter(usage)
    while some := list(islice(remaining, rows)):
        yield some


def _cells(each: BilledUsage) -> list[str]:
    start = each.start.isoformat()
    return [
        each.subscription,
        each.metric,
        start,
        each.end.isoformat(),
        decimal_text(each.units),
        f"{KEY_PREFIX}{start}",
    ]
