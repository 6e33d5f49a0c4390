"""One sheet of rows, for a flow whose workbook needs no sums of its own."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from pathlib import Path

from xlsxwriter.workbook import Workbook

from tasks.report.files import taking_place

_OPTIONS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}


def write_sheet(
    name: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str | Decimal | None, ...]],
    path: Path,
) -> None:
    """Write a workbook of one sheet; text stays text, None is an empty cell."""
    with taking_place(path) as new, Workbook(str(new), _OPTIONS) as book:
        sheet = book.add_worksheet(name)
        bold = book.add_format({"bold": True})
        money = book.add_format({"num_format": "#,##0.00"})
        sheet.freeze_panes(1, 0)
        for at, column in enumerate(columns):
            sheet.write_string(0, at, column, bold)
        for number, row in enumerate(rows, start=1):
            for at, cell in enumerate(row):
                if isinstance(cell, Decimal):
                    sheet.write_number(number, at, float(cell), money)
                elif cell is not None:
                    sheet.write_string(number, at, cell)
