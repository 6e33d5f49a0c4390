"""Odoo goes on where Lago stops: no day is billed by both, none by nobody."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal

import pytest

from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from deployments.sample.lago.tenant.defaults import SERVICE as MEMBERSHIPS
from deployments.sample.lago.tenant.defaults import contracts, default_document
from tasks.cutover.billed import PlannedSubscription
from tasks.cutover.lago_boundary import lago_switches, renewals_stopped, whom_lago_bills_first
from tasks.model.lago_billed import (
    DRAFT,
    FAILED,
    FINALIZED,
    PENDING,
    PREPAID,
    PROGRESSIVE,
    VOIDED,
    LagoWallet,
)
from tasks.model.lago_support import Fate, constructs
from tests.lago_service import read_tenant

NOW = datetime.combine(TODAY, time(15), UTC)
DOCUMENT = construct_document()
CARRIED = {
    label["customer"]: label["next"]
    for label in DOCUMENT["labels"]
    if constructs()[label["construct"]].fate is not Fate.KEPT_OUT and label["next"]
}


@pytest.fixture(scope="module")
def source():
    return read_tenant(DOCUMENT, SERVICE)


def days_of(source, *customers, at=NOW):
    planned = [PlannedSubscription(each, f"{each}-1", "monthly") for each in customers]
    return {each.customer: each for each in lago_switches(planned, source, at)}


def test_odoo_begins_with_what_lago_s_next_invoice_would_have(source):
    found = days_of(source, *CARRIED)
    wrong = {}
    for customer, coming in CARRIED.items():
        begins = {"flat": set(), "usage": set()}
        for line in coming["lines"]:
            begins.get(line["item"].partition(":")[0], set()).add(line["start"])
        told = {"flat": found[customer].flat_from, "usage": found[customer].usage_from}
        for name, days in begins.items():
            if days and days != {told[name]}:
                wrong[customer] = (name, told[name], days)
    assert wrong == {}


def test_usage_goes_on_with_a_period_of_the_cycle_that_odoo_counts_it_by():
    plain = [each for each in contracts(200, TODAY) if not each.plan.charges]
    tenant = read_tenant(default_document(200, TODAY), MEMBERSHIPS)
    found = days_of(tenant, *(each.key for each in plain))
    assert {each.plan.interval for each in plain} >= {"weekly", "monthly", "quarterly"}
    for contract in plain:
        first = date.fromisoformat(found[contract.key].usage_from)
        assert first == max(TODAY.replace(day=1), contract.started_at.date()), contract


def test_what_is_owed_is_read_with_the_days(source):
    found = days_of(source, "wallet-paid", "credit-note-balance", "arrears")
    assert [amount for _, amount in found["wallet-paid"].owed] == ["42.5"]
    assert [amount for _, amount in found["credit-note-balance"].owed] == ["13.56"]
    assert found["arrears"].owed == ()


@pytest.mark.parametrize("customer", ["anniversary-monthly", "arrears"])
def test_whom_lago_has_not_billed_yet_stays_in_shadow(source, customer):
    late = days_of(source, customer, at=NOW + timedelta(days=31))[customer]
    assert (late.flat_from, late.usage_from) == ("", "")


def test_what_was_due_long_before_lago_s_first_invoice_was_billed_elsewhere(source):
    """Who was brought into Lago with a begin in the past pays by the year of before."""
    first = min(each.issued_on for each in source.billing.invoices)
    [mine] = [each for each in source.subscriptions if each.customer == "anniversary-monthly"]
    plans = tuple(
        replace(each, interval="yearly", is_in_advance=True, charges=())
        if each.code == mine.plan_code
        else each
        for each in source.plans
    )
    at = datetime.combine(first + timedelta(days=90), time(15), UTC)
    for before, flat in ((20, ""), (60, str(first + timedelta(days=305)))):
        began = datetime.combine(first - timedelta(days=before), time(12), UTC)
        row = replace(mine, started_at=began, anchor_at=began, billing_time="anniversary")
        brought = replace(source, plans=plans, subscriptions=(row,))
        assert days_of(brought, mine.customer, at=at)[mine.customer].flat_from == flat


def test_who_has_a_draft_stays_in_shadow(source):
    invoices = tuple(
        replace(each, status=DRAFT) if each.customer == "grace-period" else each
        for each in source.billing.invoices
    )
    waiting = replace(source, billing=replace(source.billing, invoices=invoices))
    assert days_of(waiting, "grace-period")["grace-period"].flat_from == ""


def with_invoice(source, customer, kind="subscription", status=FINALIZED, start=None, **known):
    """Add a copy of a customer's last invoice, with the fees that it has, as another one."""
    last = max(
        (each for each in source.billing.invoices if each.customer == customer),
        key=lambda each: each.issued_on,
    )
    made = replace(last, lago_id="again", number="N-AGAIN", kind=kind, status=status, **known)
    fees = tuple(
        replace(each, lago_id=f"again-{each.lago_id}", invoice="again", start=start or each.start,
                end=each.end if start is None else start + timedelta(days=30))
        for each in source.billing.fees
        if each.invoice == last.lago_id and (kind == "subscription" or each.kind == "charge")
    )  # fmt: skip
    billing = replace(
        source.billing,
        invoices=(*source.billing.invoices, made),
        fees=(*source.billing.fees, *fees),
    )
    return replace(source, billing=billing)


def why_not(source, customer, at=NOW):
    """Say why a customer stays in shadow; "" where they are switched."""
    told = days_of(source, customer, at=at)[customer]
    why = whom_lago_bills_first(source, at).get((customer, f"{customer}-1"), "")
    assert bool(why) != bool(told.flat_from)
    return why


@pytest.mark.parametrize("status", [FINALIZED, FAILED])
def test_usage_that_lago_billed_at_a_threshold_is_not_billed_by_odoo_again(source, status):
    """Lago credits it on the period's own invoice; Odoo would have the period's units whole."""
    customer, begin = "charge-standard", datetime(2026, 11, 1, tzinfo=UTC)
    early = with_invoice(source, customer, PROGRESSIVE, status, start=begin)
    if status == FAILED:
        assert "failed" in why_not(early, customer)
        return
    assert why_not(source, customer) == ""
    assert "since 2026-11-01 at a threshold" in why_not(early, customer)
    # Of a period that Lago has billed since, nothing is open.
    before = with_invoice(source, customer, PROGRESSIVE, start=datetime(2026, 10, 1, tzinfo=UTC))
    assert why_not(before, customer) == ""


@pytest.mark.parametrize("status", [DRAFT, FAILED, PENDING])
@pytest.mark.parametrize("kind", ["subscription", "one_off"])
def test_an_invoice_that_is_not_final_keeps_its_customer_by_name(source, kind, status):
    """Once it is, Lago pays it from the credit that Odoo would have taken over."""
    waiting = with_invoice(source, "wallet-paid", kind, status)
    assert "N-AGAIN" in why_not(waiting, "wallet-paid")
    assert why_not(waiting, "wallet-granted") == ""
    # A purchase of credits lowers none; see below.
    assert why_not(with_invoice(source, "wallet-paid", PREPAID, status), "wallet-paid") == ""


def test_whose_last_invoice_was_voided_hears_of_it_and_not_that_lago_is_late(source):
    """Lago bills nothing anew by itself: nobody would know what they wait for."""
    invoices = source.billing.invoices
    last = max((each for each in invoices if each.customer == "arrears"), key=lambda i: i.issued_on)
    gone = tuple(replace(each, status=VOIDED) if each == last else each for each in invoices)
    voided = replace(source, billing=replace(source.billing, invoices=gone))
    assert f"({last.number}) was voided" in why_not(voided, "arrears")
    # Billed anew it is as if nothing had been.
    again = replace(last, lago_id="again", number="N-AGAIN")
    fees = tuple(
        replace(each, invoice="again", lago_id=f"again-{each.lago_id}")
        for each in source.billing.fees
        if each.invoice == last.lago_id
    )
    billing = replace(source.billing, invoices=(*gone, again), fees=(*source.billing.fees, *fees))
    assert why_not(replace(source, billing=billing), "arrears") == ""


def test_credits_that_are_bought_and_not_paid_yet_are_not_lost(source):
    """Their payment fills the wallet in Lago alone, after Odoo has taken over what was in it."""
    wallet = LagoWallet(
        "w1", "arrears", "prepaid", "active", "CAD", Decimal(0), Decimal(0), None,
        tops_up=False, awaits_payment=True,
    )  # fmt: skip
    assert "wallet prepaid" in why_not(replace(source, wallets=(wallet,)), "arrears")
    closed = replace(source, wallets=(replace(wallet, status="terminated"),))
    assert why_not(closed, "arrears") == ""


def test_who_ended_in_lago_gets_no_days(source):
    assert days_of(source, "terminated")["terminated"].flat_from == ""


def in_trial(source, until, **terms):
    """Give the days of somebody who began on 5 August and pays by the month, in a trial since."""
    [mine] = [each for each in source.subscriptions if each.customer == "trial"]
    days = Decimal((until - date(2026, 8, 5)).days)
    begun = replace(mine, started_at=datetime(2026, 8, 5, 4, 0, tzinfo=UTC), anchor_at=None)
    plans = tuple(
        replace(each, trial_days=days, interval="monthly", **terms)
        if each.code == mine.plan_code
        else each
        for each in source.plans
    )
    begun = replace(begun, billing_time="calendar", trial_ended_at=None)
    trial = replace(source, plans=plans, subscriptions=(begun,))
    early = datetime(2026, 8, 10, 15, tzinfo=UTC)
    told = days_of(trial, "trial", at=early)["trial"]
    return told.flat_from, whom_lago_bills_first(trial, early).get(("trial", "trial-1"), "")


@pytest.mark.parametrize(
    ("until", "ahead", "behind", "behind_without_usage"),
    [
        (date(2026, 8, 25), "2026-08-25", "2026-08-05", "2026-08-05"),
        (date(2026, 9, 1), "2026-09-01", "2026-08-05", "2026-09-01"),
        (date(2026, 10, 20), "2026-10-20", "2026-08-05", "2026-10-01"),
    ],
)
def test_after_a_trial_odoo_begins_where_the_price_does(
    source, until, ahead, behind, behind_without_usage
):
    assert in_trial(source, until, is_in_advance=True, charges=()) == (ahead, "")
    assert in_trial(source, until, is_in_advance=False, charges=()) == (behind_without_usage, "")
    priced = next(each.charges for each in source.plans if each.charges)
    assert in_trial(source, until, is_in_advance=False, charges=priced) == (behind, "")


def test_whom_lago_bills_usage_within_a_trial_stays_in_shadow_and_is_named(source):
    priced = next(each.charges for each in source.plans if each.charges)
    within = in_trial(source, date(2026, 8, 25), is_in_advance=True, charges=priced)
    assert within == ("2026-08-25", "")
    day, why = in_trial(source, date(2026, 10, 20), is_in_advance=True, charges=priced)
    assert (day, "in a trial until 2026-10-20" in why) == ("", True)


def test_whoever_would_be_left_in_shadow_is_named_before_with_the_reason(source):
    late = NOW + timedelta(days=31)
    named = {at: whom_lago_bills_first(source, at) for at in (NOW, late)}
    for at, reasons in named.items():
        for customer, told in days_of(source, *CARRIED, at=at).items():
            assert bool(told.flat_from) != ((customer, f"{customer}-1") in reasons)
    assert "on no finalized invoice" in named[late]["arrears", "arrears-1"]
    assert ("arrears", "arrears-1") not in named[NOW]


def test_a_trial_that_was_over_before_its_plan_got_a_longer_one_is_over(source):
    assert days_of(source, "trial")["trial"].flat_from != ""
    longer = tuple(replace(each, trial_days=each.trial_days * 20) for each in source.plans)
    over = datetime(2026, 8, 19, 10, tzinfo=UTC)
    known = tuple(
        replace(each, trial_ended_at=over) if each.customer == "trial" else each
        for each in source.subscriptions
    )
    later = replace(source, plans=longer)
    told = days_of(replace(later, subscriptions=known), "trial")["trial"]
    assert told == days_of(source, "trial")["trial"]


def test_a_customer_whom_both_bill_closes_the_gate(source):
    gate = renewals_stopped(source.subscriptions, {"arrears", "terminated"})
    assert not gate.ok
    assert gate.examples == ("arrears-1",)
    assert renewals_stopped(source.subscriptions, {"terminated"}).ok
