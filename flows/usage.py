"""meter_usage: each billing period's usage into Odoo, rated there with quota and overage.

read -> check -> load -> rate -> verify -> report. On a shadow it only previews what would be
billed.
"""

from __future__ import annotations

from functools import partial
from typing import Annotated

from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.check.validation import warm_up
from tasks.model.report import Report
from tasks.model.window import usage_window
from tasks.run.batches import Loading
from tasks.run.doctor import NEXACLOUD, diagnose
from tasks.run.options import Count, Positive, Share
from tasks.run.perform import perform
from tasks.run.retries import io_task, pure_task
from tasks.run.run import Run
from tasks.usage.check import check_metered, check_usage
from tasks.usage.end_state import refusal
from tasks.usage.metering import close_metering, meter, start_reading_back
from tasks.usage.outcomes import MeterResult, loadable
from tasks.usage.read import metered_until, read_orders, read_usage
from tasks.usage.report import build_report
from tasks.usage.results import close_pages, collect_results, months

orders_of = io_task("read-orders")(read_orders)
read = io_task("read-usage")(read_usage)
prepare_check = pure_task("prepare-check")(warm_up)
check = pure_task("check-usage")(check_usage)
check_stored = pure_task("check-metered")(check_metered)


@perform("usage")
def meter_usage(
    run: Run,
    period: str | None = None,
    service: str = "nexacloud",
    full: bool = False,
    dry_run: bool = False,
    batch_rows: Annotated[int, Field(ge=1, le=20_000)] = 5000,
    workers: Positive = 2,
    max_bad_share: Share = 0.20,
    max_failed_rows: Count = 0,
) -> Report:
    """Meter NexaCloud's usage into Odoo and let Odoo rate it.

    Running it again is free and safe: what did not change is left alone, a correction replaces
    what was there and leaves a trail.

    Args:
        period: Billing periods that start in a month (2026-10) or months (2026-05..2026-10).
            Empty: what can have changed since the last complete run.
        service: Code of the service in Odoo.
        full: Read every period anew, also those that were settled long ago.
        dry_run: Load in Odoo, then roll it back: the report tells what would happen.
        batch_rows: Deployments and periods in one call to Odoo.
        workers: Calls to Odoo at once; as many as Odoo has free workers.
        max_bad_share: Above this share of quarantined records nothing is written (0 to 1).
        max_failed_rows: So many periods may be refused by Odoo without the run counting as
            failed.
    """
    about = diagnose(run.settings, service, may_be_live=True, source=NEXACLOUD).require_health()
    prepared = prepare_check.submit()
    zone = run.settings.timezone
    window = usage_window(period, full=full, metered_until=metered_until(about, service), zone=zone)
    orders = {order.deployment_id: order for order in orders_of(service)}

    held = start_reading_back(service, orders, window)
    with run.step("read"):
        source = read(
            window,
            quote(tuple(orders.values())),
            timezone=run.settings.billing_timezone,
            as_of=run.started_at,
        )
    run.log.info("Read %s usage records: %s.", f"{source.records:,}", window.words)
    with run.step("check"):
        prepared.result()
        checked = check(
            quote(source.faults),
            records=source.records,
            table_rows=source.table_rows,
            **run.data_docs,
        )
    refused = refusal(checked.findings, source.records, max_bad_share)
    fit = sum(len(loadable(page.sums, orders)) for page in source.pages)
    run.log.info("Checked: %s", refused or f"{fit:,} billing periods may be loaded.")
    head = partial(
        run.head,
        service=service,
        source="NexaCloud (PostgreSQL)",
        dry_run=dry_run,
        company=about["company"],
        docs=checked.docs_index,
    )
    collect = partial(
        collect_results,
        window=window.words,
        checked=checked,
        dry_run=dry_run,
        max_failed_rows=max_failed_rows,
    )
    if refused:
        result = MeterResult(refused=refused)
        rows = close_pages(source.pages, orders, result)
        return build_report(head(), collect(rows, result, copied=None))

    loading = Loading(service, dry_run, batch_rows, workers)
    result = meter(run, source.pages, held.result(), orders=orders, window=window, loading=loading)
    with run.step("verify"):
        rows = close_pages(source.pages, orders, result)
        compared = None if dry_run else months(rows, result, zone)
        copied = check_stored(quote(compared), **run.data_docs) if compared is not None else None
    if not dry_run:
        run.on_published.append(partial(close_metering, is_complete=window.is_complete))
    return build_report(head(), collect(rows, result, copied=copied))
