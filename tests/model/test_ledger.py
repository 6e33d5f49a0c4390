"""Amounts of a ledger are read to the millionth, and what is no amount ends the comparison."""

from __future__ import annotations

from datetime import UTC, datetime

import polars as pl
import pytest

from tasks.model.errors import FatalError
from tasks.model.ledger import (
    Cause,
    joined_causes,
    ledger_frame,
    micros,
    minor_unit_micro,
    require_amounts,
)
from tasks.model.money import minor_digits

START = datetime(2026, 9, 5, tzinfo=UTC)


def row(amount, item="flat", ref="INV-1"):
    return ("s", "c", "u", item, START, START, None, amount, "CAD", None, ref, "odoo", "")


def read(*amounts):
    return ledger_frame(map(row, amounts)).select(micros("amount")).to_series().to_list()


@pytest.mark.parametrize(
    ("amount", "micro"),
    [
        ("39", 39_000_000), ("-39.01", -39_010_000), ("0.000001", 1), ("0", 0),
        # A half away from zero.
        ("0.0000005", 1), ("-0.0000005", -1), ("0.00000049", 0), ("0.0000015", 2),
        ("123456789.123456", 123_456_789_123_456), ("many", None), ("", None),
    ],
)  # fmt: skip
def test_an_amount_is_read_to_the_millionth(amount, micro):
    assert read(amount) == [micro]


def test_a_line_whose_amount_is_no_number_is_named_and_counted():
    ledger = ledger_frame([row("1"), row("many", "usage:x", "INV-2"), row("x")])
    amounts = ledger.select(micros("amount")).to_series()
    with pytest.raises(FatalError) as caught:
        require_amounts(ledger, amounts, "Odoo")
    assert str(caught.value) == (
        "2 lines of Odoo have an amount that is no number; the first is 'usage:x' of 'INV-2':"
        " 'many'."
    )
    require_amounts(ledger.head(1), amounts.head(1), "Odoo")


@pytest.mark.parametrize(
    ("currency", "digits", "unit"),
    [
        ("CAD", 2, 10_000), ("USD", 2, 10_000), ("JPY", 0, 1_000_000), ("KRW", 0, 1_000_000),
        ("KWD", 3, 1_000), ("BHD", 3, 1_000), ("XXX", 2, 10_000), ("", 2, 10_000),
        ("JP", 2, 10_000), ("CLF", 4, 100),
    ],
)  # fmt: skip
def test_the_smallest_unit_is_that_of_the_currency(currency, digits, unit):
    assert (minor_digits(currency), minor_unit_micro(currency)) == (digits, unit)


def test_causes_that_act_together_are_written_in_one_order_each_once():
    causes = [Cause.TAX_INCLUDED, Cause.RATE_ROUNDED_TO_CENTS, Cause.TAX_INCLUDED]
    assert joined_causes(causes) == "rate_rounded_to_cents+tax_included"
    assert joined_causes([]) == ""


def test_no_lines_are_a_ledger_too():
    assert ledger_frame([]).schema == ledger_frame([row("1")]).schema
    assert isinstance(ledger_frame([]), pl.DataFrame)
