"""What the workbook's sheets share: formats, text that stays text, and sums over the lines."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

from xlsxwriter.format import Format
from xlsxwriter.workbook import Workbook
from xlsxwriter.worksheet import Worksheet

from tasks.report.files import taking_place

TEXT_STAYS = {"strings_to_formulas": False, "strings_to_urls": False, "strings_to_numbers": False}
"""Options of a workbook in which text is text, whatever it looks like."""

AGREES = "Agrees"
"""Stands where a line that differs has its reason."""

SERVICE, MONTH, CURRENCY, OUTCOME, REASON = "A", "E", "H", "I", "J"
BILLED, DUE, ODOO, DIFFERENCE, WRONG, COUNT = "K", "L", "M", "N", "O", "X"
"""Columns of the sheet Lines that sums are made of."""

FIRST_LINE = 3
"""Row of the first line on its sheet, counted from 1: sums and heads stand above."""

# Excel takes a cell of at most 32,767 characters, and no character that XML has not.
_LONGEST = 32_000
_NOT_XML = re.compile("[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
_AMOUNT = "#,##0.00####;[Red]-#,##0.00####"
_HEAD = {"bold": True, "bottom": 1, "bg_color": "#F0F2F5", "text_wrap": True, "valign": "top"}


@dataclass(frozen=True, slots=True)
class Look:
    """The formats of the workbook's cells."""

    title: Format
    head: Format
    head_right: Format
    text: Format
    wrap: Format
    amount: Format
    count: Format
    sum: Format
    sum_count: Format
    sum_text: Format
    check: Format
    note: Format


def look_of(book: Workbook) -> Look:
    """Add the formats to a workbook."""

    def add(**properties: Any) -> Format:
        return book.add_format({"valign": "top"} | properties)

    return Look(
        title=add(bold=True, font_size=14),
        head=add(**_HEAD),
        head_right=add(**_HEAD, align="right"),
        text=add(),
        wrap=add(text_wrap=True),
        amount=add(num_format=_AMOUNT),
        count=add(num_format="#,##0"),
        sum=add(num_format=_AMOUNT, bold=True, top=1),
        sum_count=add(num_format="#,##0", bold=True, top=1),
        sum_text=add(bold=True, top=1),
        check=add(num_format="0.00", font_color="#157352"),
        note=add(font_color="#5B6475"),
    )


def put(sheet: Worksheet, row: int, column: int, text: str, style: Format) -> None:
    """Write text as text: never as a formula, a link or a number."""
    sheet.write_string(row, column, _NOT_XML.sub("\ufffd", text)[:_LONGEST], style)


def put_heads(
    sheet: Worksheet, row: int, heads: Sequence[str], right: set[str], look: Look
) -> None:
    """Write a row of heads; those over numbers to the right."""
    for column, head in enumerate(heads):
        put(sheet, row, column, head, look.head_right if head in right else look.head)


def set_widths(sheet: Worksheet, widths: Iterable[float]) -> None:
    """Set the widths of a sheet's columns, in characters."""
    for column, width in enumerate(widths):
        sheet.set_column(column, column, width)


def sum_of_lines(column: str, criteria: Iterable[tuple[str, str]], height: int) -> str:
    """Write a sum over the lines, of which there are ``height`` rows.

    >>> sum_of_lines("K", [("A", "$A7")], 10)
    '=SUMIFS(Lines!$K$3:$K$12,Lines!$A$3:$A$12,$A7)'
    """
    last = FIRST_LINE + max(height, 1) - 1

    def cells(letter: str) -> str:
        return f"Lines!${letter}${FIRST_LINE}:${letter}${last}"

    tests = ",".join(f"{cells(letter)},{cell}" for letter, cell in criteria)
    return f"=SUMIFS({cells(column)},{tests})"


def write_sheet(
    name: str,
    columns: tuple[str, ...],
    rows: Iterable[tuple[str | Decimal | None, ...]],
    path: Path,
) -> None:
    """Write a workbook of one sheet, for a flow that needs no sums; None is an empty cell."""
    with taking_place(path) as new, Workbook(str(new), TEXT_STAYS) as book:
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
