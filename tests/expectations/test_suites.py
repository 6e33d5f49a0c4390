"""The rule files say everything that finance needs, and Great Expectations reads all of it."""

from __future__ import annotations

import json

import pytest

from tasks.check.suites import EXPECTATIONS_DIR, Suite, load_suite
from tasks.check.validation import build_suite
from tasks.model.errors import FatalError
from tasks.model.records import Severity

FILES = sorted(EXPECTATIONS_DIR.glob("*.json"))
WEIGHTS = [Severity.CRITICAL_RUN, Severity.CRITICAL_ROW, Severity.WARNING]


@pytest.fixture(params=FILES, ids=lambda path: path.stem)
def definition(request):
    return json.loads(request.param.read_text(encoding="utf-8"))


def test_suite_loads_without_losing_a_rule(definition):
    suite = load_suite(definition["name"])
    assert len(suite.rules) == len(definition["expectations"])
    assert len(build_suite(suite).expectations) == len(definition["expectations"])


def test_rule_says_what_why_and_what_to_do(definition):
    for expectation in definition["expectations"]:
        meta = expectation["meta"]
        assert set(meta) == {"rule", "severity", "observed", "why", "remedy"}
        for sentence in (expectation["description"], meta["why"], meta["remedy"]):
            assert sentence.endswith(".")
            # Data Docs would take it for a placeholder.
            assert "$" not in sentence


def test_rule_has_the_same_weight_for_us_and_for_great_expectations(definition):
    for expectation in definition["expectations"]:
        warning = expectation["meta"]["severity"] == Severity.WARNING
        assert expectation["severity"] == ("warning" if warning else "critical")


def test_rules_are_sorted_by_weight_and_name(definition):
    order = [
        (WEIGHTS.index(expectation["meta"]["severity"]), expectation["meta"]["rule"])
        for expectation in definition["expectations"]
    ]
    assert order == sorted(order)


def test_misspelt_rule_type_is_refused_not_dropped():
    suite = load_suite("odoo_counts")
    definition = json.loads(json.dumps(suite.definition))
    definition["expectations"][0]["type"] = "expect_table_row_cuont_to_be_between"
    with pytest.raises(FatalError, match=r"1 of the 2 rules in expectations/odoo_counts\.json"):
        build_suite(Suite(suite.name, suite.key, suite.rules, definition))
