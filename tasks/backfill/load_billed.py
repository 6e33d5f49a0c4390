"""load, from Lago: the usage that it billed, so that Odoo can rate the same."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import islice
from typing import Any

from prefect.utilities.annotations import quote

from tasks.backfill.mapping.lago_usage import BilledUsage
from tasks.backfill.outcomes import LoadedPages, merge_answers
from tasks.model.money import decimal_text
from tasks.model.records import LoadedRow
from tasks.run.batches import Loading, load_all
from tasks.run.progress import progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

BATCH_FORMAT = 1
BATCH_ROWS = 5000
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
        All that was loaded, the usage with the first page.
    """
    batches = list(_batches(usage))
    names = {f"usage-{number:05d}": batch for number, batch in enumerate(batches, start=1)}
    wires = (
        {
            "format": BATCH_FORMAT,
            "service": loading.service,
            "run": run.key,
            "key": key,
            "dry_run": False,
            "rows": [_cells(each) for each in batch],
        }
        for key, batch in names.items()
    )
    loaded = load_all(
        (),
        wires,
        submit=lambda wire: load_batch.submit(
            quote(wire), [each.name for each in names[wire["key"]]]
        ),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress-usage", len(usage)),
    )
    first, *others = orders.pages
    return replace(
        orders,
        pages=(first | merge_answers(loaded.answers), *others),
        stopped=loaded.stopped,
        is_gone=loaded.is_gone,
    )


def _batches(usage: Sequence[BilledUsage]) -> Iterator[list[BilledUsage]]:
    remaining = iter(usage)
    while batch := list(islice(remaining, BATCH_ROWS)):
        yield batch


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
