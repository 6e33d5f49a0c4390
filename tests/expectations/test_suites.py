"""The rule files say everything that finance needs, and Great Expectations reads all of it."""

from __future__ import annotations

import json
from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.check.run import frame_of
from tasks.check.suites import EXPECTATIONS_DIR, Suite, load_suite
from tasks.check.validation import build_suite, validate
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
        assert set(meta) - {"limits"} == {"rule", "severity", "observed", "why", "remedy"}
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


VALUES = (
    st.none()
    | st.booleans()
    | st.integers(-5, 5)
    | st.sampled_from([Decimal("NaN"), Decimal("Infinity"), Decimal("-Infinity"), 10_000])
    | st.decimals(-200, 200, places=3)
    | st.sampled_from(
        ("", "draft", "paid", "monthly", "lago", "cus_1", "cus_1\n", "CAD", "CADX", "a b")
    )
    | st.sampled_from(
        ("zoé@exämple.ça", "zoe@example", "山@例え.日本", "a@b.ca\n", "a..b@c.ca", "a@b.c١")
    )
    | st.emails()
    | st.text(max_size=5)
)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(VALUES, min_size=1, max_size=40), st.data())
def test_a_value_keeps_a_rule_exactly_when_great_expectations_says_so(values, data):
    """Invoices that keep all rules never reach Great Expectations: both must agree."""
    every = [rule for path in FILES for rule in load_suite(path.stem).rules.values()]
    rule = data.draw(st.sampled_from([each for each in every if _is_told_of_a_value(each, values)]))
    suite = Suite(
        "values",
        "value",
        {rule.name: replace(rule, column="value")},
        {
            "name": "values",
            "notes": "",
            "expectations": [
                {
                    "type": rule.kind,
                    "kwargs": {"column": "value", **rule.limits},
                    "severity": "critical",
                    "meta": {"rule": rule.name},
                }
            ],
        },
    )
    (verdict,) = validate(suite, frame_of([{"value": each} for each in values], ["value"])).rules
    assert verdict.broken == tuple(at for at, value in enumerate(values) if not rule.keeps(value))


def _is_told_of_a_value(rule, values):
    """Texts have no order against numbers: Great Expectations refuses to compare them."""
    texts = any(isinstance(each, str) for each in values)
    if rule.kind == "expect_column_values_to_be_between":
        return not texts
    is_judged_by_the_database = "most_cores" in rule.limits
    is_unique = rule.kind == "expect_column_values_to_be_unique"
    return rule.column and not is_unique and not is_judged_by_the_database
