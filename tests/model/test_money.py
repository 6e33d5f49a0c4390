"""Money as text: the same number is the same text, and no digit is lost."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.errors import FusionError
from tasks.model.money import decimal_text

finite = st.decimals(allow_nan=False, allow_infinity=False)


@given(finite)
def test_decimal_text_of_any_amount_reads_back_as_the_same_number(amount):
    text = decimal_text(amount)
    assert Decimal(text) == amount
    assert "e" not in text.lower()


@given(finite.filter(lambda d: abs(d.adjusted()) < 20), st.integers(0, 6))
def test_decimal_text_does_not_depend_on_trailing_zeros(amount, zeros):
    sign, digits, exponent = amount.as_tuple()
    assert decimal_text(Decimal((sign, digits + (0,) * zeros, exponent - zeros))) == decimal_text(
        amount
    )


@pytest.mark.parametrize("value", ["NaN", "Infinity", "-Infinity"])
def test_decimal_text_of_no_amount_is_refused(value):
    with pytest.raises(FusionError):
        decimal_text(Decimal(value))
