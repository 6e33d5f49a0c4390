"""Load usage into Odoo: a row per deployment and billing period, in batches."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from decimal import Decimal
from typing import Any

from prefect.utilities.annotations import quote

from tasks.clients.odoo.usage import usage_batch, usage_cells
from tasks.model.nexacloud import METRIC
from tasks.model.records import LoadedRow, Outcome
from tasks.model.rows import cut
from tasks.run.batches import Loading, in_parts, load_all, progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.usage.pages import ByPeriod
from tasks.usage.records import KEY_PREFIX, PeriodKey, Stored, UsageSum

#: Most answers say nothing but the outcome: one of each does for all.
_LIKE = {outcome: LoadedRow("usage", "", outcome) for outcome in Outcome}


@io_task("load-usage", run_name="load-{wire[key]}", resumable=True)
def load_batch(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one batch; sending it twice leaves one set of records."""
    answers = in_parts(wire, load_settings().odoo().load_usage, split_at="rows")
    return [
        replace(answer, external_id=_name_of(cells))
        for answer, cells in zip(answers, wire["rows"], strict=True)
    ]


def load_sums(
    run: Run,
    sums: Sequence[UsageSum],
    loading: Loading,
    *,
    name: str,
    answers: ByPeriod[LoadedRow],
) -> str | None:
    """Load the sums, batch by batch; without any, Odoo is not asked.

    Args:
        run: The run that the batches belong to.
        sums: Each with a start and an end, of a deployment that has an order in Odoo.
        loading: How; a batch's rows are sums.
        name: Begins the batches' keys; two calls of one run need two names.
        answers: Takes Odoo's answers as they come.

    Returns:
        Why the load is not whole; None: every batch was answered.
    """
    if not sums:
        return None

    def keep(rows: list[LoadedRow]) -> None:
        answers.add(
            (_key(row.external_id), row if row.code else _LIKE[row.outcome]) for row in rows
        )

    loaded = load_all(
        (),
        wires_of(
            sums,
            name=name,
            service=loading.service,
            run=None if loading.dry_run else run.key,
            batch_rows=loading.batch_rows,
        ),
        submit=lambda wire: load_batch.submit(quote(wire)),
        workers=loading.workers,
        progress=progress_bar(f"{run.flow}-progress-{name}", len(sums)),
        keep=keep,
    )
    return loaded.stopped


def wires_of(
    sums: Iterable[UsageSum], *, name: str, service: str, run: str | None, batch_rows: int
) -> Iterator[dict[str, Any]]:
    """Pack sums into batches as Odoo reads them; without a run they are only tried."""
    for number, batch in enumerate(cut(sums, batch_rows), start=1):
        yield usage_batch(service, run, f"{name}-{number:05d}", map(_cells, batch))


def vanished(
    stored: Mapping[PeriodKey, Stored],
    sums: Iterable[UsageSum],
    changed_after: datetime | None,
) -> tuple[UsageSum, ...]:
    """Find the usage in Odoo that NexaCloud does not have any more, as sums of nothing.

    Records can be deleted, or become bad: without this, what they were metered as would stay.

    Args:
        stored: What Odoo holds in the window: end and quantity.
        sums: What was read and has good records.
        changed_after: Periods that were over by then may not have been read (None: all were).
    """
    there = {each.key for each in sums}
    return tuple(
        UsageSum(
            deployment_id=key[0],
            known=True,
            ended=False,
            start=key[1],
            end=end,
            records=0,
            quarantined=0,
            seconds=Decimal(0),
        )
        for key, (end, quantity) in stored.items()
        if quantity and key not in there and (changed_after is None or end > changed_after)
    )


def _cells(each: UsageSum) -> list[str]:
    if each.key is None or each.end is None:
        raise ValueError("only usage that belongs to a billing period can be loaded")
    return usage_cells(each.key[0], METRIC, each.key[1], each.end, each.seconds, KEY_PREFIX)


def _name_of(cells: Sequence[str]) -> str:
    return f"{cells[0]}@{cells[2]}"


def _key(name: str) -> PeriodKey:
    deployment_id, _, start = name.rpartition("@")
    return deployment_id, datetime.fromisoformat(start)
