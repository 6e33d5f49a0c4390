"""meter_usage: each billing period's usage into Odoo, rated there with quota and overage.

read -> check -> load -> rate -> verify -> report. On a shadow it only previews what would be
billed.
"""

from __future__ import annotations

from typing import Annotated, Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.check.validation import warm_up
from tasks.model.errors import ConfigError
from tasks.model.window import usage_window
from tasks.report.publish import publish
from tasks.run.doctor import diagnose
from tasks.run.naming import run_name
from tasks.run.retries import io_task, pure_task
from tasks.run.run import RunResult, new_run
from tasks.run.runner import task_runner
from tasks.run.settings import load_settings
from tasks.run.states import final_state, not_configured
from tasks.usage.build_report import months, reckon_usage
from tasks.usage.check import check_metered, check_usage
from tasks.usage.metering import METERED_NOTHING, close_metering, meter, start_reading_back
from tasks.usage.outcomes import loadable
from tasks.usage.read import metered_until, read_orders, read_usage
from tasks.usage.verdict import usage_refusal

Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]

orders_of = io_task("read-orders")(read_orders)
read = io_task("read-usage")(read_usage)
prepare_check = pure_task("prepare-check")(warm_up)
check = pure_task("check-usage")(check_usage)
check_stored = pure_task("check-metered")(check_metered)


@flow(
    name="usage",
    flow_run_name=run_name("usage"),
    task_runner=task_runner(),
    persist_result=False,
)
def meter_usage(
    period: str | None = None,
    service: str = "nexacloud",
    full: bool = False,
    dry_run: bool = False,
    batch_rows: Annotated[int, Field(ge=1, le=20_000)] = 5000,
    workers: Positive = 2,
    max_bad_share: Share = 0.20,
    max_failed_rows: Annotated[int, Field(ge=0)] = 0,
) -> State[Any]:
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
    parameters = {name: str(value) for name, value in locals().items() if value is not None}
    log = get_run_logger()
    try:
        settings = load_settings()
        about = diagnose(settings, service, may_be_live=True).require_health()
        prepared = prepare_check.submit()
        company = about["company"]
        window = usage_window(
            period,
            full=full,
            metered_until=metered_until(about, service),
            zone=settings.timezone,
        )
        orders = {order.deployment_id: order for order in orders_of(service)}
        run = new_run("usage", settings.reports_dir)
    except ConfigError as error:
        return not_configured(error)
    docs = {"docs_dir": settings.reports_dir / "data_docs", "run_name": f"usage {run.key}"}
    url = flow_run.get_flow_run_ui_url()

    held = start_reading_back(service, orders, window)
    with run.step("read"):
        source = read(
            window,
            quote(tuple(orders.values())),
            timezone=settings.billing_timezone,
            as_of=run.started_at,
        )
    log.info("Read %s usage records: %s.", f"{source.records:,}", window.words)
    with run.step("check"):
        prepared.result()
        checked = check(
            quote(source.faults), records=source.records, table_rows=source.table_rows, **docs
        )
    refused = usage_refusal(checked.findings, source.records, max_bad_share)
    sums = loadable(source.sums, orders)
    log.info("Checked: %s", refused or f"{len(sums):,} billing periods may be loaded.")

    metered = (
        METERED_NOTHING
        if refused
        else meter(
            run,
            sums,
            held.result().values,
            orders=orders,
            window=window,
            service=service,
            timezone=settings.timezone,
            dry_run=dry_run,
            batch_rows=batch_rows,
            workers=workers,
            url=url,
        )
    )
    with run.step("verify"):
        compared = None if refused or dry_run else months(sums, metered, settings.timezone)
        copied = check_stored(quote(compared), **docs) if compared is not None else None

    report = reckon_usage(
        run,
        source,
        metered,
        orders=orders,
        window=window,
        service=service,
        company=company,
        odoo_url=settings.odoo_url,
        run_url=url,
        docs_url=run.link(checked.docs_index),
        parameters=parameters,
        checked=checked,
        copied=copied,
        refused=refused,
        dry_run=dry_run,
        max_failed_rows=max_failed_rows,
    )
    publish(quote(report), run.folder)
    if not (refused or dry_run):
        close_metering(quote(report), window.is_complete)
    return final_state(RunResult(run.folder, report))
