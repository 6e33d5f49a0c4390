"""Coupons in past periods: an order holds them as of now, and Lago says what they were then."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

from tasks.model.lago import LagoCoupon
from tasks.model.ledger import ledger_frame
from tasks.reconcile.coupons import Applied, applied_coupons, as_applied
from tests.reconcile.ledgers import flat_terms, line

OCTOBER, NOVEMBER, DECEMBER, JANUARY = (
    datetime(2026 + (month > 12), (month - 1) % 12 + 1, 1, tzinfo=UTC) for month in range(10, 14)
)
KEY = "anna", "discount:welcome"


def coupon(**changes):
    values = {"lago_id": "c1", "code": "welcome", "name": "Welcome", "customer": "anna",
              "status": "active", "amount": Decimal(5), "currency": "CAD", "percent": None,
              "frequency": "once", "remaining": 1}  # fmt: skip
    return LagoCoupon(**(values | changes))


def period(start, end, off="-5", flat="39", begins=None, **changes):
    """Give a period's lines in Odoo: price and coupon."""
    price = {"period_start": begins or start, "period_end": end, "terms": flat_terms("39")}
    whole = {"period_start": start, "period_end": end}
    return [line(flat, **price, **changes), line(off, KEY[1], **whole, **changes)]


def coupons_in(lines, applied, live=()):
    frame = as_applied(ledger_frame(lines), live, applied)
    assert frame.filter(frame["item"] == "flat").height == len(lines) / 2
    found = frame.filter(frame["item"] != "flat").sort("period_start")
    return list(zip(found["period_start"], found["amount"], strict=True))


AUTUMN = [*period(OCTOBER, NOVEMBER), *period(NOVEMBER, DECEMBER), *period(DECEMBER, JANUARY)]


def test_a_coupon_that_was_never_used_is_of_no_past_period():
    unused = applied_coupons([coupon()], [])
    assert coupons_in(AUTUMN, unused) == []
    # Of whom Odoo bills, and of what Lago does not tell, nothing is touched.
    whole = [(OCTOBER, "-5"), (NOVEMBER, "-5"), (DECEMBER, "-5")]
    assert coupons_in(AUTUMN, unused, live=["sub-1"]) == whole
    assert coupons_in(AUTUMN, {}) == whole


def test_a_coupon_counts_from_the_first_period_that_it_lowered():
    taken = line("-5", KEY[1], period_start=NOVEMBER, period_end=DECEMBER)
    applied = applied_coupons([coupon(credits={"i1": Decimal(5)})], [line(), taken])
    assert applied == {KEY: Applied(NOVEMBER, None)}
    assert coupons_in(AUTUMN, applied) == [(NOVEMBER, "-5"), (DECEMBER, "-5")]


def test_whose_use_cannot_be_told_apart_is_left_as_it_is():
    used = coupon(credits={"i1": Decimal(5)})
    assert applied_coupons([used], []) == {}
    assert applied_coupons([used], [line("-5", KEY[1], subscription="")]) == {}


def test_a_part_of_a_period_is_lowered_by_its_share_and_by_no_more_than_it_costs():
    middle = datetime(2026, 12, 29, tzinfo=UTC)
    part = {"start": DECEMBER, "end": JANUARY, "flat": "3.774194", "begins": middle}
    third = {KEY: Applied(middle, Decimal("33.3"))}
    assert coupons_in(period(off="-12.99", **part), third) == [(DECEMBER, "-1.26")]
    # Another amount than the coupon's stays another one.
    assert coupons_in(period(off="-39", **part), third) == [(DECEMBER, "-3.77")]
    amount = {KEY: Applied(middle, None)}
    assert coupons_in(period(off="-5", **part), amount) == [(DECEMBER, "-3.77")]
    assert coupons_in(period(off="-2", **part), amount) == [(DECEMBER, "-2")]
    whole = period(DECEMBER, JANUARY, off="-12.99")
    assert coupons_in(whole, third) == [(DECEMBER, "-12.99")]
