"""What the old side bills, with why some of it is not carried: nobody is forgotten."""

from __future__ import annotations

from tasks.cutover.billed import KeptOut, billed_by_nexacloud, kept_out
from tasks.model.records import Outcome, SourceRow


def row(subscription, user, deployment):
    return {"id": subscription, "user_id": user, "deployment_id": deployment}


ROWS = (row("s1", "u1", "d1"), row("s2", "u1", "d2"), row("s3", "u2", "d3"))


def test_every_subscription_stands_with_its_customer_and_what_is_carried_has_no_reason():
    assert billed_by_nexacloud(ROWS, KeptOut()) == {"u1": {"s1": "", "s2": ""}, "u2": {"s3": ""}}


def test_a_row_kept_out_or_what_hangs_on_it_says_why():
    out = kept_out(
        (
            SourceRow("subscriptions", "s1", Outcome.QUARANTINED, reason="No price."),
            SourceRow("users", "u2", Outcome.FAILED, code="refused", reason=None),
            SourceRow("deployment_addons", "a1", Outcome.QUARANTINED, "Backup", reason="Negative.",
                      part_of="d2"),
            SourceRow("plans", "p1", Outcome.CREATED),
        )
    )  # fmt: skip
    assert billed_by_nexacloud(ROWS, out) == {
        "u1": {"s1": "No price.", "s2": "Backup: Negative."},
        "u2": {"s3": "refused"},
    }


def test_what_was_billed_and_cannot_be_read_keeps_all_of_its_customer_back():
    out = kept_out(
        (
            SourceRow("fees", "f1", Outcome.QUARANTINED, reason="No period.", customer="u1"),
            SourceRow("invoices", "i1", Outcome.QUARANTINED, reason="Nobody's.", customer=None),
        )
    )
    assert billed_by_nexacloud(ROWS, out) == {
        "u1": {"s1": "No period.", "s2": "No period."},
        "u2": {"s3": ""},
    }
