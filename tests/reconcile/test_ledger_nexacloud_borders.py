"""Cents and words at the borders of an invoice: there money is read as tax, coupon or nothing."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta
from decimal import Decimal

import pytest

from tasks.reconcile.facts import invoice_facts, item_facts
from tasks.reconcile.ledger_nexacloud import (
    is_billed,
    is_settled,
    kept_out_line,
    off_total,
    origin_of,
    status_of,
    unaccounted,
    was_paid,
)
from tests.reconcile.ledgers import moment
from tests.reconcile.test_ledger_nexacloud import KEPT_OUT, PLAN, invoice, item, lines_of

START, END = moment("2026-09-05"), moment("2026-10-05")
DAY = timedelta(days=1)


def rest_of(*items, **amounts):
    """What is billed beside the items: names and amounts."""
    known = {name: Decimal(amount) for name, amount in amounts.items()}
    return [(each.item, each.amount) for each in lines_of(*items, **known)[len(items) :]]


@pytest.mark.parametrize(
    ("subtotal", "left"),
    [("39.005", "0.005"), ("39.0049", "0"), ("38.995", "-0.005"), ("38.9951", "0"), ("39", "0")],
)
def test_half_a_cent_beside_the_items_is_money_and_less_is_none(subtotal, left):
    assert unaccounted(invoice(item(PLAN, "39"), subtotal=Decimal(subtotal))) == Decimal(left)


@pytest.mark.parametrize(
    ("total", "off"),
    [("44.08", "0.01"), ("44.0799", "0"), ("44.06", "-0.01"), ("44.0601", "0"), ("44.07", "0")],
)
def test_a_cent_beside_the_total_is_money_and_less_is_none(total, off):
    bill = invoice(item(PLAN, "39"), tax=Decimal("5.07"), total=Decimal(total))
    assert off_total(bill) == Decimal(off)


ADDED, OFF = "other:added to the total", "discount:taken off the total"
WITHIN = "other:tax within the subtotal"


@pytest.mark.parametrize(
    ("tax", "total", "rest"),
    [
        # A cent less than the tax, or more, is no tax within.
        ("4.49", "39", [(WITHIN, "-4.49")]),
        ("4.49", "39.0001", [(WITHIN, "-4.4899")]),
        ("4.49", "39.0099", [(WITHIN, "-4.4801")]),
        ("4.49", "39.01", [(OFF, "-4.48")]),
        ("4.49", "38.9901", [(WITHIN, "-4.4999")]),
        ("4.49", "38.99", [(OFF, "-4.5")]),
        ("0", "38.99", [(OFF, "-0.01")]),
        ("0.01", "39", [(WITHIN, "-0.01")]),
        ("0", "39.01", [(ADDED, "0.01")]),
    ],
)
def test_what_is_taken_off_is_the_tax_only_to_the_cent(tax, total, rest):
    assert rest_of(item(PLAN, "39"), tax=tax, total=total) == rest


@pytest.mark.parametrize(
    ("items", "amounts", "rest"),
    [
        ((), {"subtotal": "39", "tax": "0"}, [("other:no items", "39")]),
        ((), {"subtotal": "-39", "tax": "0"}, [("credit:no items", "-39")]),
        ((item(PLAN, "39"),), {"subtotal": "34.51", "tax": "4.49"}, [(WITHIN, "-4.49")]),
        ((item(PLAN, "39"),), {"subtotal": "34.52", "tax": "4.49"},
         [("other:not itemized", "-4.48")]),
    ],
)  # fmt: skip
def test_what_no_item_accounts_for_is_named_by_what_it_can_be(items, amounts, rest):
    assert rest_of(*items, **amounts) == rest


@pytest.mark.parametrize("status", ["refunded", "Fully_Refunded", "charged_back", "reversed"])
def test_money_that_went_back_is_a_credit_of_all_of_it_in_the_invoices_words(status):
    words = f"credit:the invoice was {status.replace('_', ' ')}"
    found = lines_of(item(PLAN, "39"), status=status)[1:]
    assert [(each.item, each.amount) for each in found] == [(words, "-39")]
    assert (found[0].period_start, found[0].period_end) == (START, END)


@pytest.mark.parametrize(
    ("status", "word", "settled", "paid", "billed", "billed_if_paid"),
    [
        ("paid", "paid", True, True, True, True),
        (" PAID ", "paid", True, True, True, True),
        ("open", "open", True, False, True, True),
        ("void", "void", True, False, False, True),
        ("Canceled", "void", True, False, False, True),
        ("deleted", "void", True, False, False, True),
        ("draft", "draft", True, False, False, True),
        ("refunded", "refunded", True, True, True, True),
        ("chargeback", "chargeback", True, True, True, True),
        ("partially_refunded", "partially_refunded", False, True, True, True),
        ("disputed", "disputed", False, True, True, True),
        (None, "", True, False, True, True),
    ],
)
def test_a_status_tells_what_became_of_the_money(
    status, word, settled, paid, billed, billed_if_paid
):
    assert status_of(status) == word
    assert is_settled(status) is settled
    assert was_paid(status) is paid
    assert is_billed(status, None) is billed
    assert is_billed(status, START) is billed_if_paid


@pytest.mark.parametrize(
    ("key", "origin"),
    [("in_1", "stripe"), ("lago:1", "lago"), ("", "nexacloud"), (None, "nexacloud"),
     ("x in_1", "nexacloud"), ("lago", "nexacloud")],
)  # fmt: skip
def test_who_billed_an_invoice_is_told_by_how_its_id_begins(key, origin):
    assert origin_of(key) == origin
    assert invoice(origin_id=key).origin == origin


def test_a_line_has_all_that_the_invoice_says():
    [found] = lines_of(item("Backup", "9"), customer="bert", currency="USD", tax=Decimal("1.17"))
    assert tuple(found) == (
        "nexacloud", "bert", "sub-1", "addon:Backup", START, END, None, "9", "USD", "13", "INV-1",
        "stripe", "",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("text", "start", "end"),
    [
        ("Backup (2026-08-05 → 2026-09-05)", "2026-08-05", "2026-09-05"),
        ("Backup 2026-08-05 to 2026-08-06", "2026-08-05", "2026-08-06"),
        # No time at all, or one that runs backwards, is the invoice's.
        ("Backup 2026-08-05 to 2026-08-05", "2026-09-05", "2026-10-05"),
        ("Backup 2026-08-06 to 2026-08-05", "2026-09-05", "2026-10-05"),
        ("Onboarding 2026-08-05 to 2026-09-05", "2026-09-05", "2026-10-05"),
    ],
)
def test_an_item_is_for_the_time_that_it_tells(text, start, end):
    [found] = lines_of(item(text, "9"))
    assert (found.period_start, found.period_end) == (moment(start), moment(end))


@pytest.mark.parametrize(
    ("text", "price", "units", "terms"),
    [
        ("CPU overage: 1.5 core-hours used, 1 included", "0.0075", "5400",
         '{"price_per_unit": "0.0075", "included_quota": "3600"}'),
        ("CPU overage: 1.5 core-hours used", "0.0075", "5400", ""),
        ("CPU overage: 1.5 core-hours used, 0 included", "0.0075", "5400",
         '{"price_per_unit": "0.0075", "included_quota": "0"}'),
        ("CPU overage", "0.0075", None, ""),
        ("Backup: 1.5 core-hours used", "0.0075", "5400", ""),
    ],
)  # fmt: skip
def test_usage_tells_its_seconds_and_terms_only_where_it_has_both(text, price, units, terms):
    [found] = lines_of(item(text, "9", price))
    assert (found.units, found.terms) == (units, terms)
    [unpriced] = lines_of(replace(item(text, "9"), unit_price=None))
    assert (unpriced.units, unpriced.terms) == (units, "")


@pytest.mark.parametrize(
    ("changed", "amount", "start", "end"),
    [
        ({}, "39", START, START + DAY),
        ({"subtotal": None}, "44.07", START, START + DAY),
        ({"subtotal": "NaN"}, "44.07", START, START + DAY),
        ({"subtotal": "-5"}, "-5", START, START + DAY),
        ({"period_start": END}, "39", END, END + DAY),
        ({"period_start": START, "period_end": END}, "39", START, END),
        ({"period_start": END, "period_end": END}, "39", END, END + DAY),
        ({"period_start": END, "period_end": START}, "39", END, END + DAY),
    ],
)
def test_an_invoice_that_is_kept_out_stands_with_its_amount_and_time(changed, amount, start, end):
    found = kept_out_line("nexacloud", KEPT_OUT | changed)
    assert tuple(found) == (
        "nexacloud", "anna", "sub-1", "other:invoice kept out", start, end, None, amount, "CAD",
        None, "INV-1", "stripe", "",
    )  # fmt: skip
    alone = kept_out_line("nexacloud", KEPT_OUT | changed | {"subscription_id": None})
    assert alone.subscription == ""


def test_a_currency_of_two_or_four_letters_is_none():
    for currency in ("CA", "CADD", None):
        assert kept_out_line("nexacloud", KEPT_OUT | {"currency": currency}) is None


def head(**changes):
    return {
        "invoice_id": "I", "user_id": "u", "subscription_id": "s", "stripe_invoice_id": "in_1",
        "status": "paid", "currency": "CAD", "subtotal": "39", "tax": "5.07", "total": "44.07",
        "period_start": START, "period_end": END, "created_at": START, "paid_at": START,
        "unreadable": None, "item_id": "a", "amount": "39",
    } | changes  # fmt: skip


PLAIN = {
    "items": 1, "has_amounts": True, "currency_text": "CAD", "has_period": True,
    "origin": "stripe", "status_text": "paid", "is_settled": True, "status_is_reliable": True,
    "days_off_period": 0, "cents_off_total": 0, "cents_off_items": 0, "items_where_billed": 1,
}  # fmt: skip


@pytest.mark.parametrize(
    ("changes", "facts"),
    [
        ({}, {}),
        ({"currency": None}, {"currency_text": ""}),
        ({"paid_at": None}, {"status_is_reliable": False}),
        ({"status": "open"}, {"status_text": "open", "status_is_reliable": False}),
        ({"status": "open", "paid_at": None}, {"status_text": "open"}),
        ({"status": "disputed"}, {"status_text": "disputed", "is_settled": False}),
        ({"total": "44.06"}, {"cents_off_total": 1}),
        ({"total": "44.08"}, {"cents_off_total": -1}),
        ({"amount": "39.01"}, {"cents_off_items": 1}),
        ({"amount": "38.99"}, {"cents_off_items": -1}),
        ({"amount": "NaN"}, {"has_amounts": False, "cents_off_items": None}),
        ({"item_id": None}, {"items": 0, "cents_off_items": None, "items_where_billed": 0}),
        ({"subtotal": "0", "total": "5.07", "amount": "0"}, {"items_where_billed": None}),
        (
            {"tax": None},
            {
                "has_amounts": False,
                "cents_off_total": None,
                "cents_off_items": None,
                "items_where_billed": None,
            },
        ),
        ({"period_end": START}, {"has_period": False}),
        ({"period_end": None}, {"has_period": False, "days_off_period": None}),
        ({"period_start": None}, {"has_period": False, "days_off_period": None}),
        ({"created_at": None}, {"days_off_period": None}),
        ({"created_at": START - DAY}, {"days_off_period": -1}),
        ({"created_at": END}, {}),
        ({"created_at": END + 2 * DAY}, {"days_off_period": 2}),
    ],
)
def test_an_invoice_is_told_to_the_rules_to_the_cent_and_to_the_day(changes, facts):
    row = head(**changes)
    told = {name: row[name] for name in row if name not in {"item_id", "amount"}}
    assert invoice_facts([row]) == told | PLAIN | facts


def test_all_items_of_an_invoice_are_counted_and_added_up():
    rows = [head(amount="30"), head(item_id="b", amount="9.5")]
    found = invoice_facts(rows)
    assert (found["items"], found["cents_off_items"], found["items_where_billed"]) == (2, 50, 2)


def test_an_item_of_no_invoice_is_told_so():
    assert item_facts({"item_id": "a"}) == {"item_id": "a", "invoice_is_known": False}
