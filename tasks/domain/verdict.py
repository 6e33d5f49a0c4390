"""What a run amounts to: the name and message of its final state, and its exit code."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from tasks.domain.quarantine import CASCADE_RULES
from tasks.domain.records import Finding, Outcome, Severity, SourceRow

#: Codes of rows that are in Odoo, but that a person should look at.
ATTENTION = frozenset({"order_left_draft", "drift"})

CLEAN, CRASH, CONFIGURATION, REFUSED = 0, 1, 2, 3


@dataclass(frozen=True, slots=True)
class Verdict:
    """``name`` starts with "Completed" exactly when ``exit_code`` is 0."""

    name: str
    message: str
    exit_code: int


def verdict(
    rows: Sequence[SourceRow],
    *,
    dry_run: bool,
    refused: str | None,
    stopped: str | None,
    safe: bool | None,
    max_failed_rows: int,
) -> Verdict:
    """Decide the run's final state; a partial result is never a plain success.

    Args:
        rows: Every source row with its outcome.
        dry_run: Nothing was to be written.
        refused: Why the checks let nothing through.
        stopped: Why the load is not whole.
        safe: What reading Odoo back said; None when it was not read.
        max_failed_rows: Failed rows that still count as a completed run.
    """
    counts = Counter(row.outcome for row in rows)
    said = _counts(counts, dry_run)
    failed = counts[Outcome.FAILED]
    if refused is not None:
        return Verdict("DataRefused", f"Nothing was written: {refused}", REFUSED)
    if stopped is not None:
        return Verdict("LoadStopped", f"{said}. {stopped}", CRASH)
    if safe is False:
        return Verdict("CopyUnsafe", f"{said}. Reading Odoo back found faults.", REFUSED)
    if failed > max_failed_rows:
        return Verdict("RowsFailed", said, REFUSED)
    if failed:
        return Verdict("CompletedWithFailures", said, CLEAN)
    if any(row.code in ATTENTION for row in rows):
        return Verdict("CompletedWithAttention", f"{said}. Someone changed rows in Odoo.", CLEAN)
    if counts[Outcome.QUARANTINED]:
        return Verdict("CompletedWithQuarantine", said, CLEAN)
    return Verdict("Completed", said, CLEAN)


def _counts(counts: Counter[Outcome], dry_run: bool) -> str:
    parts = [
        f"{counts[outcome]:,} {words}"
        for outcome, words in (
            (Outcome.CREATED, "created"),
            (Outcome.UPDATED, "updated"),
            (Outcome.UNCHANGED, "unchanged"),
            (Outcome.QUARANTINED, "quarantined"),
            (Outcome.FAILED, "failed"),
        )
    ]
    return ("Dry run, nothing written; it would be: " if dry_run else "") + ", ".join(parts)


def refusal(
    findings: Iterable[Finding], read_rows: Mapping[str, int], max_bad_share: float
) -> str | None:
    """Say why nothing may be written, if so: a fault of a whole table, or too many bad rows.

    Args:
        findings: Broken rules of the source. Rows that are kept out only because they hang on
            a bad one do not count as bad.
        read_rows: Table -> rows read.
        max_bad_share: Largest tolerated share of bad rows in any table, 0 to 1.
    """
    complaints: list[str] = []
    bad: dict[str, set[str]] = {}
    for finding in findings:
        if finding.severity is Severity.CRITICAL_RUN:
            complaints.append(f"{finding.table}: {finding.sentence} {finding.remedy}")
        elif finding.severity is Severity.CRITICAL_ROW and finding.rule not in CASCADE_RULES:
            bad.setdefault(finding.table, set()).add(finding.key or "")
    for table, keys in sorted(bad.items()):
        read = read_rows[table]
        if len(keys) > max_bad_share * read:
            complaints.append(
                f"{len(keys):,} of {read:,} rows of {table} are bad, above the limit of"
                f" {max_bad_share:.0%}. Correct them, or raise the limit (max_bad_share)."
            )
    return " ".join(complaints) or None
