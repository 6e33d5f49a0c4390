"""The workbook's sheets of rows: the lines with three amounts, and what was not compared."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from zoneinfo import ZoneInfo

import polars as pl
from xlsxwriter.worksheet import Worksheet

from tasks.model.ledger import MATCHED_SCHEMA
from tasks.model.records import Finding
from tasks.reconcile.figures import major
from tasks.reconcile.pages import Compared, on_its_own
from tasks.reconcile.reporting.sorting import in_order, largest_first
from tasks.reconcile.words import (
    ORIGIN_NAMES,
    OUTCOME_NAMES,
    WRONG_NAMES,
    cause_words,
    day_text,
    item_name,
)
from tasks.reconcile.workbook.look import (
    AGREES,
    BILLED,
    COUNT,
    DIFFERENCE,
    DUE,
    FIRST_LINE,
    ODOO,
    Look,
    put,
    put_heads,
    set_widths,
)
from tasks.report import words

MOST_ROWS = 50_000
"""Rows of the workbook; Excel itself ends at 1,048,576 and is slow long before."""

_TOGETHER = ("service", "currency", "month", "outcome", "cause", "wrong_side")
AMOUNTS = ("external_micro", "expected_micro", "odoo_micro", "delta_micro")

_COLUMNS = {
    "Service": 13,
    "Customer": 24,
    "Subscription": 24,
    "Item": 28,
    "Month": 9,
    "From": 12,
    "To": 12,
    "Currency": 9,
    "Outcome": 34,
    "Reason": 34,
    "Billed": 14,
    "Due": 14,
    "Odoo": 14,
    "Difference": 14,
    "Wrong side": 22,
    "Evidence": 60,
    "Units billed": 14,
    "Units in Odoo": 14,
    "Invoice or fee": 22,
    "Order in Odoo": 18,
    "Billed by": 24,
    "Tax billed": 12,
    "Tax in Odoo": 12,
    "Lines": 8,
}
_NUMBERS = {"Billed", "Due", "Odoo", "Difference", "Lines"}
_FINDING_COLUMNS = {
    "Where": 24,
    "Row": 32,
    "Rule": 50,
    "Found": 50,
    "What to do": 60,
    "Kept out": 10,
}


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Lines one by one, and the others added up: together they are all lines.

    ``rest`` has a row per service, currency, month, outcome, cause and wrong side; ``count`` says
    how many lines it stands for.
    """

    lines: pl.DataFrame
    rest: pl.DataFrame

    @property
    def height(self) -> int:
        """Rows on the sheet."""
        return self.lines.height + self.rest.height


def sheet_rows(lines: Compared, most: int = MOST_ROWS) -> SheetRows:
    """Choose the rows: the largest difference first, what matches last.

    Args:
        lines: All lines.
        most: So many may be shown one by one; if there are more, those that match are not.
    """
    differs = pl.col("cause") != ""
    shown = _largest((page.filter(differs) for page in lines), most)
    if lines.height > most:
        return SheetRows(shown, _others(lines.sums, shown))
    agreeing = in_order([page.filter(~differs) for page in lines])
    return SheetRows(pl.concat([shown, *agreeing]), _others(lines.sums.clear(), shown.clear()))


def _largest(pages: Iterable[pl.DataFrame], most: int) -> pl.DataFrame:
    best = pl.DataFrame(schema=MATCHED_SCHEMA)
    for page in pages:
        best = on_its_own(largest_first(pl.concat([best, page])).head(most))
    return best


def _others(sums: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Add up all lines but those that are shown."""
    amounts = ("external", "expected", "odoo", "delta")
    all_lines = sums.select(
        *_TOGETHER,
        pl.col("rows").alias("count"),
        *(pl.col(name).alias(f"{name}_micro") for name in amounts),
    )
    taken = shown.select(*_TOGETHER, pl.lit(-1, pl.Int64).alias("count"), -pl.col(AMOUNTS))
    rest = pl.concat([all_lines, taken]).group_by(_TOGETHER).agg(pl.col("count", *AMOUNTS).sum())
    return rest.filter(pl.col("count") > 0).sort(_TOGETHER)


def write_lines(sheet: Worksheet, look: Look, rows: SheetRows, zone: ZoneInfo) -> None:
    """Write the lines, with sums of the rows that a filter shows above them."""
    heads = list(_COLUMNS)
    set_widths(sheet, _COLUMNS.values())
    last = FIRST_LINE + max(rows.height, 1) - 1
    several = rows.lines["currency"].n_unique() + rows.rest["currency"].n_unique() > 1
    only = ": choose one currency" if several else ""
    put(sheet, 0, 0, f"Sums of the rows that a filter leaves{only}", look.note)
    for letter in (BILLED, DUE, ODOO, DIFFERENCE, COUNT):
        style = look.sum_count if letter == COUNT else look.sum
        formula = f"=SUBTOTAL(109,{letter}{FIRST_LINE}:{letter}{last})"
        sheet.write_formula(f"{letter}1", formula, style, _whole(rows, letter))
    put_heads(sheet, 1, heads, _NUMBERS, look)
    sheet.freeze_panes(2, 0)
    sheet.autofilter(1, 0, last - 1, len(heads) - 1)
    row = FIRST_LINE - 1
    reasons = {"": AGREES}
    for line in rows.lines.iter_rows(named=True):
        texts = {
            0: line["service"],
            1: line["customer"],
            2: line["subscription"],
            3: item_name(line["item"]),
            5: day_text(line["period_start"], zone),
            6: day_text(line["period_end"], zone),
            15: line["evidence"],
            16: line["external_units"],
            17: line["odoo_units"],
            18: line["external_ref"],
            19: line["odoo_ref"],
            20: ORIGIN_NAMES.get(line["external_origin"], line["external_origin"]),
            21: _percent(line["tax_rate"]),
            22: _percent(line["odoo_tax_rate"]),
        }
        _write_row(sheet, look, row, texts, line | {"count": 1}, reasons)
        row += 1
    for line in rows.rest.iter_rows(named=True):
        texts = {0: line["service"], 1: f"{words.counted(line['count'], 'line')}, added up"}
        _write_row(sheet, look, row, texts, line, reasons)
        row += 1


def write_findings(sheet: Worksheet, look: Look, found: Sequence[Finding]) -> None:
    """Write which rows broke which rule, and whether that kept them out."""
    set_widths(sheet, _FINDING_COLUMNS.values())
    put_heads(sheet, 0, list(_FINDING_COLUMNS), set(), look)
    sheet.freeze_panes(1, 0)
    sheet.autofilter(0, 0, max(len(found), 1), len(_FINDING_COLUMNS) - 1)
    for row, finding in enumerate(found, start=1):
        cells = (
            words.table_name(finding.table),
            finding.key or "all",
            finding.sentence,
            finding.observed,
            finding.remedy,
            "no" if finding.severity == "warning" else "yes",
        )
        for column, cell in enumerate(cells):
            put(sheet, row, column, cell, look.wrap)


def _write_row(
    sheet: Worksheet,
    look: Look,
    row: int,
    texts: dict[int, str],
    line: dict[str, object],
    reasons: dict[str, str],
) -> None:
    cause = str(line["cause"])
    if cause not in reasons:
        reasons[cause] = cause_words(cause).title
    outcome = OUTCOME_NAMES[str(line["outcome"])]
    wrong = WRONG_NAMES[str(line["wrong_side"])]
    known = {4: line["month"], 7: line["currency"], 8: outcome, 9: reasons[cause], 14: wrong}
    for column, text in sorted((texts | known).items()):
        if text:
            put(sheet, row, column, str(text), look.text)
    for column, name in enumerate(AMOUNTS, start=10):
        micro = line[name]
        if isinstance(micro, int):
            sheet.write_number(row, column, float(major(micro)), look.amount)
    sheet.write_number(row, 23, float(str(line["count"])), look.count)


def _percent(rate: str | None) -> str:
    return f"{rate} %" if rate else ""


def _whole(rows: SheetRows, letter: str) -> float:
    """Add up a column of the sheet exactly."""
    if letter == COUNT:
        return float(rows.lines.height + int(rows.rest["count"].sum()))
    name = dict(zip((BILLED, DUE, ODOO, DIFFERENCE), AMOUNTS, strict=True))[letter]
    return float(major(int(rows.lines[name].sum()) + int(rows.rest[name].sum())))
