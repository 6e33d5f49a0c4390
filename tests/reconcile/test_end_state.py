"""How a reconciliation ends, in words and by its exit code: whoever reads no more decides by it."""

from __future__ import annotations

from decimal import Decimal

import pytest

from tasks.model.records import LoadedRow, Outcome
from tasks.reconcile.end_state import Threshold, end_state
from tasks.reconcile.figures import condense
from tests.reconcile.reconcile_sample import frame, row

NO_LIMIT = Threshold(Decimal(0), 1.0)
SETTLED = row(1)
COMPARED = "1 lines compared, 0 differ, 0 of them unexplained"
REFUSED = (
    LoadedRow("difference", "flat of s1", Outcome.FAILED, None, "x", "Not that."),
    LoadedRow("difference", "flat of s2", Outcome.FAILED, None, "x", "Nor that."),
)


def ended(rows, threshold=NO_LIMIT, **changes):
    nothing = {"dry_run": False, "stopped": None, "refused": (), "unrated": 0, "kept_out": 0}
    return end_state(condense(frame(rows)), threshold=threshold, **(nothing | changes))


@pytest.mark.parametrize(
    ("changes", "name", "code", "more"),
    [
        ({}, "Completed", 0, ""),
        ({"dry_run": True}, "Completed", 0, "; nothing was written"),
        ({"unrated": 1234}, "CompletedWithDifferences", 0, "; Odoo could not rate 1,234 lines"),
        (
            {"kept_out": 1},
            "CompletedWithDifferences",
            0,
            "; 1 invoices and items were kept out",
        ),
        ({"stopped": "Away."}, "Stopped", 1, ". Not all reached Odoo: Away."),
        (
            {"refused": REFUSED},
            "RowsRefused",
            3,
            ". Odoo refused 2 of them; flat of s1: Not that.",
        ),
        ({"refused": REFUSED, "stopped": "x"}, "Stopped", 1, ". Not all reached Odoo: x"),
    ],
)
def test_the_end_is_told_in_words_and_a_code(changes, name, code, more):
    found = ended([SETTLED], **changes)
    assert (found.name, found.exit_code, found.message) == (name, code, f"{COMPARED}{more}")


def test_what_differs_is_counted_after_the_worst_of_it():
    found = ended([SETTLED, row(2, "49", "52", cause="rounding"), row(3, "49", "46")])
    assert (found.name, found.exit_code) == ("CompletedWithDifferences", 0)
    assert found.message.endswith(". 3 lines compared, 2 differ, 1 of them unexplained")


@pytest.mark.parametrize(
    ("amount", "share", "is_over"),
    [
        # 5.00 of 50.00 have no cause.
        ("4.99", 0.0999, True),
        ("5.00", 0.0999, False),
        ("4.99", 0.1, False),
        ("5.01", 0.0, False),
        ("0", 0.2, False),
    ],
)
def test_too_much_without_a_cause_is_above_the_amount_and_above_the_share(amount, share, is_over):
    rows = [row(1, "45", "45"), row(2, "5", None, cause="unexplained")]
    found = ended(rows, Threshold(Decimal(amount), share))
    assert (found.exit_code == 4) is is_over
    assert (found.name == "UnexplainedDifferences") is is_over


def test_too_much_without_a_cause_names_the_currency_and_the_limits():
    rows = [row(2, "5", None), row(3, "7", "5", currency="AUD"), row(4, "7", "5", currency="USD")]
    found = ended(rows, Threshold(Decimal("1.5"), 0.125))
    assert found.message.endswith(
        ". 2.00 AUD of differences have no known cause, above the limit of 1.50 and 12.50% of what"
        " was billed"
    )


def test_what_is_not_billed_at_all_is_too_much_of_any_share():
    found = ended([row(1, None, "5")], Threshold(Decimal(1), 0.9))
    assert found.exit_code == 4
    assert ended([row(1, "5", None, cause="credit")], Threshold(Decimal(1), 0.1)).exit_code == 0
