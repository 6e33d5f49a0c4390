"""backfill: customers, plans and subscriptions into Odoo, as a shadow; from NexaCloud or Lago.

read -> check -> map -> load -> verify -> report. Nothing that it creates can charge anyone.
"""

from __future__ import annotations

from typing import Annotated, Any, Literal

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.backfill.build_report import reckon
from tasks.backfill.check_copy import check_readback
from tasks.backfill.load import close_log, load
from tasks.backfill.load_billed import load_billed
from tasks.backfill.outcomes import merge_answers, selection
from tasks.backfill.sources import SOURCES
from tasks.backfill.verdict import refusal
from tasks.backfill.verify import read_copy, totals
from tasks.model.errors import ConfigError
from tasks.report.publish import publish
from tasks.run.batches import NOT_LOADED, Loaded
from tasks.run.doctor import diagnose
from tasks.run.naming import run_name
from tasks.run.retries import io_task, pure_task
from tasks.run.run import RunResult, new_run
from tasks.run.runner import task_runner
from tasks.run.settings import load_settings
from tasks.run.states import final_state, not_configured

Entity = Literal["customers", "plans", "deployments"]
Share = Annotated[float, Field(ge=0, le=1)]
Positive = Annotated[int, Field(ge=1)]

SourceName = Literal["nexacloud", "lago"]

verify = io_task("verify")(read_copy)
check_copy = pure_task("check-copy")(check_readback)


@flow(
    name="backfill",
    flow_run_name=run_name("backfill"),
    task_runner=task_runner(),
    persist_result=False,
)
def backfill(
    service: str = "nexacloud",
    source: SourceName = "nexacloud",
    dry_run: bool = False,
    only: list[Entity] | None = None,
    limit: Positive | None = None,
    batch_rows: Positive = 500,
    workers: Positive = 2,
    max_bad_share: Share = 0.20,
    max_failed_rows: Annotated[int, Field(ge=0)] = 0,
    full_compare: bool = False,
) -> State[Any]:
    """Copy a service's customers, plans and subscriptions into Odoo as a shadow.

    From Lago the usage that it billed comes along, so that Odoo can rate the same. Running it
    again is free and safe: rows that did not change cost a look-up.

    Args:
        service: Code of the service in Odoo that the copy belongs to; in Lago that of its
            billing entity.
        source: Where the rows are: NexaCloud's database, or Lago.
        dry_run: Do the real run in Odoo, then roll it back: the report tells what would happen.
        only: What to load; deployments bring the customers and plans that they need. Empty: all.
        limit: Only the first so many customers (oldest first) and what is theirs.
        batch_rows: Customers and orders in one call to Odoo.
        workers: Calls to Odoo at once; as many as Odoo has free workers.
        max_bad_share: Above this share of quarantined rows in a table nothing is written (0 to 1).
        max_failed_rows: So many rows may be refused by Odoo without the run counting as failed.
        full_compare: Also look for what someone changed in Odoo, and report it as drift.
    """
    parameters = {name: str(value) for name, value in locals().items() if value is not None}
    log = get_run_logger()
    try:
        settings = load_settings()
        company = diagnose(settings, service, source=source).require_health()["company"]
        run = new_run("backfill", settings.reports_dir)
    except ConfigError as error:
        return not_configured(error)
    docs = {"docs_dir": settings.reports_dir / "data_docs", "run_name": f"backfill {run.key}"}
    selected = selection(only)
    url = flow_run.get_flow_run_ui_url()

    origin = SOURCES[source]

    try:
        with run.step("read"):
            content = origin.read(service, limit)
    except ConfigError as error:
        return not_configured(error)
    tables = origin.tables(content)
    log.info("Read %s.", ", ".join(f"{len(rows):,} {table}" for table, rows in tables.items()))

    with run.step("check"):
        checked = origin.check(
            quote(content),
            currency=company["currency"],
            as_of=run.started_at,
            timezone=settings.timezone,
            **docs,
        )
    with run.step("map"):
        mapped = origin.map(
            content, checked.accepted, entities=selected, timezone=settings.timezone
        )
    findings = checked.findings + mapped.findings
    refused = refusal(findings, checked.accepted, max_bad_share)
    log.info("Checked: %s", refused or f"{len(findings):,} findings; the rest may be loaded.")

    with run.step("load"):
        loaded = (
            NOT_LOADED
            if refused
            else load(
                run,
                mapped,
                service=service,
                dry_run=dry_run,
                full_compare=full_compare,
                batch_rows=batch_rows,
                workers=workers,
                url=url,
                source=source,
                metrics=origin.metrics(content, mapped),
            )
        )
    billed = origin.usage(content, mapped, loaded, settings.timezone)
    if billed and not (refused or dry_run or loaded.stopped):
        with run.step("usage"):
            metered = load_billed(run, billed, service=service, workers=workers)
        tables["usage"] = [{"id": each.name, "name": each.metric} for each in billed]
        selected |= {"usage"}
        loaded = Loaded(loaded.answers + metered.answers, metered.stopped)
    answers = merge_answers(loaded.answers)

    with run.step("verify"):
        copy = None if refused or dry_run else verify(service, quote(mapped), quote(answers))
        copied = check_copy(copy.orders, copy.charges, copy.counts, **docs) if copy else None

    report = reckon(
        run,
        tables,
        service=service,
        source=origin.title,
        company=company,
        odoo_url=settings.odoo_url,
        run_url=url,
        docs_url=run.link(checked.docs_index),
        parameters=parameters,
        findings=findings,
        checks=checked.checks,
        out_of_scope=checked.out_of_scope,
        selected=selected,
        refused=refused,
        stopped=loaded.stopped,
        answers=answers,
        readback=copied.checks if copied else None,
        readback_findings=copied.findings if copied else (),
        totals=totals(mapped.orders, copy),
        dry_run=dry_run,
        max_failed_rows=max_failed_rows,
    )
    publish(quote(report), run.folder)
    if not (refused or dry_run):
        close_log(quote(report))
    return final_state(RunResult(run.folder, report))
