"""reconcile: what was billed, against what Odoo would bill, with every difference explained.

read both sides -> check -> match and explain -> tell Odoo -> report. It writes nothing but the
differences, and Odoo keeps what people said of them.
"""

from __future__ import annotations

from decimal import Decimal
from functools import partial
from typing import Annotated

from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.check.validation import warm_up
from tasks.model.report import Report
from tasks.reconcile.compare import compare_ledgers
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.end_state import Threshold, end_state
from tasks.reconcile.facts import check_invoices
from tasks.reconcile.history import read_history
from tasks.reconcile.ledgers import Ledgers
from tasks.reconcile.load import load_differences
from tasks.reconcile.long_periods import (
    apart_from,
    spans_of,
    subscriptions_of,
)
from tasks.reconcile.read import read_evidence, read_lago, read_nexacloud, read_odoo
from tasks.reconcile.report import build_report
from tasks.reconcile.results import collect_results
from tasks.reconcile.sources import plan_sources
from tasks.reconcile.window import reconcile_window
from tasks.run.doctor import diagnose, sources_of
from tasks.run.options import Amount, Share
from tasks.run.perform import perform
from tasks.run.retries import io_task, pure_task
from tasks.run.run import Run

odoo_side = io_task("read-odoo-ledger")(read_odoo)
nexacloud_side = io_task("read-nexacloud-invoices")(read_nexacloud)
lago_side = io_task("read-lago")(read_lago)
evidence = io_task("read-usage-evidence")(read_evidence)
prepare_check = pure_task("prepare-check")(warm_up)
check = pure_task("check-invoices")(check_invoices)
compare = pure_task("compare")(compare_ledgers)
compare_long = pure_task("compare-long-periods")(compare_long_periods)


@perform("reconcile")
def reconcile(
    run: Run,
    period: str | None = None,
    service: str | list[str] = "nexacloud",
    source: list[str] | None = None,
    dry_run: bool = False,
    max_unexplained_amount: Amount = 0.0,
    max_unexplained_share: Share = 0.01,
    batch_rows: Annotated[int, Field(ge=1, le=5000)] = 1000,
) -> Report:
    """Compare what was billed with what Odoo would bill, to the cent.

    Args:
        period: Service periods that start in a month (2026-09) or months (2026-05..2026-09).
            Empty: the last month of which every period has ended and been billed.
        service: Code of a service in Odoo, or several.
        source: Where invoices are read: nexacloud, lago. Empty: Lago for what Lago billed, if
            there is one, and NexaCloud's database for the rest.
        dry_run: Load in Odoo, then roll it back: the report tells what would happen.
        max_unexplained_amount: The run fails if more than this, in any currency, has no cause...
        max_unexplained_share: ... and it is more than this share of what was billed (0 to 1).
        batch_rows: Differences in one call to Odoo.
    """
    services = [service] if isinstance(service, str) else list(service)
    settings = run.settings
    plans = plan_sources(
        services, source, homes=sources_of(settings), has_lago=settings.lago_api_url is not None
    )
    about = {}
    for plan in plans:
        asked = "nexacloud" if plan.from_nexacloud else "lago"
        about = diagnose(settings, plan.service, may_be_live=True, source=asked).require_health()
    window = reconcile_window(period, as_of=run.started_at, zone=settings.timezone)
    of_database = next((plan for plan in plans if plan.from_nexacloud), None)
    of_lago = [plan.service for plan in plans if plan.from_lago]

    prepared = prepare_check.submit()
    with run.step("read"):
        # Lago's terms are its own; of NexaCloud's only the latest bill tells what is agreed now.
        odoo = odoo_side(services, window, [of_database.service] if of_database else [])
        now, spans = run.started_at, spans_of(apart_from(odoo.long, window))
        nexacloud = nexacloud_side(of_database, window, now, quote(spans)) if of_database else None
        at_home = [plan.service for plan in plans if not plan.from_nexacloud]
        lago = lago_side(of_lago, window, now, at_home, quote(spans)) if of_lago else None
        ledgers = Ledgers(odoo, nexacloud, lago)
    read, billed = odoo.lines.height, ledgers.billed_lines
    run.log.info("Read %s lines of Odoo, %s of others.", read, billed)
    with run.step("check"):
        prepared.result()
        checked = (
            check(
                quote(nexacloud.suspicious),
                quote(nexacloud.orphans),
                invoices=sum(nexacloud.invoices.values()),
                **run.data_docs,
            )
            if nexacloud
            else None
        )
    with run.step("compare"):
        lines = compare(
            quote(ledgers),
            zone=settings.timezone,
            window=window,
            as_of=run.started_at,
            evidence_of=quote(lambda needed: evidence(plans, quote(needed))),
        )
        prices, sides = ledgers.odoo_long(), ledgers.long()
        long = compare_long(
            quote(prices),
            quote(sides),
            source=quote(ledgers.source_of(subscriptions_of(prices, sides))),
            window=window,
            zone=settings.timezone,
        )
    with run.step("load"):
        loaded = load_differences(
            run,
            lines,
            long,
            services=services,
            window=window,
            dry_run=dry_run,
            batch_rows=batch_rows,
        )
    threshold = Threshold(Decimal(str(max_unexplained_amount)), max_unexplained_share)
    results = collect_results(
        lines,
        ledgers,
        long=long,
        loaded=loaded,
        checked=checked,
        window=window,
        history=read_history(run.folder),
        end_of=partial(end_state, threshold=threshold, dry_run=dry_run),
    )
    head = run.head(
        service=",".join(services),
        source=ledgers.billed_by,
        dry_run=dry_run,
        company=about["company"],
        docs=checked.docs_index if checked else None,
    )
    return build_report(head, results)
