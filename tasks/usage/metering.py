"""Meter the sums that were read: load them, take back what vanished, and let Odoo rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import datetime, timedelta
from itertools import chain, islice
from typing import cast
from zoneinfo import ZoneInfo

from prefect.futures import PrefectFuture
from prefect.utilities.annotations import quote

from tasks.model.records import LoadedRow, Outcome
from tasks.model.report import Report
from tasks.model.spool import Parts
from tasks.model.window import UsageWindow
from tasks.run.batches import LOGGED_ROWS, Loading, open_log
from tasks.run.retries import ask, io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.usage.accounts import Accounts
from tasks.usage.end_state import is_whole
from tasks.usage.load import load_sums, vanished, wires_of
from tasks.usage.outcomes import MeterResult, differing, loadable
from tasks.usage.pages import ByPeriod, Page
from tasks.usage.rate import Rating, preview, rate
from tasks.usage.readback import read_stored
from tasks.usage.records import MeteredOrder, Stored, UsageSum

#: As long as any billing period: none that ends after a moment starts longer before it.
_ONE_PERIOD = timedelta(days=32)

stored_of = io_task("read-usage-back")(read_stored)


def start_reading_back(
    service: str, orders: Mapping[str, MeteredOrder], window: UsageWindow
) -> PrefectFuture[ByPeriod[Stored]]:
    """Start reading what Odoo holds in the window, while NexaCloud is read."""
    since = window.since
    if window.changed_after is not None:
        since = window.changed_after - _ONE_PERIOD
    deployments = quote(_by_order(orders.values()))
    future = stored_of.submit(service, deployments, since, window.until)
    return cast("PrefectFuture[ByPeriod[Stored]]", future)


def meter(
    run: Run,
    pages: Iterable[Page],
    held: ByPeriod[Stored],
    *,
    orders: Mapping[str, MeteredOrder],
    window: UsageWindow,
    loading: Loading,
) -> MeterResult:
    """Load what Odoo does not hold yet, rate all, and read back.

    Of a dry run Odoo rates each batch before it rolls it back.

    Args:
        run: Its key is the one in Odoo's log.
        pages: What was read; of it is loaded what can be.
        held: What Odoo held of the window before.
        orders: Odoo's orders by deployment id.
        window: Which billing periods were read.
        loading: How; a batch's rows are sums.
    """
    service, dry_run = loading.service, loading.dry_run
    if not dry_run:
        open_log(run.key, service, "nexacloud usage", run.started_at.isoformat(), run.url)
    with run.step("load"):
        new, gone, first_start = compare(
            pages, held, orders, window.changed_after, run.settings.timezone
        )
        answers: ByPeriod[LoadedRow] = ByPeriod(orders)
        stopped = load_sums(run, new.rows, loading, name="usage", answers=answers)
        unanswered = load_sums(run, gone.rows, loading, name="gone", answers=answers)
        stopped = stopped or unanswered
    result = MeterResult(new, gone, answers, stopped=stopped)
    if stopped:
        return result
    if dry_run:
        with run.step("rate"):
            sums = chain.from_iterable(loadable(page.sums, orders) for page in pages)
            rows = loading.batch_rows
            wires = wires_of(sums, name="usage", service=service, run=None, batch_rows=rows)
            tried = preview(wires, orders)
        return _rated(result, tried)
    since = _since(first_start, window)
    with run.step("rate"):
        rating = _rate(service, since, window, run.started_at, orders, loading.workers)
    with run.step("read back"):
        sent = {each.deployment_id or "" for each in chain(new.rows, gone.rows)}
        stored: tuple[ByPeriod[Stored], ...] = (held,)
        if sent and not rating.stopped:
            written = _by_order(order for key, order in orders.items() if key in sent)
            read, unread = ask(stored_of, service, quote(written), since, window.until)
            if unread:
                return replace(result, stopped=unread)
            stored = (held, read)
    return _rated(replace(result, stored=stored), rating)


def compare(
    pages: Iterable[Page],
    held: ByPeriod[Stored],
    orders: Mapping[str, MeteredOrder],
    changed_after: datetime | None,
    zone: ZoneInfo,
) -> tuple[Parts[UsageSum], Parts[UsageSum], datetime | None]:
    """Find page by page what Odoo does not hold, and what NexaCloud does not have any more.

    Args:
        pages: What was read.
        held: What Odoo held of the window before.
        orders: Odoo's orders by deployment id.
        changed_after: As of ``vanished``.
        zone: The company's.

    Returns:
        Both, a part for each page, and the first start of what can be loaded or is gone (None:
        there is nothing).
    """
    new, gone, first_start = Parts(UsageSum), Parts(UsageSum), None
    for page in pages:
        there, sums = held.of(page), loadable(page.sums, orders)
        lost = vanished(there, sums, changed_after)
        new.append(differing(sums, there, orders, zone))
        gone.append(lost)
        starts = (each.start for each in (*sums, *lost) if each.start)
        first_start = min((*starts, *filter(None, [first_start])), default=None)
    return new, gone, first_start


@io_task("close-metering-log")
def close_metering(report: Report, is_complete: bool) -> None:
    """Close the run's entry in Odoo's log; after a whole, clean run the next goes on from here.

    A run that left out something Odoo refused is no such run: what it left out is read again,
    unless its period is billed.
    """
    rows, end = Accounts.of(report.results.rows), report.end
    failed = (row for row in rows.notable if row.outcome is Outcome.FAILED)
    ended_well = "partial" if rows.failed or rows.quarantined else "done"
    goes_on = is_complete and is_whole(rows, end)
    load_settings().odoo().finish_run(
        report.head.run,
        {
            "state": "failed" if end.exit_code else ended_well,
            "message": end.message,
            "read": rows.records.total() + rows.quarantined,
            "quarantined": rows.quarantined,
            "usage_metered_until": report.head.started_at.isoformat() if goes_on else None,
            "rows": [
                {
                    "entity": "usage",
                    "external_id": row.usage.deployment_id,
                    "outcome": row.outcome.value,
                    "code": row.code,
                    "message": row.reason,
                }
                for row in islice(failed, LOGGED_ROWS)
            ],
        },
    )


def _rate(
    service: str,
    since: datetime | None,
    window: UsageWindow,
    as_of: datetime,
    orders: Mapping[str, MeteredOrder],
    workers: int,
) -> Rating:
    until = window.until or as_of.replace(microsecond=0) + timedelta(seconds=1)
    if since is None:
        return Rating()
    deployments = _by_order(orders.values())
    return rate(service, since, until, deployments=deployments, workers=workers)


def _by_order(orders: Iterable[MeteredOrder]) -> dict[int, str]:
    return {order.odoo_id: order.deployment_id for order in orders}


def _since(first_start: datetime | None, window: UsageWindow) -> datetime | None:
    """Give the first start that this run can speak of; None if it is all of time and empty."""
    if window.since is not None:
        return window.since
    starts = [first_start] if first_start else []
    if window.changed_after is not None:
        starts.append(window.changed_after - _ONE_PERIOD)
    return min(starts, default=None)


def _rated(result: MeterResult, rating: Rating) -> MeterResult:
    return replace(result, ratings=rating.ratings, unrated=rating.unrated, stopped=rating.stopped)
