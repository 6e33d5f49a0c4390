"""The workbook's sheets of sums: every figure is a formula over the lines, checked beside it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from xlsxwriter.format import Format
from xlsxwriter.worksheet import Worksheet

from tasks.reconcile.figures import Sum
from tasks.reconcile.reporting.figures import Figures
from tasks.reconcile.words import OUTCOME_NAMES, WRONG_NAMES, CauseWords
from tasks.reconcile.workbook.look import (
    AGREES,
    BILLED,
    COUNT,
    CURRENCY,
    DIFFERENCE,
    MONTH,
    ODOO,
    OUTCOME,
    REASON,
    SERVICE,
    WRONG,
    Look,
    put,
    put_heads,
    set_widths,
    sum_of_lines,
)

_HEADS = ("Currency", "Lines", "Billed", "Odoo", "Difference", "In the report", "Check")
_CAUSE_HEADS = (
    "Reason",
    "Currency",
    "Lines",
    "Difference",
    "Check",
    "What it means",
    "What to do",
)
_AGREEING = CauseWords(AGREES, "Lines that are the same, with what the tolerance lets pass.", "")


@dataclass(frozen=True, slots=True)
class _Block:
    """A table: sums of the lines by the values of one of their columns."""

    title: str
    column: str
    sums: Sequence[tuple[str, Sum]]


def write_summary(
    sheet: Worksheet, look: Look, title: str, about: Sequence[str], found: Figures, height: int
) -> dict[str, str]:
    """Write the sums by service, outcome and month; return where each currency's difference is.

    Args:
        sheet: The sheet to write.
        look: The workbook's formats.
        title: The sheet's first line.
        about: Sentences below it.
        found: The report's sums.
        height: Rows on the sheet Lines.
    """
    set_widths(sheet, (42, 10, 12, 18, 18, 18, 18, 10))
    put(sheet, 0, 0, title, look.title)
    for number, sentence in enumerate(about, start=1):
        put(sheet, number, 0, sentence, look.note)
    row = len(about) + 2
    totals: dict[str, str] = {}
    for block in (
        _Block("Service", SERVICE, [(each.key[1], each) for each in found.services]),
        _Block("Outcome", OUTCOME, [(OUTCOME_NAMES[each.key[1]], each) for each in found.outcomes]),
        _Block("Wrong side", WRONG, [(WRONG_NAMES[each.key[1]], each) for each in found.sides]),
        _Block("Month", MONTH, [(each.key[1], each) for each in found.months]),
    ):
        row, cells = _write_block(sheet, look, row, block, found.currencies, height)
        totals = totals or cells
    return totals


def write_causes(
    sheet: Worksheet, look: Look, found: Figures, height: int, totals: dict[str, str]
) -> None:
    """Write what each reason comes to, and that all of them are the whole difference.

    Args:
        sheet: The sheet to write.
        look: The workbook's formats.
        found: The report's sums.
        height: Rows on the sheet Lines.
        totals: By currency, the cell that holds its difference.
    """
    set_widths(sheet, (46, 10, 10, 18, 10, 80, 80))
    put_heads(sheet, 0, _CAUSE_HEADS, {"Lines", "Difference", "Check"}, look)
    sheet.freeze_panes(1, 0)
    told = {cause.code: cause.words for cause in found.causes}
    row = 1
    for whole in found.currencies:
        currency = whole.key[0]
        largest = sorted(found.waterfalls[currency], key=lambda each: -abs(each.delta))
        moves = [(told[each.key[0]], each) for each in largest]
        if currency in found.agreeing:
            moves.append((_AGREEING, found.agreeing[currency]))
        first = row + 1
        for cause, each in moves:
            _write_cause(sheet, look, row, cause, each, currency, height)
            row += 1
        put(sheet, row, 0, "Total", look.sum_text)
        put(sheet, row, 1, currency, look.sum_text)
        sheet.write_formula(row, 2, f"=SUM(C{first}:C{row})", look.sum_count, whole.rows)
        sheet.write_formula(row, 3, f"=SUM(D{first}:D{row})", look.sum, float(whole.delta))
        _write_check(sheet, look, row, 4, f"D{row + 1}-{totals[currency]}")
        row += 2


def _write_block(
    sheet: Worksheet,
    look: Look,
    row: int,
    block: _Block,
    currencies: Sequence[Sum],
    height: int,
) -> tuple[int, dict[str, str]]:
    """Write a table with a total per currency; return the next row, and where differences are."""
    put_heads(sheet, row, (block.title, *_HEADS), set(_HEADS[1:]), look)
    row += 1
    first, last = row + 1, row + len(block.sums)
    for label, each in block.sums:
        criteria = ((block.column, f"$A{row + 1}"), (CURRENCY, f"$B{row + 1}"))
        formulas = [sum_of_lines(column, criteria, height) for column in (COUNT, BILLED, ODOO)]
        _write_sums(sheet, look, row, (label, each.key[0]), each, formulas, total=False)
        row += 1
    cells: dict[str, str] = {}
    for each in currencies:
        currency = each.key[0]
        keys = f"$B${first}:$B${last},$B{row + 1}"
        formulas = [f"=SUMIFS({letter}${first}:{letter}${last},{keys})" for letter in "CDE"]
        _write_sums(sheet, look, row, ("Total", currency), each, formulas, total=True)
        cells[currency] = f"Summary!$F${row + 1}"
        row += 1
    return row + 1, cells


def _write_sums(
    sheet: Worksheet,
    look: Look,
    row: int,
    names: tuple[str, str],
    each: Sum,
    formulas: Sequence[str],
    *,
    total: bool,
) -> None:
    text, amount = (look.sum_text, look.sum) if total else (look.text, look.amount)
    count = look.sum_count if total else look.count
    for column, name in enumerate(names):
        put(sheet, row, column, name, text)
    values = (each.rows, float(each.external), float(each.odoo))
    for column, (formula, value) in enumerate(zip(formulas, values, strict=True), start=2):
        sheet.write_formula(row, column, formula, count if column == 2 else amount, value)
    number = row + 1
    sheet.write_formula(row, 5, f"=ROUND(E{number}-D{number},6)", amount, float(each.delta))
    sheet.write_number(row, 6, float(each.delta), amount)
    _write_check(sheet, look, row, 7, f"F{number}-G{number}")


def _write_cause(
    sheet: Worksheet,
    look: Look,
    row: int,
    told: CauseWords,
    each: Sum,
    currency: str,
    height: int,
) -> None:
    put(sheet, row, 0, told.title, look.text)
    put(sheet, row, 1, currency, look.text)
    criteria = ((REASON, f"$A{row + 1}"), (CURRENCY, f"$B{row + 1}"))
    cells: tuple[tuple[int, str, float, Format], ...] = (
        (2, COUNT, each.rows, look.count),
        (3, DIFFERENCE, float(each.delta), look.amount),
    )
    for column, source, value, style in cells:
        sheet.write_formula(row, column, sum_of_lines(source, criteria, height), style, value)
    _write_check(sheet, look, row, 4, f"D{row + 1}-({_plain(each.delta)})")
    put(sheet, row, 5, told.sentence, look.wrap)
    put(sheet, row, 6, told.fix, look.wrap)


def _write_check(sheet: Worksheet, look: Look, row: int, column: int, difference: str) -> None:
    """Write that a formula gives what the report says: 0.00, or it is wrong."""
    sheet.write_formula(row, column, f"=ROUND({difference},2)", look.check, 0)


def _plain(amount: Decimal) -> str:
    return format(amount, "f")
