"""Meter the sums that were read: load them, take back what vanished, and let Odoo rate."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from typing import cast

from prefect.futures import PrefectFuture
from prefect.utilities.annotations import quote

from tasks.model.records import Outcome
from tasks.model.report import Report
from tasks.model.window import UsageWindow
from tasks.run.asking import ask
from tasks.run.batches import Loading
from tasks.run.import_log import LOGGED_ROWS, open_log
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings
from tasks.usage.end_state import is_whole
from tasks.usage.load import load_sums, vanished, wires_of
from tasks.usage.outcomes import HELD, Metered, MeterResult, differing
from tasks.usage.rate import Rating, Unrated, preview, rate
from tasks.usage.readback import ByPeriod, read_stored
from tasks.usage.records import MeteredOrder, PeriodKey, Stored, UsageSum

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
    sums: Sequence[UsageSum],
    held: Mapping[PeriodKey, Stored],
    *,
    orders: Mapping[str, MeteredOrder],
    window: UsageWindow,
    loading: Loading,
) -> MeterResult:
    """Load what Odoo does not hold yet, rate all, and read back.

    Of a dry run Odoo rates each batch before it rolls it back.

    Args:
        run: Its key is the one in Odoo's log.
        sums: What can be loaded.
        held: What Odoo held of the window before.
        orders: Odoo's orders by deployment id.
        window: Which billing periods were read.
        loading: How; a batch's rows are sums.
    """
    service, dry_run = loading.service, loading.dry_run
    if not dry_run:
        open_log(run.key, service, "nexacloud usage", run.started_at.isoformat(), run.url)
    gone = vanished(held, sums, window.changed_after)
    new = differing(sums, held, orders, run.settings.timezone)
    with run.step("load"):
        loaded = load_sums(run, new, loading, name="usage")
        taken_back = load_sums(run, gone, loading, name="gone")
    sent = {each.key for each in new}
    answers = {each.key: HELD for each in sums if each.key and each.key not in sent}
    answers |= {**loaded.answers, **taken_back.answers}
    stopped = loaded.stopped or taken_back.stopped
    if stopped:
        return MeterResult(Metered(answers), gone, stopped)
    if dry_run:
        with run.step("rate"):
            rows = loading.batch_rows
            tried = preview(
                wires_of(sums, name="usage", service=service, run=None, batch_rows=rows)
            )
        costs = Metered(answers, ratings=tried.ratings, unrated=_told(tried.unrated))
        return MeterResult(costs, gone, tried.stopped)
    since = _first_start([*sums, *gone], window)
    with run.step("rate"):
        rating = _rate(service, since, window, run.started_at, orders, loading.workers)
    with run.step("read back"):
        written = _by_order(orders[each.deployment_id or ""] for each in (*new, *gone))
        stored = dict(held)
        if written and not rating.stopped:
            read, unread = ask(stored_of, service, quote(written), since, window.until)
            if unread:
                return MeterResult(Metered(answers), gone, unread)
            stored |= read.values
    unrated = _told(rating.unrated)
    return MeterResult(Metered(answers, stored, rating.ratings, unrated), gone, rating.stopped)


@io_task("close-metering-log")
def close_metering(report: Report, is_complete: bool) -> None:
    """Close the run's entry in Odoo's log; after a whole, clean run the next goes on from here.

    A run that left out something Odoo refused is no such run: what it left out is read again,
    unless its period is billed.
    """
    rows, end = report.results.rows, report.end
    failed = [row for row in rows if row.outcome is Outcome.FAILED]
    quarantined = sum(row.usage.quarantined for row in rows)
    ended_well = "partial" if failed or quarantined else "done"
    goes_on = is_complete and is_whole(rows, end)
    load_settings().odoo().finish_run(
        report.head.run,
        {
            "state": "failed" if end.exit_code else ended_well,
            "message": end.message,
            "read": sum(row.usage.records + row.usage.quarantined for row in rows),
            "quarantined": quarantined,
            "usage_metered_until": report.head.started_at.isoformat() if goes_on else None,
            "rows": [
                {
                    "entity": "usage",
                    "external_id": row.usage.deployment_id,
                    "outcome": row.outcome.value,
                    "code": row.code,
                    "message": row.reason,
                }
                for row in failed[:LOGGED_ROWS]
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


def _first_start(sums: Iterable[UsageSum], window: UsageWindow) -> datetime | None:
    """Give the first start that this run can speak of; None if it is all of time and empty."""
    if window.since is not None:
        return window.since
    starts = [each.start for each in sums if each.start]
    if window.changed_after is not None:
        starts.append(window.changed_after - _ONE_PERIOD)
    return min(starts, default=None)


def _told(unrated: Iterable[Unrated]) -> dict[PeriodKey, tuple[str, str]]:
    return {(each.deployment_id, each.start): (each.code, each.message) for each in unrated}
