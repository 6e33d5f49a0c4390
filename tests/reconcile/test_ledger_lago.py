"""Lago's invoices and fees as ledger lines: each amount once, whatever its form."""

from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from tasks.clients.lago.parsing_billing import credit_note
from tasks.model.lago import LagoCoupon
from tasks.model.lago_billed import (
    DRAFT,
    FINALIZED,
    VOIDED,
    LagoBilling,
    LagoCreditNote,
    LagoFee,
    LagoInvoice,
)
from tasks.reconcile.ledger_lago import billing_lines, left_out

START = datetime(2026, 9, 15, 4, tzinfo=UTC)
END = datetime(2026, 10, 15, 4, tzinfo=UTC)


def invoice(lago_id="i1", **known):
    defaults = {
        "number": f"N-{lago_id}", "customer": "c1", "service": "nexadesk", "status": FINALIZED,
        "kind": "subscription", "currency": "CAD", "issued_on": date(2026, 10, 15),
        "fees": Decimal(0), "coupons": Decimal(0), "progressive_credit": Decimal(0),
    }  # fmt: skip
    return LagoInvoice(lago_id, **(defaults | known))


def fee(lago_id="f1", **known):
    defaults = {
        "invoice": "i1", "customer": "c1", "subscription": "s1", "kind": "charge",
        "code": "tickets", "name": "Tickets", "charge": "ch1", "true_up_of": None,
        "amount": Decimal("3.13"), "currency": "CAD", "units": Decimal(12),
        "tax_rate": Decimal(13), "start": START, "end": END, "has_null_group": False,
    }  # fmt: skip
    return LagoFee(lago_id, **(defaults | known))


def lines(invoices, fees, **known):
    told = {"credit_notes": (), "services": {}, "notes": ()} | known
    zone = told.pop("zone", UTC)
    return billing_lines("nexadesk", LagoBilling(invoices, fees, **told), zone)


def test_usage_is_a_line_with_all_columns():
    assert lines([invoice()], [fee()]) == [
        ("nexadesk", "c1", "s1", "usage:tickets", START, END, "12", "3.13", "CAD", "13", "N-i1",
         "lago", "")
    ]  # fmt: skip


@pytest.mark.parametrize(
    ("known", "kind", "item"),
    [
        ({"kind": "subscription"}, "subscription", "flat"),
        ({"true_up_of": "f0"}, "subscription", "minimum:tickets"),
        ({"kind": "commitment"}, "subscription", "minimum"),
        ({"kind": "fixed_charge", "code": "seat"}, "subscription", "fixed:seat"),
        ({"kind": "add_on", "name": "Backups"}, "subscription", "addon:Backups"),
        ({"kind": "add_on", "name": "Training"}, "one_off", "one-off:Training"),
        ({"kind": "product", "name": "Other"}, "subscription", "other:Other"),
    ],
    ids=lambda value: str(value),
)
def test_fee_is_named_by_what_it_is_for(known, kind, item):
    assert [line[3] for line in lines([invoice(kind=kind)], [fee(**known)])] == [item]


def test_metric_of_nexacloud_is_in_seconds():
    [line] = lines([invoice()], [fee(code="cpu_core_hours", units=Decimal("1.5"))])
    assert (line[3], line[6]) == ("usage:cpu_seconds", "5400")


def test_groups_of_one_charge_are_one_line():
    parts = [fee("f1"), fee("f2", amount=Decimal("0.02"), units=Decimal(1))]
    [line] = lines([invoice()], parts)
    assert (line[6], line[7]) == ("13", "3.15")


def test_drafts_and_voided_invoices_are_left_out_and_told():
    invoices = [invoice("i1", status=VOIDED), invoice("i2"), invoice("i3", status=DRAFT)]
    fees = [fee(f"f{n}", invoice=f"i{n}") for n in (1, 2, 3)]
    billing = LagoBilling(tuple(invoices), tuple(fees), (), {}, ())
    assert [line[10] for line in billing_lines("nexadesk", billing)] == ["N-i2"]
    assert left_out("nexadesk", billing) == {VOIDED: 1, DRAFT: 1}


def test_fee_on_no_invoice_counts_by_itself_for_its_customers_service():
    loose = [fee("f1", invoice=None), fee("f2", invoice=None, customer="c2")]
    services = {"c1": "nexadesk", "c2": "nexamaps"}
    [line] = lines([], loose, services=services)
    assert line[10] == "f1"


def test_other_services_have_no_line_here():
    assert lines([invoice(service="nexamaps")], [fee()]) == []


def test_coupons_and_credit_notes_are_taken_off_before_tax():
    note = LagoCreditNote(
        "CN1", "c1", "nexadesk", "other", Decimal("2.50"), "CAD", date(2026, 10, 2)
    )
    found = lines([invoice(coupons=Decimal(5))], [fee()], credit_notes=[note])
    reduced = {line[3]: line[7] for line in found}
    assert reduced == {"credit:coupon": "-5", "credit:other": "-2.5", "usage:tickets": "3.13"}


def given_back(**known):
    """What the ledger counts of a credit note that Lago answers over 10.00, 11.30 with tax."""
    row = {
        "number": "CN1", "customer": {"external_id": "c1"}, "billing_entity_code": "nexadesk",
        "reason": "other", "currency": "CAD", "issuing_date": "2026-10-02",
        "lago_invoice_id": "i1", "sub_total_excluding_taxes_amount_cents": 1000,
        "total_amount_cents": 1130, "refund_amount_cents": 0, "balance_amount_cents": 0,
        "credit_status": "consumed",
    }  # fmt: skip
    note = credit_note(row | known)
    found = lines([invoice()], [fee()], credit_notes=[note])
    return [line[7] for line in found if line[3] == "credit:other"]


def test_of_a_voided_credit_note_only_what_was_refunded_was_given_back():
    """Else a month's revenue is too low by credit that nobody ever had."""
    assert given_back() == ["-10"]
    assert given_back(credit_status="voided") == []
    assert given_back(credit_status="voided", refund_amount_cents=None) == []
    assert given_back(credit_status="voided", refund_amount_cents=565) == ["-5"]


def test_credit_that_is_bought_and_paid_back_is_no_revenue_given_back():
    """The purchase was no revenue either: a refund of it would lower what was sold."""
    note = LagoCreditNote(
        "CN1", "c1", "nexadesk", "other", Decimal(30), "CAD", date(2026, 10, 2), invoice="i2"
    )
    bought = fee("f2", invoice="i2", kind="credit", name="Prepaid", amount=Decimal(50))
    found = lines([invoice(), invoice("i2", kind="credit")], [fee(), bought], credit_notes=[note])
    assert [line[3] for line in found] == ["usage:tickets"]


def test_coupon_is_named_and_of_the_period_that_it_lowers():
    flat = fee("f2", kind="subscription", amount=Decimal(49), coupons=Decimal(5), start=END,
               end=datetime(2026, 11, 15, 4, tzinfo=UTC))  # fmt: skip
    used = LagoCoupon(
        "a1", "spring", "Spring", "c1", "active", Decimal(5), "CAD", None, "forever", None,
        credits={"i1": Decimal(5)},
    )  # fmt: skip
    found = lines([invoice(coupons=Decimal(5))], [fee(), flat], coupons=[used])
    [line] = [each for each in found if each[3] == "discount:spring"]
    assert (line[2], line[4], line[7]) == ("s1", END, "-5")
    two = [fee("f3", subscription="s2", coupons=Decimal(2)), flat]
    found = lines([invoice(coupons=Decimal(5))], two, coupons=[used])
    [line] = [each for each in found if each[3] == "discount:spring"]
    assert (line[2], line[7]) == ("", "-5")


def test_credit_that_is_bought_is_no_revenue():
    assert lines([invoice(kind="credit")], [fee(kind="credit", name="Prepaid")]) == []


def progressive(number, amount, credit=0, kind="progressive_billing"):
    """Give an invoice with all units so far, and what earlier ones have billed of them."""
    made = invoice(
        f"p{number}", kind=kind, issued_on=date(2026, 9, 20 + number),
        progressive_credit=Decimal(credit),
    )  # fmt: skip
    return made, fee(f"g{number}", invoice=f"p{number}", amount=Decimal(amount), units=amount)


@pytest.mark.parametrize(
    ("billed", "units", "revenue"),
    [
        ([progressive(1, 60)], 60, 60),
        ([progressive(1, 60), progressive(2, 100, 60)], 100, 100),
        ([progressive(1, 60), progressive(2, 100, 60), progressive(3, 130, 100, "subscription")],
         130, 130),
        ([progressive(2, 100, 0, "subscription"), progressive(3, 60)], 100, 100 + 60),
    ],
    ids=["one threshold", "two", "and the period's own", "without a credit"],
)  # fmt: skip
def test_progressive_billing_counts_once(billed, units, revenue):
    found = lines([made for made, _ in billed], [part for _, part in billed])
    usage = [line for line in found if line[3] == "usage:tickets"]
    assert [line[6] for line in usage] == [str(units)]
    assert sum(Decimal(line[7]) for line in found) == revenue


def test_what_is_issued_on_the_first_is_of_that_month_in_the_companys_zone():
    first = date(2026, 10, 1)
    note = LagoCreditNote("CN1", "c1", "nexadesk", "other", Decimal(2), "CAD", first)
    toronto = ZoneInfo("America/Toronto")
    coupon = invoice(coupons=Decimal(5), issued_on=first)
    found = lines([coupon], [], credit_notes=[note], zone=toronto)
    midnights = [datetime(2026, 10, day, 4, tzinfo=UTC) for day in (1, 2)]
    assert [list(line[4:6]) for line in found] == [midnights, midnights]


def test_credit_note_of_a_voided_invoice_gives_back_nothing_that_counts():
    day = date(2026, 10, 2)
    notes = [
        LagoCreditNote(f"CN{n}", "c1", "nexadesk", "other", Decimal(n), "CAD", day, f"i{n}")
        for n in (1, 2)
    ]
    invoices = [invoice("i1", status=VOIDED), invoice("i2")]
    found = lines(invoices, [fee(invoice="i1")], credit_notes=notes)
    assert [(line[3], line[7], line[10]) for line in found] == [("credit:other", "-2", "CN2")]


def test_order_of_what_was_read_changes_nothing():
    invoices = [invoice(f"i{n}", coupons=Decimal(n)) for n in range(4)]
    fees = [
        fee(f"f{n}", invoice=f"i{n % 4}", code=f"m{n % 3}", amount=Decimal(n)) for n in range(24)
    ]
    fees += [replace(each, lago_id=f"{each.lago_id}x", true_up_of="f1") for each in fees[:4]]
    expected = lines(invoices, fees)
    shuffled = random.Random(3)
    for _ in range(5):
        shuffled.shuffle(invoices)
        shuffled.shuffle(fees)
        assert lines(invoices, fees) == expected
    total = sum(each.amount for each in fees) - sum(each.coupons for each in invoices)
    assert sum(Decimal(line[7]) for line in expected) == total
    assert Counter(line[3] for line in expected)["credit:coupon"] == 3
