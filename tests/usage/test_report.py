"""A metering report: its sums foot, its amounts are exact, and bad news comes first."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from tasks.model.records import Outcome
from tasks.report.folder import write_report
from tasks.report.markdown import markdown_text
from tasks.report.publish import quarantine_rows
from tasks.report.summary import summary
from tasks.report.terminal import terminal_text
from tests.report.plain_sample import read_csv
from tests.usage.usage_sample import usage_report, usage_results


def page_of(report, folder: Path) -> str:
    return write_report(report, folder).read_text(encoding="utf-8")


def test_records_read_are_metered_quarantined_or_out_of_scope():
    records = summary(usage_report())["rows"]["usage"]
    assert records["read"] == 150
    assert records["read"] == sum(count for name, count in records.items() if name != "read")
    assert (records["quarantined"], records["out_of_scope"]) == (1, 30)


def test_months_foot_to_the_whole_on_both_sides():
    *months, whole = summary(usage_report())["totals"]
    for column in ("cpu_seconds", "odoo_cpu_seconds", "overage"):
        assert sum(Decimal(month[column]) for month in months) == Decimal(whole[column])
    assert whole["cpu_seconds"] == whole["odoo_cpu_seconds"]
    assert Decimal(whole["overage"]) == Decimal("0.84375") + Decimal("0.00000075")


def test_outcomes_tell_each_period_once_with_its_amount_and_how_it_came_about(tmp_path):
    report = usage_report()
    write_report(report, tmp_path)
    lines = read_csv(tmp_path / "outcomes.csv")
    keys = [(line["deployment_id"], line["period_start"]) for line in lines]
    assert keys == sorted(set(keys))
    assert len(keys) == len(report.results.rows)
    first = lines[0]
    assert (first["core_hours"], first["amount"], first["state"]) == ("312.5", "0.84375", "preview")
    assert first["explanation"].startswith("312.5 core-hours used, 200.00 included")


def test_quarantine_has_a_line_for_each_record_and_rule(tmp_path):
    write_report(usage_report(), tmp_path)
    lines = read_csv(tmp_path / "quarantine.csv")
    assert [(line["source_id"], line["rule"]) for line in lines] == [
        ("record-1", "usage_negative"),
        ("record-1", "usage_overlap"),
    ]
    assert len(quarantine_rows(usage_report())) == 2


def test_page_shows_amounts_with_their_explanation_and_asks_nothing_of_the_network(tmp_path):
    page = page_of(usage_report(), tmp_path)
    assert "312.5 core-hours used, 200.00 included" in page
    assert "default-src 'none'" in page
    assert 'src="http' not in page


@pytest.mark.parametrize(
    ("changes", "headline"),
    [
        ({}, "except 1 record in quarantine"),
        ({"dry_run": True, "safe": None}, "Dry run: nothing was written"),
        ({"state_name": "DataRefused", "exit_code": 3}, "Stopped: nothing was written"),
        ({"state_name": "LoadStopped", "exit_code": 1}, "The run broke off"),
        ({"safe": False, "exit_code": 3}, "Odoo does not hold what was measured"),
        ({"rows": (), "findings": ()}, "Nothing new to meter"),
    ],
)
def test_every_way_of_telling_says_the_same_worst_thing_first(changes, headline, tmp_path):
    report = usage_report(**changes)
    for told in (page_of(report, tmp_path), terminal_text(report), markdown_text(report)):
        assert headline in told


def test_refused_period_and_unrated_period_are_named_with_their_reason(tmp_path):
    rows = usage_results().rows
    refused = replace(rows[0], outcome=Outcome.FAILED, code="period_billed", reason="It is billed.")
    unrated = replace(rows[2], rated=None, code="no_charge", reason="No charge.")
    page = page_of(usage_report(rows=(refused, unrated)), tmp_path)
    assert "Odoo refused 1 billing period" in page
    assert "2 rows were kept out" in page
    assert "It is billed." in page
    assert "No charge." in page


def test_difference_between_the_sides_is_shown_to_the_last_digit(tmp_path):
    rows = usage_results().rows
    less = replace(rows[0], stored=rows[0].stored - Decimal("0.01"))
    page = page_of(usage_report(rows=(less,), safe=False), tmp_path)
    assert "-0.000003" in page
