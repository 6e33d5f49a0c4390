"""What a metering run found: every period's outcome, both sides' totals, and how the run ends."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any
from zoneinfo import ZoneInfo

from tasks.model.end_state import EndState
from tasks.model.records import Finding, Outcome, RuleStat
from tasks.usage.end_state import end_state
from tasks.usage.outcomes import Metered, MeterResult, close_usage_accounts
from tasks.usage.records import MeteredOrder, PeriodKey, UsageRow, UsageSum

if TYPE_CHECKING:
    from tasks.check.result import CheckResult


@dataclass(frozen=True, slots=True)
class UsageResults:
    """All that a metering run's report is made of.

    Every deployment and period that was read stands in ``rows`` exactly once. ``window`` says in
    words which periods were read. ``safe`` tells whether Odoo holds what NexaCloud measured, None
    when it was not read back.
    """

    rows: tuple[UsageRow, ...]
    window: str
    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    readback: tuple[RuleStat, ...]
    readback_findings: tuple[Finding, ...]
    safe: bool | None
    end: EndState


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


def collect_results(
    sums: Sequence[UsageSum],
    result: MeterResult,
    *,
    orders: Mapping[str, MeteredOrder],
    window: str,
    checked: CheckResult,
    copied: CheckResult | None,
    dry_run: bool,
    max_failed_rows: int,
) -> UsageResults:
    """Give every deployment and period its outcome and the run its end.

    Args:
        sums: What was read from NexaCloud.
        result: What became of it in Odoo.
        orders: Odoo's orders by deployment id.
        window: Which billing periods were read, in words.
        checked: How the usage records fared.
        copied: How Odoo's usage fared; None when it was not read back.
        dry_run: Nothing was to be written.
        max_failed_rows: Failed periods that still count as completed.
    """
    known = {each.key for each in sums}
    gone = [each for each in result.gone if each.key not in known]
    rows = close_usage_accounts(
        (*sums, *gone), orders, result.metered, refused=result.refused, stopped=result.stopped
    )
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


def _answered(sums: Iterable[UsageSum], metered: Metered) -> Iterator[tuple[PeriodKey, UsageSum]]:
    """Yield the sums that Odoo took."""
    for each in sums:
        answer = metered.answers.get(each.key) if each.key else None
        if each.key and answer and answer.outcome is not Outcome.FAILED:
            yield each.key, each
