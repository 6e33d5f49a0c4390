"""Where nothing is wrong, what was billed is what the terms say, whatever the seed."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import pytest

from deployments.sample.sample import SampleSpec
from tasks.reconcile.window import reconcile_window
from tests.reconcile.nexacloud_world import ZONE, ledgers_of

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
WINDOW = reconcile_window("2026-05..2026-09", as_of=AS_OF, zone=ZONE)
BEYOND_THE_TERMS = ("one-off", "credit")


def summed(lines):
    found = Counter()
    for line in lines:
        day = line.period_start.astimezone(ZONE).date()
        found[line.customer, line.subscription, line.item, day, line.currency] += Decimal(
            line.amount
        )
    return found


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_every_line_that_the_terms_know_was_billed_and_nothing_else(seed):
    spec = SampleSpec(customers=150, seed=seed, dirty=Decimal(0), clean=True)
    ledgers = ledgers_of(spec, WINDOW)
    billed, expected = summed(ledgers.billed), summed(ledgers.expected)
    differing = {
        names: (billed.get(names), expected.get(names))
        for names in billed.keys() | expected.keys()
        if abs(billed[names] - expected[names]) > Decimal("0.005")
        and not names[2].startswith(BEYOND_THE_TERMS)
    }
    assert not differing
    assert len(expected) > 1500
    told = {row["customer"] for row in ledgers.tables["sample.events"] if row["kind"] in KINDS}
    assert {names[0] for names in billed if names[2].startswith(BEYOND_THE_TERMS)} <= told


KINDS = ("one_off", "credit")
