"""Who pays by the quarter or the year is compared by the price that was due last, once."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.dual_run.customers import customers_of
from tasks.model.ledger import MATCHED_SCHEMA, ledger_frame
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_long import long_due
from tasks.reconcile.expected.nexacloud_rows import DeploymentRows, PlanRow, Told
from tasks.reconcile.long_periods import (
    LongSide,
    apart_from,
    bounds_of,
    of_spans,
    spans_of,
    with_billed,
)
from tasks.reconcile.window import inside, reconcile_window
from tests.model.addon_periods import Calendar, compared_period
from tests.reconcile.ledgers import TORONTO, compare, due, flat, flat_terms, known, line, moment
from tests.reconcile.nexacloud_terms import PLANS, subscription
from tests.reconcile.test_compare import batches

NOW = moment("2026-11-29")
MONTHS = tuple(
    reconcile_window(month, as_of=NOW, zone=TORONTO) for month in ("2026-07", "2026-08", "2026-09")
)
SEPTEMBER = MONTHS[-1]
YEAR = {"period_start": moment("2026-02-10"), "period_end": moment("2027-02-10")}


def yearly(amount="490", **changes):
    """Odoo's price of a year that began in February."""
    return flat(amount, **{**YEAR, "terms": flat_terms(amount, cycle="yearly"), **changes})


def priced(amount="490", **changes):
    """The bill of that year."""
    return line(amount, **{**YEAR, **changes})


def compared(odoo, billed, expected=None, window=SEPTEMBER, runs=("sub-1",)):
    """Compare prices as a run of a month does."""
    ours = ledger_frame(odoo)
    spans = spans_of(apart_from(ours, window))
    terms = [due(each) for each in odoo] if expected is None else expected
    side = LongSide(of_spans(ledger_frame(billed), spans), of_spans(ledger_frame(terms), spans))
    return compare_long_periods(ours, [side], source=known(runs=runs), window=window, zone=TORONTO)


def told(found):
    return [(row["item"], row["wrong_side"], row["cause"]) for row in found.lines.to_dicts()]


def test_a_price_that_is_billed_as_agreed_is_settled_in_whatever_month_it_began():
    found = compared([yearly()], [priced()])
    assert told(found) == [("flat", "", "")]
    assert found.periods.to_dicts() == [
        {
            "service": "nexacloud",
            "customer": "anna",
            "currency": "CAD",
            "subscription": "sub-1",
            "period_start": YEAR["period_start"],
            "is_apart": True,
        }
    ]


def test_a_price_that_our_copy_has_wrong_is_named_so_that_no_decision_settles_it():
    found = compared([yearly("49")], [priced()], [due(yearly("490"))])
    ((item, side, cause),) = told(found)
    assert (item, side) == ("flat", "copy")
    assert cause != "price_not_compared"


def test_a_source_that_billed_another_price_than_its_own_is_an_open_difference():
    ((_, side, cause),) = told(compared([yearly()], [priced("450")]))
    assert (side, bool(cause)) == ("billed", True)


def test_a_price_that_nobody_ever_billed_waits_by_its_own_name_and_can_be_decided():
    found = compared([yearly(), yearly("120", item="addon:Backup", terms="")], [])
    assert told(found) == [
        ("addon:Backup", "open", "price_not_compared"),
        ("flat", "open", "price_not_compared"),
    ]
    assert found.lines["evidence"].unique().to_list() == [
        "No bill of this price was found for the period that was due last."
    ]


def test_what_costs_nothing_needs_no_bill():
    assert told(compared([yearly("0")], [])) == [("flat", "", "")]


def test_a_bill_that_begins_on_another_day_is_compared_and_the_year_before_is_not():
    other = {"period_start": moment("2026-03-02"), "period_end": moment("2027-03-02")}
    before = {"period_start": moment("2025-03-02"), "period_end": moment("2026-03-02")}
    found = compared([yearly()], [priced("450", **before), priced("490", **other)])
    assert [row[:2] for row in told(found)] in ([("flat", "")], [("flat", "billed")])
    assert found.lines["external_micro"].to_list() == [490_000_000]


def test_what_is_billed_once_on_the_years_invoice_is_no_price():
    once = [
        priced("25", item="one-off:Set-up"),
        priced("-5", item="credit:Goodwill"),
        priced("7", item="usage:cpu_seconds"),
        priced("9", item="flat", subscription="somebody else's"),
    ]
    assert told(compared([yearly()], [priced(), *once])) == [("flat", "", "")]


def test_another_tax_on_the_years_bill_is_told():
    found = compared([yearly(tax_rate="0")], [priced(tax_rate="13")])
    assert told(found) == [("flat", "open", "tax_differs")]


def test_the_plan_of_before_a_change_is_no_comparison_of_the_one_that_is_paid_now():
    before = yearly(
        "300", terms=flat_terms("300", "basic", "yearly")[:-1] + ',"until":"2026-05-04"}'
    )
    expected = due(before)._replace(terms=before.terms.replace(": ", ":").replace(", ", ","))
    found = compared([yearly("490")], [priced("300")], [expected])
    assert told(found) == [("flat", "open", "price_not_compared")]


# --- Once, whichever month one looks from


zones = st.sampled_from(["America/Toronto", "UTC", "Pacific/Auckland"])
days = st.dates(date(2023, 1, 1), date(2026, 10, 31))
rhythms = st.sampled_from([("month", 3), ("month", 6), ("year", 1), ("month", 2), ("year", 2)])
NAIVE_NOW = NOW.replace(tzinfo=None)


def naive(instant):
    return instant.astimezone(UTC).replace(tzinfo=None)


@given(days, rhythms, zones, st.booleans(), st.booleans(), st.integers(0, 200))
def test_one_period_is_compared_in_each_month_and_always_one_that_was_due(
    first, rhythm, zone, is_aligned, is_arrears, trial
):
    calendar = Calendar(first, *rhythm, zone, is_aligned)
    free_until = first + timedelta(days=trial) if trial > 100 else None
    seen = set()
    for window in MONTHS:
        period = compared_period(
            calendar, naive(window.until), NAIVE_NOW, arrears=is_arrears, free_until=free_until
        )
        if period is None:
            continue
        start, end = period
        assert start <= NAIVE_NOW
        assert not is_arrears or end <= NAIVE_NOW
        # It is the latest: what follows it begins after the month, or is not due.
        following = calendar.boundary(calendar.number_at(end) + 1)
        begun = end < naive(window.until) and start < naive(window.until)
        assert not begun or (is_arrears and following > NAIVE_NOW)
        seen.add(period)
    # Three months see two periods at most, and none twice under another begin.
    assert len(seen) <= 2
    assert len({start for start, _ in seen}) == len(seen)


@given(days, rhythms, st.integers(1, 10_000), st.integers(1, 10_000), st.booleans())
def test_a_price_is_one_line_of_all_months_together_and_their_sums_stay_their_own(
    first, rhythm, ours, theirs, has_bill
):
    calendar = Calendar(first, *rhythm, "America/Toronto")
    rows: dict[datetime, int] = {}
    for window in MONTHS:
        period = compared_period(calendar, naive(window.until), NAIVE_NOW)
        if period is None:
            return
        start, end = (each.replace(tzinfo=UTC) for each in period)
        span = {"period_start": start, "period_end": end}
        price = yearly(str(ours), **span)
        bills = [line(str(theirs), **span)] if has_bill else []
        own = inside(compare(ledger_frame([price]), ledger_frame(bills), TORONTO), window)
        long = compared([price], bills, window=window)
        # Either the month has it, or it is apart; never both, and never neither.
        assert own.height + long.lines.height == 1
        assert long.periods["period_start"].to_list() == [start]
        assert long.periods["is_apart"].to_list() == [not own.height]
        rows[start] = rows.get(start, 0) + 1
        batches = sent(own, long, window)
        totals = batches[-1]["totals"]
        assert set(totals) == ({"CAD"} if own.height else set())
        assert batches[-1]["matched"] == own.filter(pl.col("wrong_side") == "").height
        (customer,) = customers_of(own, long.periods)
        assert sum(each["lines"] for each in customer["sums"]) == own.height
        assert [len(each) for each in customer["long_periods"]] == [2]
    assert sum(rows.values()) == len(MONTHS)


def sent(lines, long, window=SEPTEMBER):
    return batches(lines, batch_rows=2, long=long, window=window)


def test_periods_are_sent_after_all_differences_so_that_what_is_mended_settles():
    names = [f"sub-{number}" for number in range(3)]
    long = compared(
        [yearly(subscription=name) for name in names],
        [priced("480", subscription=name) for name in names],
        runs=names,
    )
    batches = sent(pl.DataFrame(schema=MATCHED_SCHEMA), long)
    assert [(len(each["rows"]), len(each["long_periods"])) for each in batches] == [
        (2, 0), (1, 0), (0, 2), (0, 1),
    ]  # fmt: skip
    assert [each.get("final", False) for each in batches] == [False, False, False, True]
    assert batches[-1]["matched"] == 0
    assert batches[2]["long_periods"][0] == ["sub-0", "2026-02-10T05:00:00+00:00"]


# --- A plan that was changed in place


OLD = PlanRow("p-old", "Old", "old", "CAD", {"yearly": Decimal(365)}, None, None)
SOLD = {**PLANS, OLD.plan_id: OLD}


def changed_world(odoo_price, new="Pro", left="634.52", on="2026-06-04"):
    """A year of Old from February on that became Pro in June, settled by days."""
    bought = subscription("2026-02-10", plan_id="p-pro", cycle="yearly")
    settled = {"period_start": moment(on), "period_end": YEAR["period_end"]}
    told = [
        line("-251.00", f"proration:Unused time on Old after {on}", **settled),
        line(left, f"proration:Remaining time on {new} after {on}", **settled),
    ]
    ours = ledger_frame([yearly(odoo_price)])
    spans = spans_of(ours)
    since, until = bounds_of(spans)
    terms = NexaCloudTerms("nexacloud", SOLD, since=since, until=until, as_of=NOW, zone=TORONTO)
    made, changed = long_due(terms, DeploymentRows([bought]), Told(told), {"sub-1"})
    rests = [each.expected for each in changed.values()]
    expected = pl.concat([of_spans(ledger_frame(made.lines), spans), ledger_frame(rests)])
    side = with_billed(
        LongSide(expected=expected, changed=changed),
        of_spans(ledger_frame([priced("365.00"), *told]), spans),
    )
    return compare_long_periods(
        ours, [side], source=known(runs=("sub-1",)), window=SEPTEMBER, zone=TORONTO
    )


# Of the 365 days from 10 February on, 251 were left on 4 June: 900.00 * 251 / 365 is 618.90.
def test_a_plan_that_was_changed_is_compared_by_the_rest_that_was_billed_of_the_new_price():
    found = changed_world("900", left="618.90")
    assert told(found) == [("flat", "", "")]
    (row,) = found.lines.to_dicts()
    assert row["period_start"] == moment("2026-06-04")
    assert (row["external_micro"], row["odoo_micro"]) == (618_900_000, 618_900_000)


def test_a_wrong_price_after_a_change_of_plan_is_our_copys_fault():
    ((_, side, _cause),) = told(changed_world("90", left="618.90"))
    assert side == "copy"


@pytest.mark.parametrize("world", [{"left": "100.00"}, {"new": "Basic 2 × vCPU"}])
def test_a_rest_that_is_of_another_price_compares_nothing(world):
    assert all(cause for _item, _side, cause in told(changed_world("900", **world)))


def test_amounts_are_decimals_to_the_millionth():
    share = changed_world("900", left="618.90").lines["odoo_micro"].item()
    assert Decimal(share).scaleb(-6) == Decimal("618.90")
