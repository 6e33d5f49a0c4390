"""What a metering run found: every period's outcome, both sides' totals, and how the run ends."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tasks.model.end_state import EndState
from tasks.model.records import Finding, RuleStat
from tasks.usage.accounts import Accounts, by_month
from tasks.usage.end_state import end_state
from tasks.usage.outcomes import MeterResult, close_usage_accounts
from tasks.usage.pages import Page
from tasks.usage.records import MeteredOrder, UsageRow

if TYPE_CHECKING:
    from tasks.check.result import CheckResult


@dataclass(frozen=True, slots=True)
class UsageResults:
    """All that a metering run's report is made of.

    Every deployment and period that was read stands in ``rows`` exactly once. ``window`` says in
    words which periods were read. ``safe`` tells whether Odoo holds what NexaCloud measured, None
    when it was not read back.
    """

    rows: Sequence[UsageRow]
    window: str
    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    readback: tuple[RuleStat, ...]
    readback_findings: tuple[Finding, ...]
    safe: bool | None
    end: EndState


def months(rows: Accounts, result: MeterResult, timezone: ZoneInfo) -> list[dict[str, Any]] | None:
    """Add up, by month in which the periods start, what was measured, is stored and is rated.

    Periods that Odoo refused or could not rate are told one by one; they are left out here.
    None if Odoo was not read back.
    """
    if result.stopped or not any(result.stored):
        return None
    return [
        {"month": each.name, "measured": each.measured, "stored": each.stored, "rated": each.units}
        for each in by_month(rows, timezone)
    ]


def close_pages(
    pages: Iterable[Page], orders: Mapping[str, MeteredOrder], result: MeterResult
) -> Accounts:
    """Give every deployment and period its outcome, page by page.

    Args:
        pages: What was read from NexaCloud.
        orders: Odoo's orders by deployment id.
        result: What became of it in Odoo.
    """
    accounts = Accounts()
    for place, page in enumerate(pages):
        known = {each.key for each in page.sums}
        gone = [each for each in result.gone[place] if each.key not in known] if result.gone else []
        metered = result.of(place, page, orders)
        closed = close_usage_accounts(
            (*page.sums, *gone), orders, metered, refused=result.refused, stopped=result.stopped
        )
        accounts.add(closed, metered.unrated)
    return accounts


def collect_results(
    rows: Accounts,
    result: MeterResult,
    *,
    window: str,
    checked: CheckResult,
    copied: CheckResult | None,
    dry_run: bool,
    max_failed_rows: int,
) -> UsageResults:
    """Give the run its end.

    Args:
        rows: Every deployment and period with its outcome.
        result: What became of the usage in Odoo.
        window: Which billing periods were read, in words.
        checked: How the usage records fared.
        copied: How Odoo's usage fared; None when it was not read back.
        dry_run: Nothing was to be written.
        max_failed_rows: Failed periods that still count as completed.
    """
    safe = None if copied is None else not copied.findings
    end = end_state(
        rows,
        dry_run=dry_run,
        refused=result.refused,
        stopped=result.stopped,
        safe=safe,
        max_failed_rows=max_failed_rows,
    )
    return UsageResults(
        rows=rows,
        window=window,
        findings=checked.findings,
        checks=checked.checks,
        readback=copied.checks if copied else (),
        readback_findings=copied.findings if copied else (),
        safe=safe,
        end=end,
    )
