"""What a metering run amounts to: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections.abc import Collection, Iterable

from tasks.model.end_state import (
    CLEAN,
    CRASH,
    REFUSED,
    ROWS_FAILED,
    EndState,
    can_be_built_upon,
    counted_outcomes,
)
from tasks.model.records import Finding, Outcome, Severity
from tasks.usage.accounts import Accounts
from tasks.usage.records import UsageRow


def refusal(findings: Iterable[Finding], records: int, max_bad_share: float) -> str | None:
    """Say why nothing may be written, if so: a fault of the table, or too many bad records.

    Args:
        findings: Broken rules.
        records: Records that were read.
        max_bad_share: Largest tolerated share of quarantined records, 0 to 1.
    """
    findings = tuple(findings)
    complaints = [
        f"{finding.sentence} {finding.remedy}"
        for finding in findings
        if finding.severity is Severity.CRITICAL_RUN
    ]
    bad = len(quarantined_records(findings))
    if bad > max_bad_share * records:
        complaints.append(
            f"{bad:,} of {records:,} usage records are quarantined, above the limit of"
            f" {max_bad_share:.0%}. Correct them, or raise the limit (max_bad_share)."
        )
    return " ".join(complaints) or None


def quarantined_records(findings: Iterable[Finding]) -> Collection[str]:
    """Name the records that a finding keeps out."""
    return {
        finding.key
        for finding in findings
        if finding.severity is Severity.CRITICAL_ROW and finding.key is not None
    }


#: Odoo's answer for usage of a billed period. Reading it again mends nothing: a person decides
#: what to credit.
PERIOD_BILLED = "period_billed"


def is_whole(rows: Iterable[UsageRow], end: EndState) -> bool:
    """Say whether the next run may go on from this one; if not, what it left out is read again."""
    settled = Accounts.of(rows).failed <= {PERIOD_BILLED}
    return settled and can_be_built_upon(end.name, end.exit_code)


def end_state(
    rows: Iterable[UsageRow],
    *,
    dry_run: bool,
    refused: str | None,
    stopped: str | None,
    safe: bool | None,
    max_failed_rows: int,
) -> EndState:
    """Decide the run's final state; a partial result is never a plain success.

    Args:
        rows: Every deployment and period with its outcome.
        dry_run: Nothing was to be written.
        refused: Why the checks let nothing through.
        stopped: Why the load or the rating is not whole.
        safe: Whether Odoo holds what NexaCloud measured; None when it was not read back.
        max_failed_rows: Failed periods that still count as a completed run.
    """
    accounts = Accounts.of(rows)
    counts, quarantined = accounts.periods, accounts.quarantined
    said = (
        f"{counted_outcomes(counts, dry_run=dry_run, leave_out=Outcome.QUARANTINED)} billing"
        f" periods; {quarantined:,} usage records quarantined"
    )
    failed = counts[Outcome.FAILED]
    if refused is not None:
        return EndState("DataRefused", f"Nothing was written: {refused}", REFUSED)
    if stopped is not None:
        return EndState("LoadStopped", f"{said}. {stopped}", CRASH)
    if safe is False:
        return EndState("UsageDiffers", f"{said}. Odoo does not hold what was measured.", REFUSED)
    if failed > max_failed_rows:
        return EndState(ROWS_FAILED, said, REFUSED)
    if failed:
        return EndState("CompletedWithFailures", said, CLEAN)
    if not accounts.is_rated:
        unrated = f"{said}. Some usage could not be rated."
        return EndState("CompletedWithAttention", unrated, CLEAN)
    if quarantined:
        return EndState("CompletedWithQuarantine", said, CLEAN)
    return EndState("Completed", said, CLEAN)
