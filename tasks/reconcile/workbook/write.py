"""``reconciliation.xlsx``: the lines to work on, and sums over them that foot by formulas.

The files of this folder are the only ones that write workbooks. Text is written as
text, whatever it looks like, so that a customer's name is never a formula or a link. Formulas
carry their value, so that they read the same where nothing computes them.
"""

from __future__ import annotations

from pathlib import Path
from zoneinfo import ZoneInfo

from xlsxwriter.workbook import Workbook

from tasks.model.report import Head
from tasks.reconcile.reporting.figures import Figures
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.words import day_text
from tasks.reconcile.workbook.lines import (
    MOST_ROWS,
    SheetRows,
    sheet_rows,
    write_findings,
    write_lines,
)
from tasks.reconcile.workbook.look import TEXT_STAYS, look_of
from tasks.reconcile.workbook.sums import write_causes, write_summary
from tasks.report.files import taking_place

_OPTIONS = {"constant_memory": True, **TEXT_STAYS}


def write_workbook(
    head: Head,
    results: ReconcileResults,
    found: Figures,
    path: Path,
    most: int = MOST_ROWS,
) -> None:
    """Write the workbook whole.

    Args:
        head: Whose report it belongs to.
        results: What the run found.
        found: Its sums.
        path: Where the workbook belongs.
        most: So many lines are shown one by one.
    """
    rows, zone = sheet_rows(results.lines, most), ZoneInfo(head.timezone)
    with taking_place(path) as temporary, Workbook(str(temporary), _OPTIONS) as book:
        created = head.finished_at.replace(tzinfo=None)
        book.set_properties({"title": f"Reconciliation {head.run}", "created": created})
        look = look_of(book)
        sheets = [book.add_worksheet(name) for name in ("Summary", "Causes", "Lines", "Findings")]
        for sheet in sheets:
            # On paper a sheet is one page wide, however many long.
            sheet.set_landscape()
            sheet.fit_to_pages(1, 0)
        summary, causes, shown, findings = sheets
        about = _about(results, found.billed, rows, zone)
        title = f"Reconciliation {head.run}"
        totals = write_summary(summary, look, title, about, found, rows.height)
        write_causes(causes, look, found, rows.height, totals)
        write_lines(shown, look, rows, zone)
        write_findings(findings, look, results.findings)


def _about(results: ReconcileResults, billed: str, rows: SheetRows, zone: ZoneInfo) -> list[str]:
    """Say what the sums are, and what is not shown line by line."""
    first, end = day_text(results.period_start, zone), day_text(results.period_end, zone)
    about = [
        f"Periods that start on {first} or later and before {end}; amounts before tax.",
        f"Billed: by {billed}. Difference: Odoo's amount less what was billed.",
        "Each sum is a formula over the sheet Lines; a check of 0.00 says that the report has it"
        " too.",
    ]
    if rows.rest.height:
        about.append(
            f"{results.lines.height:,} lines are too many to work with here: the"
            f" {rows.lines.height:,} largest differences are listed, the others added up by"
            " service, month, outcome and reason. lines.csv has every line."
        )
    return about
