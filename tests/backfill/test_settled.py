"""What a run keeps for the next one: read again it is the same, with all that was loaded there."""

from __future__ import annotations

from dataclasses import replace
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.results import BackfillResults, still_hold
from tasks.backfill.settled import is_settled, read_settled, settled_mark, write_settled
from tasks.model.end_state import EndState
from tasks.model.records import Finding, Outcome, RuleStat, Severity, SourceRow, Total
from tasks.report.page import write_page
from tests.backfill.backfill_sample import report_of, sample_results
from tests.strategies import texts

maybe = st.none() | texts
money = st.decimals(allow_nan=False, allow_infinity=False)
severities = st.sampled_from(list(Severity))
findings = st.lists(
    st.builds(Finding, texts, maybe, texts, severities, texts, texts, texts), max_size=3
).map(tuple)
checks = st.lists(
    st.builds(
        RuleStat, texts, texts, texts, severities, texts, st.integers(0, 9), st.integers(0, 9)
    ),
    max_size=3,
).map(tuple)
rows = st.lists(
    st.builds(
        SourceRow,
        st.sampled_from(["users", "deployments"]),
        st.uuids().map(str),
        st.sampled_from(sorted(set(Outcome) - {Outcome.FAILED})),
        texts,
        *(maybe, st.none() | st.integers(1), maybe, maybe, maybe, maybe, maybe),
    ),
    max_size=8,
).map(tuple)
found = st.builds(
    BackfillResults,
    rows,
    findings,
    checks,
    checks,
    findings,
    safe=st.just(value=True),
    totals=st.lists(st.builds(Total, texts, texts, money, st.none() | money), max_size=2).map(
        tuple
    ),
    end=st.just(EndState("Completed", "1 created", 0)),
    world=st.just("world"),
)


def there(row: SourceRow) -> SourceRow:
    loaded = row.outcome in {Outcome.CREATED, Outcome.UPDATED}
    return replace(row, outcome=Outcome.UNCHANGED) if loaded else row


@given(found)
def test_results_read_again_are_the_same_and_what_was_loaded_is_there(tmp_path_factory, results):
    path = tmp_path_factory.mktemp("run") / "results"
    write_settled(results, path)
    again = read_settled(path, settled_mark(path))
    assert again == replace(results, rows=tuple(map(there, results.rows)))
    assert [str(total.source) for total in again.totals] == [
        str(total.source) for total in results.totals
    ]


@pytest.fixture
def results() -> BackfillResults:
    row = SourceRow("users", "1", Outcome.CREATED, "Zoé", "res.partner", 7)
    total = Total("Flat prices, monthly", "CAD", Decimal("49.00"), Decimal("49.00"))
    end = EndState("Completed", "1 created", 0)
    return BackfillResults(
        (row,), (), (), (), (), safe=True, totals=(total,), end=end, world="world"
    )


def test_a_file_that_is_gone_or_was_touched_is_not_believed(tmp_path, results):
    path = tmp_path / "results"
    assert read_settled(path, "abc") is None
    write_settled(results, path)
    assert read_settled(path, None) is None
    mark = settled_mark(path)
    write_settled(replace(results, rows=()), path)
    assert read_settled(path, mark) is None


@pytest.mark.parametrize(
    ("change", "keeps"),
    [
        pytest.param({}, True, id="all loaded"),
        pytest.param({"outcome": Outcome.QUARANTINED}, True, id="kept out by a rule"),
        pytest.param({"outcome": Outcome.FAILED}, False, id="Odoo may take it the next time"),
        pytest.param({"code": "drift"}, False, id="an edit is told once"),
        pytest.param({"code": "region_unknown"}, True, id="told until somebody mends it"),
    ],
)
def test_only_what_the_same_world_would_give_again_is_kept(results, change, keeps):
    (row,) = results.rows
    assert is_settled(replace(results, rows=(replace(row, **change),))) is keeps


@pytest.mark.parametrize("safe", [None, False])
def test_a_copy_that_was_not_found_safe_is_looked_at_again(results, safe):
    assert not is_settled(replace(results, safe=safe))


def test_a_run_that_finds_the_same_says_since_when(results):
    (row,) = results.rows
    same = replace(results, rows=(replace(row, outcome=Outcome.UNCHANGED),), since="20260101-1")
    end = still_hold(same, 0).end
    assert (end.name, end.exit_code) == ("Completed", 0)
    assert "0 created, 0 updated, 1 unchanged" in end.message
    assert "Nothing has changed since run 20260101-1" in end.message


def test_the_page_says_that_nothing_was_read_again(tmp_path):
    write_page(report_of(replace(sample_results(), since="20260101-1")), tmp_path / "page.html")
    page = (tmp_path / "page.html").read_text()
    assert "has changed since run 20260101-1" in page
    headline = report_of(replace(sample_results(), since="20260101-1")).headline
    assert headline.detail.startswith("Nothing has changed since run 20260101-1: its results stand")
    assert "since run" not in report_of(sample_results()).headline.detail
    assert "After loading, every record was read back" not in page
    assert sample_results().readback[0].sentence in page
