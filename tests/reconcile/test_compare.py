"""Around the comparison: its window, its verdict, its control totals and its batches for Odoo."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest

from tasks.model.errors import ConfigError, FatalError
from tasks.model.ledger import ledger_frame
from tasks.model.records import LoadedRow, Outcome
from tasks.reconcile.compare import compare
from tasks.reconcile.end_state import Threshold, end_state
from tasks.reconcile.figures import condense
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.match.matched import read_of, require_footing
from tasks.reconcile.pages import Compared
from tasks.reconcile.window import (
    SWITCHED_SCHEMA,
    contested,
    due,
    inside,
    reconcile_window,
)
from tasks.reconcile.wire import reconciliation_batches
from tests.reconcile.ledgers import TORONTO, billed, flat, line, moment, usage

NOW = datetime(2026, 11, 22, 12, tzinfo=UTC)
SEPTEMBER = reconcile_window("2026-09", as_of=NOW, zone=TORONTO)
TOLERANT = Threshold(Decimal(0), 0.5)


def compared(odoo, external):
    return compare(ledger_frame(odoo), ledger_frame(external), TORONTO)


def ended(lines, threshold=TOLERANT, **changes):
    values = {"dry_run": False, "stopped": None, "refused": (), "unrated": 0, "kept_out": 0}
    found = end_state(condense(lines), threshold=threshold, **(values | changes))
    return found.name, found.exit_code


def test_the_window_is_a_month_in_the_companys_zone():
    assert (SEPTEMBER.since, SEPTEMBER.until) == (moment("2026-09-01"), moment("2026-10-01"))


@pytest.mark.parametrize(
    ("now", "period"),
    [("2026-11-22", "2026-09"), ("2026-11-01", "2026-09"), ("2027-01-31", "2026-11")],
)
def test_without_a_period_it_is_the_last_month_that_is_billed_in_full(now, period):
    assert reconcile_window(None, as_of=moment(now), zone=TORONTO).period == period


@pytest.mark.parametrize(
    ("period", "has_ended"),
    [("2026-09", True), ("2026-05..2026-09", True), ("2026-10", False), ("2026-11", False)],
)
def test_a_window_has_ended_when_the_last_of_its_periods_has(period, has_ended):
    window = reconcile_window(period, as_of=NOW, zone=TORONTO)

    assert window.has_ended(NOW, TORONTO) is has_ended


@pytest.mark.parametrize("period", ["2026-13", "2026-09..2026-05", "now"])
def test_a_period_that_is_none_is_refused(period):
    with pytest.raises(ConfigError):
        reconcile_window(period, as_of=NOW, zone=TORONTO)


def test_usage_of_a_period_that_still_runs_is_left_out():
    running = {"period_start": moment("2026-11-05"), "period_end": moment("2026-12-05")}
    ledger = ledger_frame([usage("1", "200", **running), flat("39", **running), usage("1", "200")])

    assert due(ledger, NOW)["item"].to_list() == ["flat", "usage:cpu_seconds"]


def test_a_period_that_begins_before_the_window_on_the_other_side_is_inside():
    odoo = usage("0.75", "200", period_start=moment("2026-09-01"), period_end=moment("2026-10-01"))
    utc = {
        "period_start": moment("2026-09-01") - timedelta(hours=4),
        "period_end": moment("2026-10-01") - timedelta(hours=4),
    }
    lines = inside(compared([odoo], [billed("0.75", "200", **utc)]), SEPTEMBER)

    assert lines["outcome"].to_list() == ["match"]


def test_what_odoo_alone_bills_since_a_cutover_is_no_difference():
    october = {"period_start": moment("2026-10-05"), "period_end": moment("2026-11-05")}
    odoo = [flat("39"), flat("39", **october), usage("3.13", "517.3"), flat("9", subscription="b")]
    days = {"flat_from": moment("2026-10-05"), "usage_from": moment("2026-11-05")}
    switched = pl.DataFrame(
        [{"service": "nexacloud", "subscription": "sub-1", **days}], schema=SWITCHED_SCHEMA
    )

    def left(external):
        lines = contested(compared(odoo, external), switched)
        return set(lines.select("subscription", "item", "month", "outcome").iter_rows())

    before = {
        ("sub-1", "flat", "2026-09", "match"),
        ("sub-1", "usage:cpu_seconds", "2026-09", "missing_in_external"),
        ("b", "flat", "2026-09", "missing_in_external"),
    }
    assert left([line("39")]) == before
    # Billed by both sides.
    assert left([line("39"), line("39", **october)]) == {
        *before,
        ("sub-1", "flat", "2026-10", "match"),
    }


def test_a_comparison_that_lost_a_line_is_an_error():
    odoo, external = ledger_frame([flat("39")]), ledger_frame([line("39"), line("5", "addon:x")])
    lines = compare(odoo, external, TORONTO)

    nothing = ledger_frame([])
    require_footing(lines, read_of(odoo, external, nothing))
    with pytest.raises(FatalError, match="does not foot"):
        require_footing(lines.head(1), read_of(odoo, external, nothing))


@pytest.mark.parametrize(
    ("external", "threshold", "name", "code"),
    [
        ("39", TOLERANT, "Completed", 0),
        ("42", TOLERANT, "CompletedWithDifferences", 0),
    ],
)
def test_a_run_ends_as_its_lines_say(external, threshold, name, code):
    assert ended(compared([flat("39")], [line(external)]), threshold) == (name, code)


@pytest.mark.parametrize(
    ("amount", "share", "name", "code"),
    [
        ("0", 0.0, "UnexplainedDifferences", 4),
        ("0", 0.5, "CompletedWithDifferences", 0),
        ("9", 0.0, "CompletedWithDifferences", 0),
        ("1", 0.01, "UnexplainedDifferences", 4),
    ],
)
def test_too_much_without_a_cause_fails_the_run(amount, share, name, code):
    # 8.11 of 50.11 have no cause.
    lines = compared([flat("39"), usage("3.00", "500")], [line("39"), billed("11.11", "500")])

    assert ended(lines, Threshold(Decimal(amount), share)) == (name, code)


def test_what_did_not_reach_odoo_is_no_success():
    lines = compared([flat("39")], [line("42")])
    answer = LoadedRow("difference", "flat of sub-1", Outcome.FAILED, None, "x", "Not that.")

    assert ended(lines, stopped="Odoo is away") == ("Stopped", 1)
    assert ended(lines, refused=(answer,)) == ("RowsRefused", 3)
    assert ended(compared([flat("39")], [line("39")]), unrated=2) == ("CompletedWithDifferences", 0)


def test_an_invoice_that_was_kept_out_is_in_the_message_and_the_name():
    lines = compared([flat("39")], [line("39")])
    found = end_state(
        condense(lines),
        threshold=TOLERANT,
        dry_run=False,
        stopped=None,
        refused=(),
        unrated=0,
        kept_out=2,
    )

    assert found.name == "CompletedWithDifferences"
    assert "2 invoices and items were kept out" in found.message


NOTHING_LONG = LongPeriods()


def batches(lines, batch_rows=1000, long=NOTHING_LONG, window=SEPTEMBER):
    return list(
        reconciliation_batches(
            Compared([lines]),
            long,
            service="nexacloud",
            run="r1",
            window=window,
            dry_run=False,
            batch_rows=batch_rows,
        )
    )


def test_only_differences_travel_and_the_last_batch_closes_the_run():
    lines = compared(
        [flat("39"), flat("79", subscription="b")],
        [line("39"), line("82", subscription="b"), line("5", "addon:x"), line("6", "addon:y")],
    )
    first, last = batches(lines, batch_rows=2)

    assert [len(first["rows"]), len(last["rows"])] == [2, 1]
    assert "final" not in first
    assert (last["final"], last["matched"]) == (True, 1)
    assert last["totals"] == {"CAD": {"odoo": "118", "external": "132", "expected": "0"}}


def test_differences_of_another_service_never_travel_with_ones_own():
    lines = compared([flat("39")], [line("82")])
    others = lines.with_columns(service=pl.lit("nexadesk"), external_micro=pl.lit(5, pl.Int64))
    (only,) = batches(pl.concat([lines, others]))

    assert [row["external_amount"] for row in only["rows"]] == ["82"]
    assert only["totals"] == {"CAD": {"odoo": "39", "external": "82", "expected": "0"}}


def test_without_a_difference_the_run_is_closed_all_the_same():
    (only,) = batches(compared([flat("39")], [line("39")]))

    assert (only["rows"], only["final"], only["matched"]) == ([], True, 1)


def test_a_pair_in_two_currencies_is_one_difference_in_odoo():
    (only,) = batches(compared([flat("39")], [line("28.47", currency="USD")]))
    (row,) = only["rows"]

    assert (row["odoo_amount"], row["external_amount"], row["delta"]) == ("39", "28.47", "10.53")
    assert (row["currency"], row["outcome"], row["cause"]) == ("CAD", "delta", "currency")


def test_what_was_billed_once_too_often_is_one_difference_with_what_is_due():
    theirs = [line("39", ref=ref, tax_rate="13") for ref in ("A", "B")]
    for one in (theirs, theirs[::-1]):
        (only,) = batches(compared([flat("39", tax_rate="5")], one))
        (row,) = only["rows"]
        assert (row["odoo_amount"], row["external_amount"], row["delta"]) == ("39", "78", "-39")
        assert (row["expected_amount"], row["cause"]) == (None, "billed_twice")


def test_moments_travel_in_whole_seconds():
    start = moment("2026-09-05") + timedelta(microseconds=7)
    (only,) = batches(compared([], [line("90", "one-off:x", subscription="", period_start=start)]))

    assert only["rows"][0]["period_start"] == "2026-09-05T04:00:00+00:00"
