"""What a backfill found: every source row with its outcome, and how the run ends."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from itertools import chain
from typing import TYPE_CHECKING

from tasks.backfill.accounts import Accounts, warned_of
from tasks.backfill.end_state import end_state
from tasks.backfill.outcomes import ORDER_ENDED, LoadedPages, Rows, close_accounts
from tasks.model.end_state import EndState
from tasks.model.records import Finding, Outcome, RuleStat, Severity, SourceRow, Total

if TYPE_CHECKING:
    from tasks.backfill.quarantine import CheckedPages
    from tasks.check.result import CheckResult


@dataclass(frozen=True, slots=True)
class BackfillResults:
    """All that a backfill's report is made of.

    Every source row stands in ``rows`` exactly once. ``findings`` holds warnings too.
    ``readback`` is empty when nothing was read back (a dry run), and ``safe`` is then None.
    ``world`` marks the source and the copy that they are of; None if nobody asked. ``since`` is
    the key of the run that found all this, if nothing has changed since; None: this run did.
    """

    rows: Sequence[SourceRow]
    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    readback: tuple[RuleStat, ...]
    readback_findings: tuple[Finding, ...]
    safe: bool | None
    totals: tuple[Total, ...]
    end: EndState
    world: str | None = None
    since: str | None = None


def collect_results(
    pages: Iterable[Mapping[str, Rows]],
    *,
    checked: CheckedPages,
    selected: frozenset[str],
    loaded: LoadedPages,
    copied: CheckResult | None,
    totals: tuple[Total, ...],
    end_of: Callable[..., EndState],
    usage: Iterable[Mapping[str, Rows]] = (),
) -> BackfillResults:
    """Give every source row its outcome and the run its end.

    Args:
        pages: The source rows as they were read, page by page.
        checked: How they fared, and what mapping and Odoo say of them.
        selected: Entities that the run was to load.
        loaded: What Odoo answered, or why nothing was loaded at all.
        copied: How Odoo's copy fared; None when it was not read back.
        totals: Control totals of both sides.
        end_of: How a run ends that was asked so: ``end_state`` but for what it found.
        usage: Rows that came along and that no rule was asked of, in pages of their own.
    """
    findings = checked.result.findings
    rows, warned = Accounts(), warned_of(findings)
    read = (
        (tables, verdict.out_of_scope)
        for tables, verdict in zip(pages, checked.verdicts, strict=True)
    )
    unasked: dict[str, dict[str, str]] = {}
    came_along = ((tables, unasked) for tables in usage)
    for place, (tables, outside) in enumerate(chain(read, came_along)):
        closed = close_accounts(
            tables,
            findings=findings,
            out_of_scope=outside,
            answers=loaded.answers_of(place),
            selected=selected,
            refused=loaded.refused,
            stopped=loaded.stopped,
        )
        rows.add(closed, warned)
    safe = None
    if copied is not None:
        safe = all(each.severity is Severity.WARNING for each in copied.findings)
    end = end_of(
        rows,
        refused=loaded.refused,
        stopped=loaded.stopped,
        safe=safe,
        ended=sum(
            answer.code == ORDER_ENDED and answer.outcome is Outcome.UPDATED for answer in loaded
        ),
    )
    return BackfillResults(
        rows=rows,
        findings=findings,
        checks=checked.result.checks,
        readback=copied.checks if copied else (),
        readback_findings=copied.findings if copied else (),
        safe=safe,
        totals=totals,
        end=end,
    )


def still_hold(found: BackfillResults, max_failed_rows: int) -> BackfillResults:
    """Give what an earlier run found the end of a run that finds the same.

    Args:
        found: With ``since``.
        max_failed_rows: As of ``end_state``.
    """
    end = end_state(
        found.rows,
        dry_run=False,
        refused=None,
        stopped=None,
        safe=found.safe,
        max_failed_rows=max_failed_rows,
    )
    since = f"{end.message}. Nothing has changed since run {found.since}: what it found still holds"
    return replace(found, end=replace(end, message=since))
