"""An exported list of cards: a bad line costs its customer, and a number is never repeated."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.cards.listed import holds_number, parse_list
from tasks.model.cards import Card
from tasks.model.errors import ConfigError

HEADER = "stripe_customer_id,payment_method,brand,last4,exp_month,exp_year,default"
NUMBER = "4242424242424242"


def parsed(*lines, header=HEADER):
    return parse_list([f"{header}\n", *(f"{line}\n" for line in lines)])


def test_cards_are_gathered_by_customer_with_their_default():
    found, lost = parsed(
        "cus_1,pm_1,visa,4242,12,2030,no",
        "cus_1,pm_2,American Express,0005,1,31,YES",
        "",
        "cus_2,card_3,Visa,42,06,2029,",
    )
    assert lost == ()
    assert (found["cus_1"].default, found["cus_1"].fault) == ("pm_2", None)
    assert found["cus_1"].cards == (
        Card("pm_1", "card", "visa", "4242", 12, 2030),
        Card("pm_2", "card", "amex", "0005", 1, 2031),
    )
    # A spreadsheet made 42 of 0042.
    assert found["cus_2"].cards == (Card("card_3", "card", "visa", "0042", 6, 2029),)
    assert found["cus_2"].default is None


def test_columns_may_stand_in_any_order_and_under_the_names_of_exports():
    header = "Default, payment_method id ,exp_year,exp_month,last4,brand,customer,name"
    found, _ = parsed("yes,pm_1,2030,12,4242,visa,cus_1,Ann", header=f"\ufeff{header}")
    assert found["cus_1"].default == "pm_1"


@pytest.mark.parametrize(
    "line",
    [
        "cus_1,,visa,4242,12,2030,yes",
        "cus_1,pm_1/../x,visa,4242,12,2030,yes",
        "cus_1,pm_1,visa,42x2,12,2030,yes",
        "cus_1,pm_1,visa,4242,13,2030,yes",
        "cus_1,pm_1,visa,4242,12,,yes",
        "cus_1,pm_1,visa,4242,twelve,2030,yes",
        "cus_1,pm_1,visa,4242,12,2030,perhaps",
        "cus_1,pm_1",
        f"cus_1,pm_1,visa,{NUMBER},12,2030,yes",
        "cus_1,pm_1,4242-4242-4242-4242,4242,12,2030,yes",
        f"cus_1,pm_{NUMBER},visa,4242,12,2030,yes",
    ],
)
def test_bad_line_keeps_its_customer_out_and_nobody_else(line):
    found, lost = parsed(line, "cus_2,pm_2,visa,4242,12,2030,yes")
    assert lost == ()
    assert "Line 2" in found["cus_1"].fault
    assert found["cus_2"].fault is None
    assert NUMBER not in repr(found)


def test_two_defaults_and_a_card_said_twice_are_faults():
    first = "cus_1,pm_1,visa,4242,12,2030,yes"
    assert "another default" in parsed(first, "cus_1,pm_2,visa,1,1,2030,yes")[0]["cus_1"].fault
    assert "second time" in parsed(first, first)[0]["cus_1"].fault


def test_line_without_a_customer_is_told_by_its_number_alone():
    found, lost = parsed(
        f"{NUMBER},pm_1,visa,4242,12,2030,yes", f"cus_{NUMBER},pm_1,visa,4242,12,2030,yes"
    )
    assert not found
    assert [line.split()[1] for line in lost] == ["2", "3"]
    assert NUMBER not in repr(lost)


def test_no_such_list_is_refused_by_what_it_lacks():
    for lines, words in ((["a,b\n"], "stripe_customer_id, payment_method"), ([], "default")):
        with pytest.raises(ConfigError, match=words):
            parse_list(lines)
    with pytest.raises(ConfigError, match="no CSV"):
        parse_list([f"{HEADER}\n", f"{'x' * 200_000}\n"])


def test_payment_method_that_is_no_card_is_told_by_its_kind():
    found, _ = parsed("cus_1,pm_1,us_bank_account,,,,yes")
    assert found["cus_1"].cards == (Card("pm_1", kind="us_bank_account"),)


@given(st.text(st.sampled_from("0123456789 -ABC"), max_size=11))
def test_what_is_too_short_for_a_number_is_none(text):
    assert not holds_number(text)


@given(st.integers(10**11, 10**17))
def test_every_number_with_its_check_digit_is_seen(stem):
    numbers = [f"{stem}{digit}" for digit in range(10)]
    seen = [number for number in numbers if holds_number(number)]
    assert len(seen) == 1
    assert holds_number(f"my card: {' '.join(seen[0])} thanks")


@given(st.lists(st.lists(st.text(max_size=20), max_size=9), max_size=8))
def test_whatever_stands_in_a_list_it_is_read_or_refused_by_name(rows):
    def cell(text):
        return '"' + text.replace('"', '""').replace("\r", " ").replace("\n", " ") + '"'

    lines = [",".join(map(cell, row)) for row in rows]
    try:
        found, _ = parsed(*lines)
    except ConfigError:
        return
    assert all(holder.fault or holder.cards for holder in found.values())
