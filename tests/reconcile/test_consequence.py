"""The first sentence of a report: the largest consequence, never the smallest remainder."""

from __future__ import annotations

import pytest

from tasks.reconcile.end_state import consequence
from tasks.reconcile.figures import condense
from tests.reconcile.reconcile_sample import frame, row

ENDED = {"cause": "ended_before_copy", "wrong_side": ""}


@pytest.mark.parametrize(
    ("rows", "said"),
    [
        ([row(1)], ""),
        ([row(1), row(2, "900", None, **ENDED)], ""),
        (
            [row(1, "4000.4", "4000.4"), row(2, "1000", None), row(3, "50", "45")],
            "Odoo would bill 1,005 CAD (19.9 %) less; 1,000 CAD of it is not in Odoo at all",
        ),
        (
            [row(1, "100", None)],
            "Odoo would bill 100.00 CAD (100.0 %) less; all of it is not in Odoo at all",
        ),
        (
            [row(1, "100", None), row(2, None, "70")],
            "Odoo would bill 30.00 CAD (30.0 %) less; 100.00 CAD of what was billed is not in Odoo"
            " at all",
        ),
        ([row(1, "49", "52")], "Odoo would bill 3.00 CAD (6.1 %) more"),
        (
            [row(1, "49", "52"), row(2, "49", "46")],
            "2 lines differ, and the sums are the same",
        ),
        (
            [row(1, "49", "52"), row(2, "20", "10", currency="USD")],
            "Odoo would bill 10.00 USD (50.0 %) less and 3.00 CAD (6.1 %) more",
        ),
        ([row(1, None, "52")], "Odoo would bill 52.00 CAD more"),
    ],
)
def test_the_sentence_says_how_much_and_what_odoo_does_not_have(rows, said):
    assert consequence(condense(frame(rows))) == said
