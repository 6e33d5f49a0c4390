"""The files of a report: whole, footing, sorted, and harmless to open."""

from __future__ import annotations

import json
import re
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.errors import ConfigError, FatalError
from tasks.model.records import Severity
from tasks.report.files import inert, replacing
from tasks.report.folder import point_latest, write_report
from tasks.report.summary import summary
from tests.backfill.backfill_sample import (
    dry_run_report,
    sample_report,
    sample_results,
    stopped_report,
)
from tests.report.plain_sample import read_csv


def test_outcomes_of_a_run_tell_each_source_row_once_and_in_order(tmp_path):
    report = sample_report()
    write_report(report, tmp_path)
    lines = read_csv(tmp_path / "outcomes.csv")
    keys = [(line["table"], line["source_id"]) for line in lines]
    assert keys == sorted((row.table, row.source_id) for row in report.results.rows)


def test_outcomes_name_the_record_in_odoo_and_leave_what_is_absent_empty(tmp_path):
    write_report(sample_report(), tmp_path)
    lines = read_csv(tmp_path / "outcomes.csv")
    kept_out = next(line for line in lines if line["outcome"] == "quarantined")
    loaded = next(line for line in lines if line["outcome"] == "created")
    assert kept_out["odoo_id"] == ""
    assert kept_out["reason"]
    assert int(loaded["odoo_id"]) > 0


def test_quarantine_lists_every_broken_rule_but_no_warning(tmp_path):
    report = sample_report()
    write_report(report, tmp_path)
    lines = read_csv(tmp_path / "quarantine.csv")
    critical = [each for each in report.findings if each.severity is not Severity.WARNING]
    assert len(lines) == len(critical)
    assert {line["severity"] for line in lines} == {"critical_row"}
    assert any(line["rule"] == "name_missing" for line in lines)


def test_warnings_have_a_file_of_their_own(tmp_path):
    report = sample_report()
    write_report(report, tmp_path)
    lines = read_csv(tmp_path / "warnings.csv")
    assert {line["rule"] for line in lines} == {"country_missing", "rate_rounded_to_cents"}
    assert {line["severity"] for line in lines} == {"warning"}


def test_quarantine_of_a_refused_run_names_the_table_that_stopped_it(tmp_path):
    write_report(stopped_report(), tmp_path)
    stop = next(
        line for line in read_csv(tmp_path / "quarantine.csv") if line["severity"] == "critical_run"
    )
    assert (stop["table"], stop["source_id"]) == ("plans", "")


@given(st.text())
def test_cells_from_hostile_text_never_start_a_formula(text):
    cell = inert(text)
    assert cell in (text, "'" + text)
    assert not re.match("[=+@\t\r\n]", cell)
    assert not cell.startswith("-") or re.fullmatch(r"-[0-9]+(\.[0-9]+)?", cell)


@given(st.decimals(allow_nan=False, allow_infinity=False, places=4))
def test_cells_with_numbers_stay_numbers(number):
    assert inert(format(number, "f")) == format(number, "f")


def test_csv_of_hostile_labels_reads_back_with_all_rows_and_no_formula(tmp_path):
    evil = '=HYPERLINK("http://evil.example","x")\r\n@SUM(A1),"'
    rows = tuple(replace(row, label=evil) for row in sample_results().rows)
    write_report(sample_report(rows=rows), tmp_path)
    lines = read_csv(tmp_path / "outcomes.csv")
    assert len(lines) == len(rows)
    assert {line["label"] for line in lines} == {"'" + evil}


def test_summary_rows_foot_to_what_was_read():
    for table, counts in summary(sample_report())["rows"].items():
        read = counts.pop("read")
        assert read == sum(counts.values()), table


def test_summary_keeps_amounts_exact_as_text(tmp_path):
    write_report(sample_report(), tmp_path)
    told = json.loads((tmp_path / "summary.json").read_text(encoding="utf-8"))
    assert told["totals"][0]["source"] == "48211.5"
    assert told["totals"][0]["difference"] == "0"
    assert told["readback"]["safe"] is True


def test_summary_of_a_dry_run_leaves_odoos_side_open():
    told = summary(dry_run_report())
    assert told["readback"]["safe"] is None
    assert {total["odoo"] for total in told["totals"]} == {None}


def test_report_with_a_row_told_twice_is_refused_before_anything_is_written():
    rows = sample_results().rows
    with pytest.raises(FatalError, match="does not foot"):
        sample_report(rows=(*rows, rows[0]))


def test_report_written_twice_is_the_same_to_the_byte(tmp_path):
    report = sample_report()
    write_report(report, tmp_path)
    first = {path.name: path.read_bytes() for path in tmp_path.iterdir()}
    write_report(report, tmp_path)
    assert {path.name: path.read_bytes() for path in tmp_path.iterdir()} == first
    assert set(first) == {
        "index.html",
        "summary.json",
        "outcomes.csv",
        "quarantine.csv",
        "warnings.csv",
    }


def test_file_whose_writing_fails_keeps_its_former_content(tmp_path):
    path = tmp_path / "outcomes.csv"
    path.write_text("former", encoding="utf-8")

    def break_off() -> None:
        with replacing(path) as stream:
            stream.write("half")
            raise InterruptedError

    with pytest.raises(InterruptedError):
        break_off()
    assert [each.name for each in tmp_path.iterdir()] == ["outcomes.csv"]
    assert path.read_text(encoding="utf-8") == "former"


def test_report_into_a_place_that_is_a_file_says_what_to_set(tmp_path):
    (tmp_path / "taken").write_text("", encoding="utf-8")
    with pytest.raises(ConfigError, match="REPORTS_DIR"):
        write_report(sample_report(), tmp_path / "taken" / "run")


def test_latest_follows_the_newest_run_and_survives_a_move(tmp_path):
    for run in ("first", "second"):
        folder = tmp_path / "reports" / "backfill" / run
        write_report(sample_report(run=run), folder)
        point_latest(folder)
    moved = (tmp_path / "reports").rename(tmp_path / "elsewhere")
    latest = moved / "backfill" / "latest"
    assert json.loads((latest / "summary.json").read_text(encoding="utf-8"))["run"] == "second"
    assert sorted(path.name for path in latest.parent.iterdir()) == ["first", "latest", "second"]


def test_latest_that_is_a_real_folder_is_not_overwritten(tmp_path):
    (tmp_path / "latest").mkdir()
    (tmp_path / "run").mkdir()
    with pytest.raises(ConfigError, match="move it away"):
        point_latest(tmp_path / "run")
