"""The rules of a metering run: each finds what it is for, and tells how much was looked at."""

from __future__ import annotations

import pytest

from tasks.model.records import Severity
from tasks.usage.check import check_metered, check_usage
from tests.expectations import usage_cases

RECORDS = 1000


@pytest.fixture(scope="module")
def findings():
    faults = usage_cases.rows("usage")
    checked = check_usage(
        faults, records=RECORDS, table_rows=RECORDS, docs_dir=None, run_name="cases"
    )
    months = check_metered(usage_cases.rows("odoo_usage"), docs_dir=None, run_name="cases")
    return checked, (*checked.findings, *months.findings)


@pytest.mark.parametrize("case", usage_cases.CASES, ids=lambda case: case.name)
def test_usage_breaks_exactly_its_rules(case, findings):
    found = {each.rule for each in findings[1] if (each.table, each.key) == (case.suite, case.name)}
    assert found == case.broken


def test_rules_say_of_how_many_records_they_were_asked(findings):
    stats = [stat for stat in findings[0].checks if stat.suite == "usage"]
    assert {stat.checked for stat in stats} == {RECORDS}
    assert all(stat.failed for stat in stats)


def test_table_without_usage_stops_the_run():
    checked = check_usage([], records=0, table_rows=0, docs_dir=None, run_name="empty")
    (finding,) = checked.findings
    assert (finding.rule, finding.severity) == ("usage_empty", Severity.CRITICAL_RUN)


def test_run_without_a_suspicious_record_finds_nothing():
    assert not check_usage([], records=9, table_rows=9, docs_dir=None, run_name="fine").findings
