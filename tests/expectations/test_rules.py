"""Every quality rule finds what it is for, and nothing else: finance can trust the quarantine."""

from __future__ import annotations

import pytest

from tasks.backfill.quarantine import CASCADE_RULES
from tasks.check.result import CheckResult
from tasks.check.suites import EXPECTATIONS_DIR, load_suite
from tasks.model.records import Severity
from tests.expectations import invoice_cases, readback_cases, source_cases, usage_cases
from tests.expectations.worlds import (
    AS_OF,
    TABLES,
    as_rows,
    check_readback,
    check_tables,
    frames,
    service,
)

SUITES = sorted(path.stem for path in EXPECTATIONS_DIR.glob("*.json"))


def rules_of(suite: str) -> set[str]:
    """The rules of a suite that speak of rows."""
    rules = load_suite(suite).rules.values()
    return {rule.name for rule in rules if rule.severity is not Severity.CRITICAL_RUN}


@pytest.fixture(scope="module")
def services():
    made = {case.name: service(case.name) for case in source_cases.CASES}
    for case in source_cases.CASES:
        case.spoil(made[case.name])
    return made


@pytest.fixture(scope="module")
def source_result(services) -> CheckResult:
    return check_tables(
        as_rows(frames(*services.values())), as_of=AS_OF, docs_dir=None, run_name="cases"
    )


@pytest.fixture(scope="module")
def readback_result() -> CheckResult:
    return check_readback(readback_cases.frames(), docs_dir=None, run_name="cases")


@pytest.mark.parametrize("case", source_cases.CASES, ids=lambda case: case.name)
def test_source_row_breaks_exactly_its_rules(case, services, source_result):
    mine = services[case.name]
    keys = {(table, row["id"]) for table in TABLES for row in mine.rows(table)}
    found = {
        (finding.table, finding.rule)
        for finding in source_result.findings
        if (finding.table, finding.key) in keys and finding.rule not in CASCADE_RULES
    }
    assert found == case.broken


@pytest.mark.parametrize("case", readback_cases.CASES, ids=lambda case: case.name)
def test_read_back_row_breaks_exactly_its_rules(case, readback_result):
    found = {
        finding.rule
        for finding in readback_result.findings
        if (finding.table, finding.key) == (case.suite, case.name)
    }
    assert found == case.broken


def test_every_row_rule_has_a_row_that_breaks_it():
    broken = {pair for case in source_cases.CASES for pair in case.broken}
    told = (*readback_cases.CASES, *usage_cases.CASES)
    broken |= {(case.suite, rule) for case in told for rule in case.broken}
    broken |= {("invoices", rule) for rule in invoice_cases.CASES}
    broken.add(("invoice_items", invoice_cases.ORPHAN_ITEM))
    assert broken == {(suite, rule) for suite in SUITES for rule in rules_of(suite)}


def test_every_rule_has_a_row_that_keeps_it(source_result, readback_result):
    never_kept = [
        stat.rule
        for stat in (*source_result.checks, *readback_result.checks)
        if stat.checked <= stat.failed
    ]
    assert not never_kept


def test_counts_per_rule_agree_with_the_findings(source_result):
    stats = {(stat.suite, stat.rule): stat.failed for stat in source_result.checks if stat.failed}
    found = [(f.table, f.rule) for f in source_result.findings if f.rule not in CASCADE_RULES]
    assert stats == {pair: found.count(pair) for pair in found}


def test_every_source_row_is_accepted_quarantined_or_out_of_scope(services, source_result):
    for table in TABLES:
        ids = [row["id"] for each in services.values() for row in each.rows(table)]
        kept_out = {
            finding.key
            for finding in source_result.findings
            if finding.table == table and finding.severity is Severity.CRITICAL_ROW
        }
        parts = [source_result.accepted[table], kept_out, source_result.out_of_scope[table].keys()]
        assert sum(map(len, parts)) == len(ids)
        assert set().union(*parts) == set(ids)
