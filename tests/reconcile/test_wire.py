"""What reaches Odoo of a difference, whole: Odoo keeps it, and nobody sees what was left out."""

from __future__ import annotations

import pytest

from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.pages import Compared
from tasks.reconcile.wire import reconciliation_batches
from tests.reconcile.reconcile_sample import MONTHS, frame, row
from tests.reconcile.test_compare import SEPTEMBER


def batches(rows, batch_rows=1000, *, dry_run=False):
    return list(
        reconciliation_batches(
            Compared([frame(rows)]),
            LongPeriods(),
            service="nexadesk",
            run="r1",
            window=SEPTEMBER,
            dry_run=dry_run,
            batch_rows=batch_rows,
        )
    )


def rows_of(*rows):
    return [each for batch in batches(list(rows)) for each in batch["rows"]]


def differing(number=1, external="49", odoo="52", **changes):
    known = {"subscription": "s1", "customer": "c1", "at": 0, "external_ref": f"N-{number}"}
    return row(number, external, odoo, **(known | changes))


def test_a_difference_travels_with_all_that_is_known_of_it():
    told = differing(
        evidence="Why.", cause="flat_price_differs", wrong_side="copy", expected_micro=50_000_000,
        tax_rate="13", odoo_tax_rate="5",
    )  # fmt: skip
    assert rows_of(told) == [
        {
            "customer": "c1",
            "subscription": "s1",
            "item": "flat",
            "period_start": MONTHS[0].isoformat(),
            "period_end": MONTHS[1].isoformat(),
            "outcome": "delta",
            "wrong_side": "copy",
            "odoo_amount": "52",
            "external_amount": "49",
            "expected_amount": "50",
            "delta": "3",
            "external_tax_rate": "13",
            "odoo_tax_rate": "5",
            "currency": "CAD",
            "cause": "flat_price_differs",
            "evidence": "Why.",
            "ref": "N-1",
            "origin": "lago",
        }
    ]


@pytest.mark.parametrize(
    ("sides", "told"),
    [
        (("49", None), ("0", "49", None, "-49")),
        ((None, "52"), ("52", "0", None, "52")),
        (("0", "0.000001"), ("0.000001", "0", None, "0.000001")),
    ],
)
def test_a_side_without_a_line_is_an_amount_of_nothing_and_no_terms_are_none(sides, told):
    [found] = rows_of(differing(1, *sides))
    names = ("odoo_amount", "external_amount", "expected_amount", "delta")
    assert tuple(found[name] for name in names) == told


TWO = differing(1, "49", "52", expected_micro=10), differing(2, "5", None, expected_micro=None)


@pytest.mark.parametrize("order", [1, -1])
def test_what_odoo_knows_as_one_is_summed_and_has_the_words_of_the_largest(order):
    """49 against 52, and 5 once too often: two differences under one key would be one lost."""
    one, other = TWO
    [found] = rows_of(*(one | {"evidence": "3"}, other | {"evidence": "-5"})[::order])
    assert (found["odoo_amount"], found["external_amount"], found["delta"]) == ("52", "54", "-2")
    assert (found["expected_amount"], found["evidence"], found["ref"]) == ("0.00001", "-5", "N-2")


@pytest.mark.parametrize(
    "apart",
    [
        {"subscription": "s2"}, {"customer": "c2"}, {"item": "usage:x"}, {"at": 1},
        {"currency": "USD"},
    ],
)  # fmt: skip
def test_what_odoo_knows_apart_stays_apart(apart):
    assert len(rows_of(differing(), differing(2, **apart))) == 2


@pytest.mark.parametrize(
    ("item", "subscription", "number"),
    [
        ("flat", "s1", 1), ("usage:x", "s1", 1), ("minimum", "s1", 1), ("minimum:x", "s1", 1),
        ("flat", "", 2), ("addon:x", "s1", 2), ("credit:x", "s1", 2), ("proration:x", "s1", 2),
    ],
)  # fmt: skip
def test_only_a_price_usage_and_a_minimum_of_a_subscription_are_one_in_a_period(
    item, subscription, number
):
    known = {"item": item, "subscription": subscription}
    assert len(rows_of(differing(1, **known), differing(2, **known))) == number
    same = differing(2, **known, external_ref="N-1")
    assert len(rows_of(differing(1, **known), same)) == 1
    other_origin = same | {"external_origin": "stripe"}
    assert len(rows_of(differing(1, **known), other_origin)) == number


@pytest.mark.parametrize("order", [1, -1])
def test_a_pair_in_two_currencies_has_each_side_once_in_odoos(order):
    ours = differing(1, None, "52", cause="currency", expected_micro=7)
    theirs = differing(1, "49", None, cause="currency", currency="USD", expected_micro=9)
    [found] = rows_of(*(ours, theirs)[::order])
    told = tuple(found[name] for name in ("odoo_amount", "external_amount", "currency"))
    assert told == ("52", "49", "CAD")
    assert found["expected_amount"] == "0.000007"


def test_each_batch_has_its_key_and_the_last_one_closes_the_run():
    rows = [differing(at, subscription=f"s{at}") for at in range(5)]
    settled = [row(9, "7", "7"), row(10, "7", "7", currency="USD")]
    first, second, third = batches([*rows, *settled], batch_rows=2, dry_run=True)
    head = {"format": 1, "service": "nexadesk", "run": "r1", "dry_run": True, "long_periods": []}
    assert [len(each["rows"]) for each in (first, second, third)] == [2, 2, 1]
    for number, batch in enumerate((first, second), start=1):
        rest = {name: value for name, value in batch.items() if name != "rows"}
        assert rest == head | {"key": f"r1:nexadesk:{number}"}
    assert {name: value for name, value in third.items() if name != "rows"} == head | {
        "key": "r1:nexadesk:3",
        "final": True,
        "period_from": SEPTEMBER.since.isoformat(),
        "period_to": SEPTEMBER.until.isoformat(),
        "matched": 2,
        "totals": {
            "CAD": {"odoo": "267", "external": "252", "expected": "0"},
            "USD": {"odoo": "7", "external": "7", "expected": "0"},
        },
    }


def test_a_batch_that_is_just_full_is_the_last():
    rows = [differing(at, subscription=f"s{at}") for at in range(4)]
    assert [len(each["rows"]) for each in batches(rows, batch_rows=2)] == [2, 2]
