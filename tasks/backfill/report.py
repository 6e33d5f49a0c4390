"""The report of a backfill: is the copy safe, is it complete, and what to do next."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from functools import partial
from operator import attrgetter
from pathlib import Path
from typing import Any

from tasks.backfill.headline import control_total, give_answers, reach_headline
from tasks.backfill.reasons import changed_in_odoo, kept_out, left_aside
from tasks.backfill.results import BackfillResults
from tasks.backfill.settled import SETTLED_FILE, is_settled, write_settled
from tasks.model.counts import TableCounts, counts_of
from tasks.model.errors import FatalError
from tasks.model.money import decimal_text
from tasks.model.records import Outcome, Severity, SourceRow, Total
from tasks.model.report import (
    Attachment,
    ControlTotals,
    Counts,
    Drawn,
    Head,
    KeptOut,
    Reasons,
    Report,
)
from tasks.report import words
from tasks.report.files import write_csv
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
    counts = count_rows(results.rows)
    dry = head.dry_run
    service = words.service_name(head.service)
    warned = {
        (each.table, each.key) for each in results.findings if each.severity is Severity.WARNING
    }
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
                tuple(kept_out(results.rows, results.findings)),
                (
                    *left_aside(results.rows, Outcome.OUT_OF_SCOPE),
                    *left_aside(results.rows, Outcome.NOT_SELECTED),
                ),
            ),
            Reasons(
                "Changed by someone in Odoo",
                "A shadow copy is not meant to be edited. These records were; ask who did it and"
                " why",
                tuple(changed_in_odoo(results.rows)),
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
            for row in results.rows
            if (row.table, row.source_id) in warned
        },
        attachments=(
            Attachment(
                "outcomes.csv",
                "what became of every source row",
                partial(_write_outcomes, results.rows),
            ),
            *_kept(results),
        ),
        results=results,
    )


def _kept(results: BackfillResults) -> Iterator[Attachment]:
    """Keep what a run found for the next one, unless it could find something else itself."""
    if results.world and not results.since and is_settled(results):
        yield Attachment(SETTLED_FILE, "", partial(write_settled, results))


def count_rows(rows: Iterable[SourceRow]) -> tuple[TableCounts, ...]:
    """Count rows per table and outcome; the known tables first and always.

    Raises:
        FatalError: A source row stands in the report twice, so that it does not foot.
    """
    counters: dict[str, Counter[Outcome]] = {table: Counter() for table in TABLES}
    ids: dict[str, set[str]] = {}
    for row in rows:
        counters.setdefault(row.table, Counter())[row.outcome] += 1
        ids.setdefault(row.table, set()).add(row.source_id)
    for table, seen in ids.items():
        if len(seen) != counters[table].total():
            raise FatalError(
                f"The report does not foot: {counters[table].total()} outcomes for "
                f"{len(seen)} rows of table {table}; each row must have exactly one."
            )
    return tuple(counts_of(table, counter) for table, counter in counters.items())


def _write_outcomes(rows: Iterable[SourceRow], path: Path) -> None:
    """Write one line per source row, by table and source id."""
    ordered = sorted(rows, key=lambda row: (row.table, row.source_id))
    write_csv(path, OUTCOME_COLUMNS, map(attrgetter(*OUTCOME_COLUMNS), ordered))


def _total(total: Total) -> dict[str, Any]:
    return {
        "label": total.label,
        "currency": total.currency,
        "source": decimal_text(total.source),
        "odoo": None if total.odoo is None else decimal_text(total.odoo),
        "difference": None if total.odoo is None else decimal_text(total.odoo - total.source),
    }
