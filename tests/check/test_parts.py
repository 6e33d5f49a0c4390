"""Rows that are checked part by part are checked as if they had come at once."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.check.run import Parts
from tasks.check.suites import load_suite

SUITE = load_suite("odoo_counts")
#: Of a rule's result, what depends on which rows are shown first, and on floats.
COUNTS = ("element_count", "unexpected_count", "missing_count", "observed_value")
SHARES = (
    "missing_percent",
    "unexpected_percent",
    "unexpected_percent_total",
    "unexpected_percent_nonmissing",
)
LISTS = ("unexpected_list", "unexpected_index_list", "partial_unexpected_list")

numbers = st.lists(st.none() | st.integers(-1, 1), max_size=8)


def rows(values: list[int | None], since: int = 0) -> list[dict[str, Any]]:
    return [
        {"entity": f"entity {place}", "expected": 1, "found": 1, "found_minus_expected": value}
        for place, value in enumerate(values, start=since)
    ]


def checked(*parts: list[dict[str, Any]]) -> tuple[Parts, list[Any]]:
    told = Parts(SUITE)
    return told, [found for part in parts for found in told.add(part, docs=True)]


@settings(max_examples=15, deadline=None)
@given(numbers, numbers, numbers)
def test_parts_are_judged_and_told_as_the_whole(one, two, three):
    cut = [rows(one), rows(two, len(one)), rows(three, len(one) + len(two))]
    in_parts, found = checked(*cut)
    whole, expected = checked([row for part in cut for row in part])
    assert found == expected
    assert in_parts.checks == whole.checks
    assert in_parts.table_findings == whole.table_findings
    assert in_parts.answer
    assert whole.answer
    assert in_parts.answer.success == whole.answer.success
    assert in_parts.answer.statistics == whole.answer.statistics
    for part, all_of_it in zip(in_parts.answer.results, whole.answer.results, strict=True):
        assert part.success == all_of_it.success
        for name in (*COUNTS, *LISTS):
            assert (part.result.get(name) or None) == (all_of_it.result.get(name) or None), name
        for name in SHARES:
            assert part.result.get(name) == pytest.approx(all_of_it.result.get(name)), name


def test_that_there_are_no_rows_is_asked_of_all_parts_together():
    told, _ = checked([], rows([0]), [])
    assert told.table_findings == []
    assert all(check.failed == 0 for check in told.checks)
    empty, _ = checked([], [])
    assert [each.rule for each in empty.table_findings]


def test_of_many_broken_rows_none_is_named_and_all_are_counted():
    told, found = checked(rows([1] * 1_500), rows([1] * 1_500, 1_500))
    assert len(found) == 3_000
    assert told.answer
    (broken,) = (each.result for each in told.answer.results if "element_count" in each.result)
    assert broken["unexpected_count"] == 3_000
    assert "unexpected_index_list" not in broken
    assert len(broken["partial_unexpected_list"]) == 20
