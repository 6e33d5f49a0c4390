"""Which periods a comparison speaks of, to the moment: one too many is a difference of nobody's."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import polars as pl
import pytest

from tasks.model.errors import ConfigError, FatalError
from tasks.model.ledger import ledger_frame
from tasks.reconcile.compare import compare
from tasks.reconcile.match.matched import read_of, require_footing
from tasks.reconcile.sources import plan_sources
from tasks.reconcile.window import (
    SWITCHED_SCHEMA,
    ReconcileWindow,
    contested,
    due,
    inside,
    reconcile_window,
)
from tests.reconcile.ledgers import TORONTO, flat, line, moment

A_MOMENT = timedelta(microseconds=1)
SEPTEMBER = reconcile_window("2026-09", as_of=moment("2026-11-22"), zone=TORONTO)


def test_both_sides_are_read_three_days_beyond_the_window():
    since, until = moment("2026-09-01"), moment("2026-10-01")
    assert ReconcileWindow(since, until, "2026-09") == SEPTEMBER
    assert SEPTEMBER.read_from == since - timedelta(days=3)
    assert SEPTEMBER.read_until == until + timedelta(days=3)


@pytest.mark.parametrize(
    ("as_of", "has_ended"),
    [(moment("2026-11-01") - A_MOMENT, False), (moment("2026-11-01"), True)],
)
def test_a_window_has_ended_a_month_after_its_last_period_began(as_of, has_ended):
    assert SEPTEMBER.has_ended(as_of, TORONTO) is has_ended
    chosen = reconcile_window(None, as_of=as_of, zone=TORONTO)
    assert chosen.period == ("2026-09" if has_ended else "2026-08")


@pytest.mark.parametrize(
    ("item", "in_arrears"),
    [("usage:x", True), ("minimum:x", True), ("minimum", True), ("flat", False),
     ("addon:usage:x", False), ("fixed:minimum", False)],
)  # fmt: skip
def test_usage_and_minimums_are_due_from_the_moment_that_their_period_is_over(item, in_arrears):
    ledger = ledger_frame([line("1", item)])
    end = moment("2026-10-05")
    assert due(ledger, end).height == 1
    assert due(ledger, end - A_MOMENT).height == (0 if in_arrears else 1)


@pytest.mark.parametrize(
    ("start", "is_inside"),
    [
        (SEPTEMBER.since - A_MOMENT, False),
        (SEPTEMBER.since, True),
        (SEPTEMBER.until - A_MOMENT, True),
        (SEPTEMBER.until, False),
    ],
)
def test_a_line_is_of_the_window_in_which_it_starts(start, is_inside):
    lines = compare(ledger_frame([]), ledger_frame([line(period_start=start)]), TORONTO)
    assert inside(lines, SEPTEMBER).height == is_inside


@pytest.mark.parametrize(
    ("item", "start", "stays"),
    [
        ("flat", "2026-09-04", True), ("flat", "2026-09-05", False), ("flat", "2026-09-20", False),
        ("usage:x", "2026-09-20", True), ("usage:x", "2026-09-25", False),
        ("addon:x", "2026-09-20", True), ("addon:x", "2026-09-25", False),
    ],
)  # fmt: skip
def test_what_odoo_alone_bills_since_its_first_day_is_no_difference(item, start, stays):
    ours = line("39", item, origin="odoo", period_start=moment(start))
    switched = pl.DataFrame(
        [("nexacloud", "sub-1", moment("2026-09-05"), moment("2026-09-25"))],
        schema=SWITCHED_SCHEMA,
        orient="row",
    )

    def left(odoo, external, table=switched):
        lines = compare(ledger_frame(odoo), ledger_frame(external), TORONTO)
        found = contested(lines, table)
        assert found.columns == lines.columns
        return found.height

    assert left([ours], []) == stays
    assert left([ours], [ours._replace(origin="stripe")]) == 1
    assert left([], [ours._replace(origin="stripe")]) == 1
    assert left([ours], [], switched.clear()) == 1
    other = switched.with_columns(service=pl.lit("other"))
    assert left([ours], [], other) == 1


def test_a_comparison_foots_in_each_currency_and_in_the_lines_of_all_three():
    odoo = ledger_frame([flat("39")])
    external = ledger_frame([line("39.0001"), line("5", currency="USD", subscription="b")])
    terms = ledger_frame([flat("39", origin="terms")])
    lines = compare(odoo, external, TORONTO)
    read = read_of(odoo, external, terms.clear())
    assert (read.lines, read.billed) == ((1, 2, 0), {"CAD": 39_000_100, "USD": 5_000_000})
    require_footing(lines, read)
    words = r"0 and 2 and 0 lines were read, 1 and 2 and 0 compared"
    for wrong in (
        replace(read, lines=(0, 2, 0)),
        replace(read, lines=(1, 1, 0)),
        replace(read, lines=(1, 2, 1)),
        replace(read, billed=dict(read.billed) | {"CAD": 39_000_101}),
        replace(read, billed={"CAD": 39_000_100}),
    ):
        with pytest.raises(FatalError, match="does not foot"):
            require_footing(lines, wrong)
    with pytest.raises(FatalError, match=words):
        require_footing(lines, replace(read, lines=(0, 2, 0)))


def test_a_source_that_nobody_knows_is_refused_with_those_that_there_are():
    with pytest.raises(ConfigError) as caught:
        plan_sources(["s"], ["stripe", "lago"], homes={"s": "lago"}, has_lago=True)
    assert "stripe" in str(caught.value)
    assert "nexacloud, lago" in str(caught.value)
