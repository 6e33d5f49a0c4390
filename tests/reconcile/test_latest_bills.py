"""Who pays by the month is compared by the latest bill too: what is agreed since shows there."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.ledger import BEYOND, ledger_frame
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.long_periods import LongSide, apart_from, by_length, of_spans, spans_of
from tests.model.addon_periods import Calendar, latest_period
from tests.reconcile.ledgers import TORONTO, due, flat, flat_terms, known, line, moment
from tests.reconcile.test_long_periods import SEPTEMBER, priced, told, yearly

NOVEMBER = {"period_start": moment("2026-11-14"), "period_end": moment("2026-12-14")}
OCTOBER = {"period_start": moment("2026-10-14"), "period_end": moment("2026-11-14")}


def monthly(amount="40", **changes):
    """Odoo's price of the month that runs."""
    return flat(amount, **{**NOVEMBER, "terms": flat_terms(amount), **changes})


def billed(amount="40", **changes):
    """The bill of that month."""
    return line(amount, **{**NOVEMBER, **changes})


def compared(odoo, bills, beyond=()):
    """Compare in a run of September."""
    ours = ledger_frame(odoo)
    spans = spans_of(apart_from(ours, SEPTEMBER))
    side = LongSide(
        of_spans(ledger_frame(bills), spans),
        of_spans(ledger_frame(due(each) for each in odoo), spans),
        beyond=ledger_frame(beyond),
    )
    return compare_long_periods(
        ours, [side], source=known(runs=("sub-1",)), window=SEPTEMBER, zone=TORONTO
    )


def test_a_latest_bill_like_the_order_is_settled():
    found = compared([monthly()], [billed("35", **OCTOBER), billed()])
    assert told(found) == [("flat", "", "")]
    assert found.periods["period_start"].to_list() == [NOVEMBER["period_start"]]


@pytest.mark.parametrize(
    ("bills", "lines"),
    [
        # A discount since October, an agreed price after an upgrade.
        ([billed("30")], [("flat", "billed")]),
        # No longer taxed.
        ([billed(tax_rate="0")], [("flat", "open")]),
        # An add-on that costs more, or is in no row.
        ([billed(), billed("7", item="addon:Backup")], [("addon:Backup", "billed"), ("flat", "")]),
        # A coupon that is taken off the total, a line of its own.
        ([billed(), billed("-4", item="discount:taken off the total")], None),
        ([billed(), billed("-4", item="discount:Loyalty discount")], None),
    ],
)
def test_what_was_agreed_since_the_compared_months_keeps_its_customer_back(bills, lines):
    found = compared([monthly(tax_rate="13")], bills)
    assert found.unsettled == 1
    if lines is not None:
        assert [row[:2] for row in told(found)] == lines


def test_an_addon_that_the_latest_bill_does_not_have_is_not_billed_unseen():
    found = compared([monthly(), monthly("5", item="addon:Backup", terms="")], [billed()])
    assert told(found) == [("addon:Backup", "open", "price_not_compared"), ("flat", "", "")]


def test_who_was_not_billed_since_the_compared_months_does_not_wait_for_it():
    backup = [monthly("5", item="addon:Backup", terms="")]
    found = compared([monthly(), *backup], [billed("5", item="addon:Backup")])
    assert (told(found), found.periods.height) == ([], 0)
    # A year says nothing of whoever pays by the month.
    found = compared([yearly(subscription="year"), monthly()], [priced(subscription="year")])
    assert [row[:2] for row in told(found)] == [("flat", "")]


def test_months_and_years_are_parted_whatever_their_days():
    rows = [monthly(), yearly(subscription="year")]
    short, long = by_length(spans_of(ledger_frame(rows)))
    assert (short["subscription"].to_list(), long["subscription"].to_list()) == (
        ["sub-1"],
        ["year"],
    )


def test_what_was_billed_beyond_the_rows_period_would_be_billed_twice_and_is_not_decided():
    # The row ends in October, and the invoices go on: Odoo would begin again in October.
    beyond = [billed(item=BEYOND, **OCTOBER), billed(item=BEYOND)]
    found = compared([], [], beyond)
    assert told(found) == [(BEYOND, "copy", "billed_twice")] * 2
    starts = [OCTOBER["period_start"], NOVEMBER["period_start"]]
    assert found.periods["period_start"].to_list() == starts


NOW = datetime(2026, 11, 29, 18, tzinfo=UTC).replace(tzinfo=None)
AFTER = datetime(2026, 10, 1, 4, tzinfo=UTC).replace(tzinfo=None)
first_days = st.dates(date(2024, 1, 1), date(2026, 11, 28))


@given(first_days, st.integers(-1, 1), st.integers(-3, 3))
def test_the_latest_bill_is_of_the_period_that_ends_where_the_source_says(first, days, months):
    calendar = Calendar(first, "month", 1, "America/Toronto")
    number = max(1, calendar.number_at(NOW) + months)
    end = calendar.boundary(number)
    until = end.replace(tzinfo=UTC).astimezone(TORONTO).date() + timedelta(days=days)
    found = latest_period(calendar, until, AFTER, NOW)
    start = calendar.boundary(number - 1)
    if AFTER <= start <= NOW:
        assert found == (start, end)
    else:
        assert found is None


def test_who_was_never_billed_has_no_latest_bill():
    calendar = Calendar(date(2026, 11, 3), "month", 1, "America/Toronto")
    assert latest_period(calendar, date(2026, 11, 3), AFTER, NOW) is None
    assert latest_period(calendar, None, AFTER, NOW) is None


def test_an_end_that_is_far_off_is_no_latest_bill_and_stops_nobody():
    calendar = Calendar(date(2025, 11, 3), "year", 1, "America/Toronto")
    assert latest_period(calendar, date(9999, 12, 31), AFTER, NOW) is None
    assert latest_period(calendar, date.max, AFTER, NOW) is None
