"""Terms that meet in one subscription: a controller would hear of a difference that is none."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tasks.model.lago_billed import LagoBilling
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.read_source import still_running
from tests.backfill.lago_world import charge, fixed_charge, plan, subscription
from tests.reconcile.test_ledger_lago import fee, invoice


def at(*parts):
    return datetime(*parts, tzinfo=UTC)


LATER = at(2027, 1, 1)


def expected(sold, *subscriptions, billing=None, until=LATER):
    """Amounts by item and first day, of everything that is due until a moment."""
    terms = LagoTerms(subscriptions, {sold.code: sold}, {}, {"c1": "UTC"})
    billing = billing or LagoBilling((), (), (), {}, (), "1.51.0")
    made = expected_ledger("nexadesk", terms, billing, since=at(2024, 1, 1), until=until)
    return {(line.item, line.period_start.date()): Decimal(line.amount) for line in made.lines}


def begun(day, **known):
    known = {"billing_time": "calendar", "price": None, "started_at": day} | known
    return subscription(**known)


def test_a_prorated_fixed_charge_is_due_by_days_as_lago_bills_it():
    sold = plan(fixed_charges=(fixed_charge(is_prorated=True),))
    due = expected(sold, begun(at(2026, 11, 21, 8)), until=at(2026, 12, 15))
    # 4 seats of 12.50: ten of thirty days, then a whole month.
    assert due["fixed:seat", date(2026, 11, 21)] == Decimal("16.67")
    assert due["fixed:seat", date(2026, 12, 1)] == Decimal("50.00")


def test_of_a_prorated_fixed_charge_in_tiers_the_units_are_prorated_and_no_flat_fee():
    tiers = [
        {"from_value": 0, "to_value": 3, "per_unit_amount": "2", "flat_amount": "7"},
        {"from_value": 4, "to_value": None, "per_unit_amount": "1", "flat_amount": "4"},
    ]
    seats = fixed_charge(
        is_prorated=True, model="graduated", properties={"graduated_ranges": tiers},
        units=Decimal(6),
    )  # fmt: skip
    sold = plan(fixed_charges=(seats,))
    due = expected(sold, begun(at(2026, 11, 21, 8)), until=at(2026, 12, 15))
    # 10 of 30 days of 6 units: 2 units in the first tier.
    assert due["fixed:seat", date(2026, 11, 21)] == Decimal("11.00")
    assert due["fixed:seat", date(2026, 12, 1)] == Decimal("20.00")


def test_what_was_paid_ahead_for_a_fixed_charge_is_due_whole_though_it_ended():
    sold = plan(fixed_charges=(fixed_charge(is_prorated=True),))
    ended = begun(at(2026, 10, 1), status="terminated", ended_at=at(2026, 11, 11, 9))
    due = expected(sold, ended)
    assert due["fixed:seat", date(2026, 11, 1)] == Decimal("50.00")


def test_a_price_in_arrears_of_a_period_that_ends_after_the_window_is_in_it_once_it_is_due():
    sold = plan(is_in_advance=False)
    terms = LagoTerms((begun(at(2026, 10, 1)),), {sold.code: sold}, {}, {"c1": "UTC"})
    billing = LagoBilling((), (), (), {}, (), "1.51.0")
    window = {"since": at(2026, 10, 1), "until": at(2026, 11, 1)}
    for as_of, lines in ((at(2026, 10, 31), 0), (at(2026, 11, 1), 1), (at(2027, 3, 1), 1)):
        made = expected_ledger("nexadesk", terms, billing, **window, as_of=as_of)
        assert len(made.lines) == lines


def test_nothing_is_given_back_for_days_of_a_trial():
    sold = plan(trial_days=Decimal(60))
    ended = begun(at(2026, 10, 10), status="terminated", ended_at=at(2026, 11, 20))
    assert expected(sold, ended) == {}


def test_who_comes_back_pays_from_the_first_day():
    sold = plan(trial_days=Decimal(20))
    before = begun(at(2026, 1, 1), lago_id="l0", status="terminated", ended_at=at(2026, 1, 10))
    back = begun(at(2026, 11, 1))
    due = expected(sold, before, back, until=at(2026, 11, 15))
    assert due["flat", date(2026, 11, 1)] == Decimal("49.00")


def test_the_day_of_an_upgrade_is_the_new_plan_s():
    ended = begun(
        at(2026, 10, 1), status="terminated", ended_at=at(2026, 11, 11, 9), next_plan_code="big"
    )
    due = expected(plan(), ended)
    # 20 of 30 days are given back: those from the 11th on.
    assert due["credit:order_change", date(2026, 11, 11)] == Decimal("-32.67")


def test_a_downgrade_at_the_period_s_end_leaves_nothing_of_the_old_plan():
    ended = begun(
        at(2026, 10, 1),
        status="terminated",
        ended_at=at(2026, 12, 1, 0, 30),
        next_plan_code="small",
    )
    for in_advance in (True, False):
        due = expected(plan(is_in_advance=in_advance), ended)
        assert due == {("flat", date(2026, month, 1)): Decimal("49.00") for month in (10, 11)}


def test_a_yearly_minimum_counts_the_charges_of_all_its_months():
    sold = plan(
        charge(properties={"amount": "1"}), interval="yearly", price=Decimal(0),
        is_in_advance=False, charges_monthly=True, commitment=Decimal(100),
    )  # fmt: skip
    fees = [
        fee(
            lago_id=f"f{month}", invoice=f"i{month}", customer="c1", subscription="s1",
            kind="charge", code="tickets", charge="ch1", units=Decimal(40), amount=Decimal(40),
            start=at(2025, month, 1), end=at(2025, month + 1, 1),
        )
        for month in (3, 4)
    ]  # fmt: skip
    invoices = [replace(invoice(), lago_id=each.invoice, kind="subscription") for each in fees]
    billing = LagoBilling(tuple(invoices), tuple(fees), (), {}, (), "1.51.0")
    due = expected(sold, begun(at(2025, 1, 1)), billing=billing, until=at(2026, 1, 2))
    assert due["minimum", date(2025, 1, 1)] == Decimal("20.00")


def test_a_minimum_counts_the_whole_price_that_was_paid_ahead_and_of_arrears_the_days():
    ended = begun(at(2026, 10, 1), status="terminated", ended_at=at(2026, 11, 10, 9))
    for in_advance, missing in ((True, None), (False, Decimal("8.67"))):
        sold = plan(is_in_advance=in_advance, commitment=Decimal(75))
        due = expected(sold, ended)
        assert due["minimum", date(2026, 10, 1)] == Decimal("26.00")
        # 10 of 30 days: 25.00, beside 49.00 that were billed, or 16.33.
        assert due.get(("minimum", date(2026, 11, 1))) == missing


def test_of_who_is_live_in_odoo_only_the_last_subscription_goes_on():
    """A plan that was left before the switch would else be due for ever, beside the new one."""
    before = begun(at(2026, 1, 1), lago_id="l0", status="terminated", ended_at=at(2026, 5, 1))
    switched = begun(at(2026, 5, 1), status="terminated", ended_at=at(2026, 11, 1))
    other = begun(at(2026, 1, 1), lago_id="l2", external_id="other", ended_at=at(2026, 11, 1))
    going_on = frozenset({switched.external_id})
    found = still_running([switched, before, other], going_on)
    assert found == [replace(switched, ended_at=None, ending_at=None), before, other]


def test_an_end_that_was_agreed_for_after_the_switch_is_the_end_in_odoo_too():
    switched = begun(
        at(2026, 5, 1), status="terminated", ended_at=at(2026, 11, 1), ending_at=at(2027, 2, 9)
    )
    [found] = still_running([switched], frozenset({switched.external_id}))
    assert (found.ended_at, found.ending_at) == (None, at(2027, 2, 9))
    [found] = still_running(
        [replace(switched, ending_at=at(2026, 10, 1))], frozenset({switched.external_id})
    )
    assert (found.ended_at, found.ending_at) == (None, None)


def test_what_lago_left_unbilled_at_an_end_is_not_due():
    sold = plan(is_in_advance=False)
    ended = begun(at(2026, 10, 1), status="terminated", ended_at=at(2026, 11, 11, 9))
    assert ("flat", date(2026, 11, 1)) in expected(sold, ended)
    left = expected(sold, replace(ended, is_billed_at_end=False))
    assert left == {("flat", date(2026, 10, 1)): Decimal("49.00")}
