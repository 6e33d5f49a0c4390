"""What may have been billed for a plan's price: a wrong guess names a wrong cause."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.model.ledger import Cause
from tasks.reconcile.causes.amounts import rounded_fraction
from tasks.reconcile.causes.candidates import flat_guesses
from tests.reconcile.ledgers import moment

MONTH = (moment("2026-09-05"), moment("2026-10-05"))
LONGER = (moment("2026-08-05"), moment("2026-09-05"))
YEAR = (moment("2026-09-05"), moment("2027-09-05"))


def guesses(period, external, tax="13", plans=None):
    found = flat_guesses(Decimal(39), period, external, Decimal(tax), plans or {})
    return [
        ("+".join(causes), way, words, rounded_fraction(micro))
        for causes, way, words, micro in found
    ]


def test_a_price_for_a_part_of_a_period_is_of_its_days_or_of_thirty_with_tax_or_without():
    ten_days = (moment("2026-08-05"), moment("2026-08-15"))
    assert guesses(LONGER, ten_days, plans={"basic": Decimal(39), "team": Decimal(79)}) == [
        ("plan_differs", "team", "of plan team, 79", 79_000_000),
        ("tax_included", "13", "with 13 % tax included", 44_070_000),
        ("proration", "for 10 of 31 days", "for 10 of 31 days", 12_580_645),
        ("proration", "for 10 of 30 days", "for 10 of 30 days", 13_000_000),
        (
            "proration+tax_included",
            "for 10 of 31 days 13",
            "for 10 of 31 days, with 13 % tax included",
            14_216_129,
        ),
        (
            "proration+tax_included",
            "for 10 of 30 days 13",
            "for 10 of 30 days, with 13 % tax included",
            14_690_000,
        ),
    ]


@pytest.mark.parametrize(
    ("period", "external", "shares"),
    [
        # 30 days, of a calendar of 30: each part once.
        (MONTH, MONTH, [(part, 30) for part in range(1, 30)]),
        (LONGER, LONGER, [*((p, 31) for p in range(1, 31)), *((p, 30) for p in range(1, 30))]),
        (LONGER, MONTH, [(30, 31)]),
        (YEAR, (moment("2026-09-05"), moment("2026-12-05")), [(91, 365)]),
        # A leap year has a day more than the year of 365.
        (
            (moment("2027-09-05"), moment("2028-09-05")),
            (moment("2027-09-05"), moment("2028-09-04")),
            [(365, 366)],
        ),
        ((moment("2026-09-05"), moment("2026-11-04")), MONTH, [(30, 60)]),
        ((moment("2026-09-05"), moment("2026-11-05")), MONTH, [(30, 61), (30, 365)]),
        # What bills nothing at all tells no days.
        (MONTH, (MONTH[0], MONTH[0]), [(part, 30) for part in range(1, 30)]),
    ],
)
def test_shares_of_a_period_are_those_of_its_days(period, external, shares):
    found = [each[1] for each in guesses(period, external, tax="0")]
    assert found == [f"for {part} of {whole} days" for part, whole in shares]


def test_a_price_with_tax_is_of_the_usual_taxes_where_the_line_tells_none():
    found = list(flat_guesses(Decimal(100), MONTH, MONTH, None, {}))
    alone = [
        (way, rounded_fraction(micro))
        for causes, way, _, micro in found
        if causes == (Cause.TAX_INCLUDED,)
    ]
    assert alone == [
        ("5", 105_000_000), ("11", 111_000_000), ("12", 112_000_000), ("13", 113_000_000),
        ("14", 114_000_000), ("14.975", 114_975_000), ("15", 115_000_000),
    ]  # fmt: skip


def test_the_smallest_tax_is_one_and_none_is_no_tax():
    assert next(each[0] for each in guesses(MONTH, MONTH, tax="0.5")) == "tax_included"
    assert next(each[0] for each in guesses(MONTH, MONTH, tax="0")) == "proration"
