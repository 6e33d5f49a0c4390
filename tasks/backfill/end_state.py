"""What a run amounts to: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence

from tasks.backfill.accounts import Accounts
from tasks.model.end_state import CLEAN, CRASH, REFUSED, ROWS_FAILED, EndState, counted_outcomes
from tasks.model.records import Finding, Outcome, Severity, SourceRow

#: Codes of rows that are in Odoo, but that a person should look at.
ATTENTION = frozenset({"order_left_draft", "drift", "plan_live"})


def end_state(
    rows: Sequence[SourceRow],
    *,
    dry_run: bool,
    refused: str | None,
    stopped: str | None,
    safe: bool | None,
    max_failed_rows: int,
    ended: int = 0,
) -> EndState:
    """Decide the run's final state; a partial result is never a plain success.

    Args:
        rows: Every source row with its outcome.
        dry_run: Nothing was to be written.
        refused: Why the checks let nothing through.
        stopped: Why the load is not whole.
        safe: What reading Odoo back said; None when it was not read.
        max_failed_rows: Failed rows that still count as a completed run.
        ended: Orders that this run ended in Odoo, because the source says that they are over.
    """
    accounts = Accounts.of(rows)
    counts = accounts.outcomes
    said = counted_outcomes(counts, dry_run=dry_run)
    if ended:
        said += f"; {ended:,} {'order' if ended == 1 else 'orders'} ended"
    failed = counts[Outcome.FAILED]
    if refused is not None:
        return EndState("DataRefused", f"Nothing was written: {refused}", REFUSED)
    if stopped is not None:
        return EndState("LoadStopped", f"{said}. {stopped}", CRASH)
    if safe is False:
        return EndState("CopyUnsafe", f"{said}. Reading Odoo back found faults.", REFUSED)
    if failed > max_failed_rows:
        return EndState(ROWS_FAILED, said, REFUSED)
    if failed:
        return EndState("CompletedWithFailures", said, CLEAN)
    if any(code in ATTENTION for _, _, code in accounts.counts):
        return EndState("CompletedWithAttention", f"{said}. Someone changed rows in Odoo.", CLEAN)
    if counts[Outcome.QUARANTINED]:
        return EndState("CompletedWithQuarantine", said, CLEAN)
    return EndState("Completed", said, CLEAN)


def refusal(
    findings: Iterable[Finding],
    accepted: Mapping[str, int],
    max_bad_share: float,
) -> str | None:
    """Say why nothing may be written, if so: a fault of a whole table, or too many bad rows.

    Rows that are kept out because they hang on a bad one count too: a single bad plan can
    keep out most subscriptions. Plans themselves are not counted, they weigh what hangs on
    them; neither are rows out of scope.

    Args:
        findings: Broken rules of the source.
        accepted: Rows per table that may be loaded.
        max_bad_share: Largest tolerated share of quarantined rows in any table, 0 to 1.
    """
    complaints: list[str] = []
    bad: dict[str, set[str]] = {}
    for finding in findings:
        if finding.severity is Severity.CRITICAL_RUN:
            complaints.append(f"{finding.table}: {finding.sentence} {finding.remedy}")
        elif finding.severity is Severity.CRITICAL_ROW and finding.key is not None:
            bad.setdefault(finding.table, set()).add(finding.key)
    for table in ("users", "deployments", "subscriptions"):
        kept_out = len(bad.get(table, ()))
        checked = kept_out + accepted[table]
        if kept_out > max_bad_share * checked:
            complaints.append(
                f"{kept_out:,} of {checked:,} rows of {table} are quarantined, above the limit of"
                f" {max_bad_share:.0%}. Correct them, or raise the limit (max_bad_share)."
            )
    return " ".join(complaints) or None
