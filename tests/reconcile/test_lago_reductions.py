"""What Lago takes off its fees, whole lines: a coupon that is lost or twice is revenue."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from tasks.model.lago import LagoCoupon
from tasks.model.lago_billed import LagoBilling, LagoCreditNote
from tasks.reconcile.lago_reductions import superseded_fees
from tasks.reconcile.ledger_lago import left_out
from tests.reconcile.test_ledger_lago import END, START, fee, invoice, lines, progressive

ISSUED = datetime(2026, 10, 15, tzinfo=UTC), datetime(2026, 10, 16, tzinfo=UTC)
LATER = END + timedelta(days=30)


def coupon(code="spring", customer="c1", **credits_):
    taken = {key: Decimal(amount) for key, amount in credits_.items()}
    return LagoCoupon(
        f"a-{code}", code, code, customer, "active", None, "CAD", None, "forever", None,
        credits=taken,
    )  # fmt: skip


def off(invoices, fees, *coupons):
    """Item, subscription, amount and time of what is taken off."""
    found = lines(invoices, fees, coupons=coupons)
    return [(each[3], each[2], each[7], each[4:6]) for each in found if each[7].startswith("-")]


FLAT = fee("f1", kind="subscription", coupons=Decimal(1), start=END, end=LATER)
USED = fee("f2", coupons=Decimal(1))
FIVE = invoice(coupons=Decimal(5))


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("fees", "coupons", "taken"),
    [
        ([FLAT, USED], [coupon(i1=5)], [("discount:spring", "s1", "-5", (END, LATER))]),
        # The price tells the period, also of two; without one the last that is billed.
        (
            [FLAT, replace(FLAT, lago_id="f9", start=START, end=END)],
            [coupon(i1=5)],
            [("discount:spring", "s1", "-5", (END, LATER))],
        ),
        (
            [replace(FLAT, start=START, end=END), replace(USED, start=END, end=LATER)],
            [coupon(i1=5)],
            [("discount:spring", "s1", "-5", (START, END))],
        ),
        (
            [USED, replace(USED, lago_id="f3", start=END, end=LATER)],
            [coupon(i1=5)],
            [("discount:spring", "s1", "-5", (END, LATER))],
        ),
        # A fee that no coupon lowers says nothing of whose it is.
        (
            [FLAT, fee("f4", subscription="s2")],
            [coupon(i1=5)],
            [("discount:spring", "s1", "-5", (END, LATER))],
        ),
        (
            [FLAT, replace(USED, subscription="s2")],
            [coupon(i1=5)],
            [("discount:spring", "", "-5", ISSUED)],
        ),
        # Two coupons, one of which took twice.
        (
            [FLAT],
            [coupon("b", i1=2), coupon("a", i1=1), coupon("b", i1=2)],
            [("discount:a", "s1", "-1", (END, LATER)), ("discount:b", "s1", "-4", (END, LATER))],
        ),
        # What no coupon names is a credit, and of no subscription is all of it then.
        (
            [FLAT],
            [coupon(i1=3)],
            [("credit:coupon", "", "-2", ISSUED), ("discount:spring", "", "-3", ISSUED)],
        ),
        ([FLAT], [], [("credit:coupon", "", "-5", ISSUED)]),
        ([], [], [("credit:coupon", "", "-5", ISSUED)]),
        # Of another customer, or of another invoice.
        ([FLAT], [coupon(customer="c2", i1=5)], [("credit:coupon", "", "-5", ISSUED)]),
        ([FLAT], [coupon(i9=5)], [("credit:coupon", "", "-5", ISSUED)]),
        (
            [FLAT],
            [coupon(i9=5, i1=5)],
            [("discount:spring", "s1", "-5", (END, LATER))],
        ),
    ],
)
def test_a_coupon_is_taken_off_once_from_what_it_lowers(fees, coupons, taken, order):
    found = off([FIVE], fees[::order], *coupons[::order])
    assert sorted(found) == sorted(taken)


def test_an_invoice_without_coupons_is_lowered_by_none():
    assert off([invoice()], [FLAT], coupon(i1=5)) == []


def test_coupons_of_each_invoice_are_its_own():
    found = off([FIVE, invoice("i2", coupons=Decimal(7))], [FLAT, replace(USED, invoice="i2")],
                coupon(i1=5, i2=7))  # fmt: skip
    assert sorted(found) == [
        ("discount:spring", "s1", "-5", (END, LATER)),
        ("discount:spring", "s1", "-7", (START, END)),
    ]


def superseded(*billed):
    invoices = {made.lago_id: made for made, _ in billed}
    return set(superseded_fees(invoices, [part for _, part in billed]))


FIRST, SECOND = progressive(1, 60), progressive(2, 100, 60)
OWN = progressive(3, 130, 100, "subscription")


@pytest.mark.parametrize("order", [1, -1])
@pytest.mark.parametrize(
    ("billed", "again"),
    [
        ([FIRST], set()),
        ([FIRST, SECOND], {"g1"}),
        ([FIRST, SECOND, OWN], {"g1", "g2"}),
        ([SECOND, OWN], {"g2"}),
        ([OWN], set()),
        # The period's own is the last, whenever it was issued.
        ([(replace(OWN[0], issued_on=date(2026, 9, 1)), OWN[1]), SECOND], {"g2"}),
        # On one day the number says which is later.
        ([FIRST, (replace(SECOND[0], issued_on=FIRST[0].issued_on), SECOND[1])], {"g1"}),
        # Another period, another subscription, another kind of fee.
        ([FIRST, (SECOND[0], replace(SECOND[1], start=END))], set()),
        ([FIRST, (SECOND[0], replace(SECOND[1], subscription="s2"))], set()),
        ([FIRST, (SECOND[0], replace(SECOND[1], kind="add_on"))], set()),
        ([FIRST, (OWN[0], replace(OWN[1], start=END))], set()),
    ],
)
def test_units_so_far_are_left_out_where_a_later_invoice_has_them_again(billed, again, order):
    assert superseded(*billed[::order]) == again


def credited(*billed):
    found = lines([made for made, _ in billed], [part for _, part in billed])
    return [(each[3], each[7], each[10]) for each in found if each[3].startswith("credit")]


def test_a_credit_beyond_the_fees_that_are_left_out_is_taken_off_the_last_invoice():
    more = (replace(SECOND[0], progressive_credit=Decimal(65)), SECOND[1])
    assert credited(FIRST, more) == [("credit:progressive billing", "-5", "N-p2")]
    less = (replace(SECOND[0], progressive_credit=Decimal(55)), SECOND[1])
    assert credited(FIRST, less) == [("credit:progressive billing", "5", "N-p2")]
    assert credited(FIRST, SECOND) == []
    none = (replace(SECOND[0], progressive_credit=Decimal(0)), SECOND[1])
    assert credited(FIRST, none) == [("credit:progressive billing", "60", "N-p1")]
    both = (replace(OWN[0], progressive_credit=Decimal(101)), OWN[1])
    for order in (1, -1):
        found = credited(*[FIRST, SECOND, both][::order])
        assert found == [("credit:progressive billing", "-1", "N-p3")]


def test_credits_of_two_customers_are_told_apart():
    other = (
        replace(SECOND[0], customer="c2", progressive_credit=Decimal(5)),
        replace(SECOND[1], customer="c2", subscription="s2"),
    )
    third = (replace(FIRST[0], progressive_credit=Decimal(3)), FIRST[1])
    assert sorted(credited(third, other)) == [
        ("credit:progressive billing", "-3", "N-p1"),
        ("credit:progressive billing", "-5", "N-p2"),
    ]


def test_fees_of_one_charge_and_period_are_one_line_and_no_others():
    def items(*fees):
        invoices = (invoice(), invoice("i2"))
        return [line[7] for line in lines(invoices, fees, services={"c1": "nexadesk"})]

    one = fee("f1", amount=Decimal(1))
    same = fee("f2", amount=Decimal(2))
    assert items(one, same) == ["3"]
    apart = [
        {"invoice": "i2"}, {"invoice": None}, {"subscription": "s2"}, {"code": "m2"},
        {"true_up_of": "f1"}, {"start": START - timedelta(1)}, {"end": END + timedelta(1)},
        {"kind": "add_on"},
    ]  # fmt: skip
    for known in apart:
        assert sorted(items(one, replace(same, **known))) == ["1", "2"]
    assert items(*(replace(each, invoice=None) for each in (one, same))) == ["1", "2"]


@pytest.mark.parametrize("order", [1, -1])
def test_taxes_of_one_line_are_told_where_they_are_one(order):
    parts = [fee("f1"), fee("f2")]
    [line] = lines([invoice()], parts[::order])
    assert line[9] == "13"
    parts[1] = replace(parts[1], tax_rate=Decimal(5))
    [line] = lines([invoice()], parts[::order])
    assert line[9] is None


@pytest.mark.parametrize(
    ("known", "item", "units"),
    [
        ({"kind": "commitment"}, "minimum", None),
        ({"kind": "subscription"}, "flat", None),
        ({"true_up_of": "x"}, "minimum:tickets", None),
        ({"kind": "fixed_charge", "code": "", "name": "Seats"}, "fixed:Seats", "12"),
        ({"kind": "add_on"}, "addon:Tickets", "12"),
        ({"kind": "product", "name": ""}, "other:product", "12"),
    ],
)
def test_a_fee_is_named_and_counted_by_its_kind(known, item, units):
    [line] = lines([invoice()], [fee(**known)])
    assert (line[3], line[6]) == (item, units)
    [loose] = lines([], [fee(invoice=None, **known)], services={"c1": "nexadesk"})
    assert (loose[3], loose[10]) == (item, "f1")


@pytest.mark.parametrize(("kind", "item"), [("one_off", "one-off"), ("add_on", "one-off"),
                                            ("subscription", "addon")])  # fmt: skip
def test_an_addon_is_billed_once_on_an_invoice_of_its_own(kind, item):
    [line] = lines([invoice(kind=kind)], [fee(kind="add_on")])
    assert line[3] == f"{item}:Tickets"


def note(number="CN1", **known):
    defaults = {
        "customer": "c1", "service": "nexadesk", "reason": "other", "amount": Decimal("2.50"),
        "currency": "CAD", "issued_on": date(2026, 10, 2),
    }  # fmt: skip
    return LagoCreditNote(number, **(defaults | known))


@pytest.mark.parametrize(
    ("known", "counts"),
    [
        ({}, True),
        ({"invoice": "i1"}, True),
        ({"invoice": "gone"}, True),
        ({"invoice": "void"}, False),
        ({"invoice": "bought"}, False),
        ({"service": "other"}, False),
        ({"fault": "is odd"}, False),
        ({"amount": Decimal(0)}, False),
    ],
)
def test_a_credit_note_counts_where_what_it_gives_back_did(known, counts):
    invoices = [invoice(), invoice("void", status="voided"), invoice("bought", kind="credit")]
    found = lines(invoices, [], credit_notes=[note(**known)])
    day = datetime(2026, 10, 2, tzinfo=UTC)
    assert found == (
        [("nexadesk", "c1", "", "credit:other", day, day + timedelta(1), None, "-2.5", "CAD", None,
          "CN1", "lago", "")] if counts else []
    )  # fmt: skip


def test_what_is_no_revenue_is_counted_by_its_status():
    made = [
        invoice("a"), invoice("b", status="draft"), invoice("c", is_self_billed=True),
        invoice("d", status="draft", service="other"),
    ]  # fmt: skip
    assert left_out("nexadesk", LagoBilling(tuple(made), (), (), {}, ())) == {
        "draft": 1,
        "finalized": 1,
    }
