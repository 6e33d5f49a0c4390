"""The workbook of a reconciliation: it foots by its own formulas, and text in it stays text."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import openpyxl
import polars as pl
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.model.ledger import LineOutcome
from tasks.reconcile.reporting.figures import add_figures_up
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.workbook.look import FIRST_LINE
from tasks.reconcile.workbook.write import write_workbook
from tests.reconcile.reconcile_sample import HEAD, finding, frame, reconcile_results, row
from tests.reconcile.sheet_sums import Sheets

EVIL = '=HYPERLINK("http://evil.example","x")'


def opened(results: ReconcileResults, folder: Path, most: int = 10_000) -> openpyxl.Workbook:
    path = folder / "reconciliation.xlsx"
    write_workbook(HEAD, results, add_figures_up(results), path, most)
    return openpyxl.load_workbook(path)


def checks(sheet: openpyxl.worksheet.worksheet.Worksheet) -> list[str]:
    """The cells of every column that is headed Check."""
    cells = []
    for column in sheet.iter_cols():
        heads = [cell.row for cell in column if cell.value == "Check"]
        if heads:
            cells += [cell.coordinate for cell in column[heads[0] :] if cell.data_type == "f"]
    return cells


@pytest.mark.parametrize("most", [10_000, 50], ids=["all lines", "the largest differences"])
def test_every_sum_recomputed_from_the_cells_is_what_is_stored_and_every_check_is_zero(
    tmp_path, most
):
    book = opened(reconcile_results(), tmp_path, most)
    stored = openpyxl.load_workbook(tmp_path / "reconciliation.xlsx", data_only=True)
    sheets = Sheets(book)
    for name in ("Summary", "Causes", "Lines"):
        cells = sheets.formulas(name)
        assert cells
        for cell in cells:
            told = Decimal(str(stored[name][cell].value))
            assert round(sheets.value(name, cell), 6) == round(told, 6), (name, cell)
    for name in ("Summary", "Causes"):
        assert checks(book[name])
        assert {sheets.value(name, cell) for cell in checks(book[name])} == {0}


def test_lines_stand_largest_difference_first_with_numbers_as_numbers_and_ids_as_text(tmp_path):
    report = reconcile_results(frame([row(7, "49", "49"), row(8, "3.13", "2.34")]))
    rows = list(opened(report, tmp_path)["Lines"].iter_rows(min_row=FIRST_LINE, values_only=True))
    assert [line[1] for line in rows] == ["customer-8", "customer-7"]
    assert rows[0][10:15] == (3.13, None, 2.34, -0.79, "Not known yet")
    assert rows[0][18:20] == ("LAGO-00008", "S00008")


def test_lines_can_be_filtered_below_a_head_that_stays(tmp_path):
    sheet = opened(reconcile_results(), tmp_path)["Lines"]
    assert sheet.freeze_panes == "A3"
    assert sheet.auto_filter.ref == f"A2:X{sheet.max_row}"


def test_printed_sheet_loses_no_column_to_another_page(tmp_path):
    book = opened(reconcile_results(), tmp_path)
    assert {sheet.page_setup.orientation for sheet in book} == {"landscape"}
    assert {sheet.sheet_properties.pageSetUpPr.fitToPage for sheet in book} == {True}
    assert {sheet.page_setup.fitToHeight for sheet in book} == {0}


def test_too_many_lines_are_added_up_and_the_summary_says_so(tmp_path):
    report = reconcile_results()
    differing = report.lines.whole().filter(pl.col("outcome") != LineOutcome.MATCH)
    book = opened(report, tmp_path, most=differing.height)
    told = [str(cell.value) for cell in book["Summary"]["A"][:6]]
    assert any(f"{report.lines.height:,} lines are too many" in line for line in told)
    counts = [cell.value for cell in book["Lines"]["X"][FIRST_LINE - 1 :]]
    assert counts[: differing.height] == [1] * differing.height
    assert sum(counts) == report.lines.height


def test_workbook_of_no_lines_opens_and_adds_up_to_nothing(tmp_path):
    report = replace(reconcile_results(frame([])), findings=())
    book = opened(report, tmp_path)
    sheets = Sheets(book)
    assert {sheets.value("Lines", cell) for cell in sheets.formulas("Lines")} == {0}


def test_workbook_written_twice_is_the_same_to_the_byte(tmp_path):
    opened(reconcile_results(), tmp_path)
    first = (tmp_path / "reconciliation.xlsx").read_bytes()
    opened(reconcile_results(), tmp_path)
    assert (tmp_path / "reconciliation.xlsx").read_bytes() == first
    assert [path.name for path in tmp_path.iterdir()] == ["reconciliation.xlsx"]


@settings(max_examples=15, deadline=None)
@given(
    st.one_of(st.text(min_size=1, max_size=40), st.sampled_from([EVIL, "@x", "+1", "a" * 40_000]))
)
def test_hostile_text_is_never_a_formula_and_never_a_link(tmp_path_factory, evil):
    names = dict.fromkeys(("customer", "subscription", "evidence", "external_ref"), evil)
    lines = frame([row(1, "49", "48", **names), row(2)])
    found = replace(finding("x", "r"), key=evil, observed=evil)
    report = replace(reconcile_results(lines), findings=(found,))
    book = opened(report, tmp_path_factory.mktemp("book"))
    harmless = replace(reconcile_results(frame([row(1, "49", "48"), row(2)])), findings=(found,))
    expected = Sheets(opened(harmless, tmp_path_factory.mktemp("book")))
    for sheet in book.sheetnames:
        assert Sheets(book).formulas(sheet) == expected.formulas(sheet)
        assert not [cell for line in book[sheet].iter_rows() for cell in line if cell.hyperlink]
