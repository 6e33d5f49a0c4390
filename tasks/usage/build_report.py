"""Reckon a metering run: both sides' totals, every period's outcome, and its one report."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from tasks.check.result import CheckResult
from tasks.model.records import Outcome
from tasks.model.window import UsageWindow
from tasks.run.run import Run
from tasks.usage.metering import MeterResult
from tasks.usage.outcomes import Metered, close_usage_accounts
from tasks.usage.read import UsageSource
from tasks.usage.records import MeteredOrder, PeriodKey, UsageReport, UsageSum
from tasks.usage.verdict import usage_verdict


def months(
    sums: Sequence[UsageSum], result: MeterResult, timezone: ZoneInfo
) -> list[dict[str, Any]] | None:
    """Add up, by month in which the periods start, what was measured, is stored and is rated.

    Periods that Odoo refused or could not rate are told one by one; they are left out here.
    None if Odoo was not read back.
    """
    metered = result.metered
    if result.stopped or not metered.stored:
        return None
    found: dict[str, dict[str, Decimal]] = defaultdict(lambda: defaultdict(Decimal))
    for key, each in _answered((*sums, *result.gone), metered):
        totals = found[f"{key[1].astimezone(timezone):%Y-%m}"]
        _, quantity = metered.stored.get(key, (None, Decimal(0)))
        rated = metered.ratings.get(key)
        totals["measured"] += each.seconds
        totals["stored"] += quantity
        totals["rated"] += quantity if key in metered.unrated else rated.units if rated else 0
    return [{"month": month, **totals} for month, totals in sorted(found.items())]


def reckon_usage(
    run: Run,
    source: UsageSource,
    result: MeterResult,
    *,
    orders: Mapping[str, MeteredOrder],
    window: UsageWindow,
    service: str,
    company: Mapping[str, Any],
    odoo_url: str,
    run_url: str | None,
    docs_url: str | None,
    parameters: dict[str, str],
    checked: CheckResult,
    copied: CheckResult | None,
    refused: str | None,
    dry_run: bool,
    max_failed_rows: int,
) -> UsageReport:
    """Give every deployment and period its outcome and the run its verdict.

    Args:
        run: Whose report it is.
        source: What was read from NexaCloud.
        result: What became of it in Odoo.
        orders: Odoo's orders by deployment id.
        window: Which billing periods were read.
        service: Code of the service in Odoo.
        company: Odoo's company: ``name``, ``currency`` and ``timezone``.
        odoo_url: Where Odoo is, for people to open.
        run_url: The run's page in Prefect, if there is one.
        docs_url: Data Docs, as seen from the run's folder.
        parameters: What the run was asked to do.
        checked: How the usage records fared.
        copied: How Odoo's usage fared; None when it was not read back.
        refused: Why nothing was loaded at all.
        dry_run: Nothing was to be written.
        max_failed_rows: Failed periods that still count as completed.
    """
    known = {each.key for each in source.sums}
    gone = [each for each in result.gone if each.key not in known]
    rows = close_usage_accounts(
        (*source.sums, *gone), orders, result.metered, refused=refused, stopped=result.stopped
    )
    safe = None if copied is None else not copied.findings
    ended = usage_verdict(
        rows,
        dry_run=dry_run,
        refused=refused,
        stopped=result.stopped,
        safe=safe,
        max_failed_rows=max_failed_rows,
    )
    links = {"data_docs": docs_url, "odoo": odoo_url, "prefect": run_url}
    return UsageReport(
        flow=run.flow,
        run=run.key,
        service=service,
        source="NexaCloud (PostgreSQL)",
        target=odoo_url,
        company=company["name"],
        currency=company["currency"],
        timezone=company["timezone"],
        window=window.words,
        table_rows=source.table_rows,
        dry_run=dry_run,
        started_at=run.started_at,
        finished_at=datetime.now(UTC),
        state_name=ended.name,
        state_message=ended.message,
        exit_code=ended.exit_code,
        rows=rows,
        findings=checked.findings,
        checks=checked.checks,
        readback=copied.checks if copied else (),
        readback_findings=copied.findings if copied else (),
        safe=safe,
        timings=dict(run.timings),
        links={name: link for name, link in links.items() if link is not None},
        parameters=parameters,
    )


def _answered(sums: Iterable[UsageSum], metered: Metered) -> Iterator[tuple[PeriodKey, UsageSum]]:
    """Yield the sums that Odoo took."""
    for each in sums:
        answer = metered.answers.get(each.key) if each.key else None
        if each.key and answer and answer.outcome is not Outcome.FAILED:
            yield each.key, each
