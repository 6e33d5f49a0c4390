"""The report of a backfill: is the copy safe, is it complete, and why rows are not in Odoo."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from dataclasses import replace
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from tasks.backfill.accounts import Accounts, warned_of
from tasks.backfill.headline import control_total, give_answers, reach_headline
from tasks.backfill.results import BackfillResults
from tasks.backfill.settled import SETTLED_FILE, is_settled, write_settled
from tasks.model.counts import KEPT_OUT, TableCounts, counts_of
from tasks.model.money import decimal_text
from tasks.model.records import Finding, Outcome, SourceRow, Total
from tasks.model.report import (
    Attachment,
    ControlTotals,
    Counts,
    Drawn,
    Head,
    KeptOut,
    Reason,
    ReasonRow,
    Reasons,
    Report,
)
from tasks.report import words
from tasks.report.files import write_csv
from tasks.report.reasons import Groups, also_broken, broken_by_row
from tasks.report.summary import outcome_figures, readback_figures

TABLES = ("users", "plans", "deployments", "subscriptions")
"""The source tables in the order in which the report speaks of them."""

BECOMES = {
    "users": "contacts in Odoo",
    "plans": "products and charges",
    "deployments": "draft orders",
    "subscriptions": "the cycle and price of the order",
    "deployment_addons": "further lines of the order",
    "invoices": "nothing: it is compared, once it can be read",
    "fees": "nothing: it is compared, once it can be read",
}
OUTCOME_COLUMNS = (
    "table",
    "source_id",
    "label",
    "outcome",
    "odoo_model",
    "odoo_id",
    "code",
    "reason",
    "remedy",
)


def build_report(head: Head, results: BackfillResults) -> Report:
    """Tell a backfill.

    Raises:
        FatalError: A source row stands in the results twice, so that they do not foot.
    """
    rows = Accounts.of(results.rows, results.findings)
    results = replace(results, rows=rows)
    counts = count_rows(rows)
    dry = head.dry_run
    service = words.service_name(head.service)
    warned = warned_of(results.findings)
    return Report(
        head=head,
        end=results.end,
        about=f"{service} to Odoo",
        headline=reach_headline(head, results, counts),
        answers=give_answers(head, results, counts),
        sections=(
            Counts(
                "What would be loaded" if dry else "What was loaded",
                f"Every row read from {service} ends in exactly one column, so that each line adds"
                " up to the rows read.",
                counts,
                BECOMES,
                total="All rows",
            ),
            ControlTotals(
                "Control totals",
                "The same sum made on both sides, before tax. A difference means that the copy is"
                " not exact.",
                tuple(map(control_total, results.totals)),
            ),
            Drawn("backfill/templates/safety.html.j2", {"results": results}),
            KeptOut(
                f"What {'would not be' if dry else 'was not'} loaded, and why",
                tuple(kept_out(rows.notable, results.findings)),
                (
                    *left_aside(rows.notable, Outcome.OUT_OF_SCOPE),
                    *left_aside(rows.notable, Outcome.NOT_SELECTED),
                ),
            ),
            Reasons(
                "Changed by someone in Odoo",
                "A shadow copy is not meant to be edited. These records were; ask who did it and"
                " why",
                tuple(changed_in_odoo(rows.notable)),
                "outcomes.csv",
                "No order of the copy was confirmed or canceled by hand, and no edit was found.",
            ),
        ),
        figures={
            "unchanged_since": results.since,
            "readback": readback_figures(results.readback, results.readback_findings, results.safe),
            "rows": outcome_figures(counts),
            "totals": [_total(total) for total in results.totals],
        },
        findings=results.findings,
        checks=results.checks,
        labels={
            (row.table, row.source_id): row.label
            for row in rows.notable
            if (row.table, row.source_id) in warned
        },
        attachments=(
            Attachment(
                "outcomes.csv",
                "what became of every source row",
                partial(_write_outcomes, rows),
            ),
            *_kept(results),
        ),
        results=results,
    )


def _kept(results: BackfillResults) -> Iterator[Attachment]:
    """Keep what a run found for the next one, unless it could find something else itself."""
    if results.world and not results.since and is_settled(results):
        yield Attachment(SETTLED_FILE, "", partial(write_settled, results))


def count_rows(rows: Accounts) -> tuple[TableCounts, ...]:
    """Count rows per table and outcome; the known tables first and always."""
    counters: dict[str, Counter[Outcome]] = {table: Counter() for table in TABLES}
    for (table, outcome, _code), number in rows.counts.items():
        counters.setdefault(table, Counter())[outcome] += number
    return tuple(counts_of(table, counter) for table, counter in counters.items())


def _write_outcomes(rows: Accounts, path: Path) -> None:
    """Write one line per source row, by table and source id."""
    write_csv(path, OUTCOME_COLUMNS, map(attrgetter(*OUTCOME_COLUMNS), rows.by_id()))


def _total(total: Total) -> dict[str, Any]:
    return {
        "label": total.label,
        "currency": total.currency,
        "source": decimal_text(total.source),
        "odoo": None if total.odoo is None else decimal_text(total.odoo),
        "difference": None if total.odoo is None else decimal_text(total.odoo - total.source),
    }


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
