"""Why rows are not in Odoo, or were changed there: grouped by cause."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.model.counts import KEPT_OUT
from tasks.model.records import Finding, Outcome, SourceRow
from tasks.model.report import Reason, ReasonRow
from tasks.report import words
from tasks.report.reasons import Groups, also_broken, broken_by_row


def kept_out(rows: Iterable[SourceRow], findings: Iterable[Finding]) -> list[Reason]:
    """Group the quarantined and failed rows by cause, root causes first; each row once.

    A row that broke several rules is counted under a rule that it broke itself, if there
    is one, and names the others, so that the counts add up to the rows kept out.
    """
    broken = broken_by_row(findings)
    groups = Groups()
    for row in rows:
        if row.outcome is Outcome.QUARANTINED and (row.table, row.source_id) in broken:
            _add_quarantined(groups, row, broken[row.table, row.source_id])
        elif row.outcome in KEPT_OUT:
            _add_row(groups, row)
    return sorted(groups.biggest_first(), key=lambda each: not each.is_root)


def left_aside(rows: Iterable[SourceRow], outcome: Outcome) -> list[Reason]:
    """Group the rows that were never meant to be loaded by this run."""
    groups = Groups()
    for row in rows:
        if row.outcome is outcome:
            _add_row(groups, row)
    return groups.biggest_first()


def changed_in_odoo(rows: Iterable[SourceRow]) -> list[Reason]:
    """Group the records that a person touched in Odoo; each record once.

    A deployment and its subscription are one order, so the record in Odoo tells them apart.
    """
    groups = Groups()
    seen: set[tuple[str | None, int | None, str | None]] = set()
    for row in rows:
        if row.code not in words.CHANGED_IN_ODOO:
            continue
        record = (row.odoo_model, row.odoo_id, row.code)
        if row.odoo_id is None or record not in seen:
            seen.add(record)
            _add_row(groups, row)
    return groups.biggest_first()


def _add_quarantined(groups: Groups, row: SourceRow, findings: list[Finding]) -> None:
    # Its own fault before another row's; then the one that the outcome file names.
    main = min(
        findings, key=lambda each: (not words.is_root_cause(each.rule), each.rule != row.code)
    )
    told = ReasonRow(row.label, row.source_id, main.observed, also_broken(main, findings))
    groups.add(row.table, main.rule, main.sentence, main.remedy, told)


def _add_row(groups: Groups, row: SourceRow) -> None:
    code = row.code or row.outcome.value
    told = row.reason or ""
    sentence = words.CODE_SENTENCES.get(code, told)
    reason = groups.reason(row.table, code, sentence, row.remedy or "")
    # What the group's sentence does not say already is told of the row.
    observed = told if told != reason.sentence else ""
    record = f"{row.odoo_model}/{row.odoo_id}" if row.odoo_model and row.odoo_id else ""
    shown = ReasonRow(row.label, row.source_id, observed, record=record)
    groups.add(row.table, code, sentence, row.remedy or "", shown)
