"""What has nothing left to bill, since when and why: else it is billed on, or not at all."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from tasks.model.source import (
    Source,
    billed_subscriptions,
    ended_deployments,
    has_ended,
    is_deleted,
    out_of_scope,
)

EARLY, LATE = datetime(2026, 9, 5, tzinfo=UTC), datetime(2026, 10, 7, tzinfo=UTC)
LEFT = "nothing is left to bill."


def deployment(key="d1", status="running", deleted_at=None):
    return {"id": key, "status": status, "deleted_at": deleted_at}


def subscription(key="s1", status="active", canceled_at=None, deployment_id="d1"):
    return {
        "id": key, "status": status, "canceled_at": canceled_at, "deployment_id": deployment_id
    }  # fmt: skip


def source(deployments, subscriptions, addons=()):
    return Source((), (), tuple(deployments), tuple(subscriptions), tuple(addons))


@pytest.mark.parametrize(
    ("status", "ended"),
    [
        ("active", False), ("trialing", False), ("past_due", False), ("odd", False),
        ("canceled", True), ("cancelled", True), ("expired", True), ("incomplete_expired", True),
    ],
)  # fmt: skip
def test_a_subscription_has_ended_by_its_status_alone(status, ended):
    assert has_ended(subscription(status=status)) is ended


@pytest.mark.parametrize(
    ("row", "gone"),
    [
        (deployment(), False),
        (deployment(status="deleted"), True),
        (deployment(status="deleting"), False),
        (deployment(deleted_at=EARLY), True),
        # Texts of a database are no texts of this program: equal, and not the same.
        (deployment(status="".join(["del", "eted"])), True),
    ],
)
def test_a_deployment_is_gone_by_its_date_or_its_status(row, gone):
    assert is_deleted(row) is gone


OVER = {"status": "canceled"}


@pytest.mark.parametrize(
    ("row", "subscriptions", "ended"),
    [
        (deployment(), [], {}),
        (deployment(), [subscription()], {}),
        (deployment(), [subscription(**OVER, canceled_at=EARLY)], {"d1": EARLY}),
        (deployment(), [subscription(**OVER)], {"d1": None}),
        (
            deployment(),
            [subscription(**OVER, canceled_at=EARLY), subscription(**OVER, canceled_at=LATE)],
            {"d1": LATE},
        ),
        (deployment(), [subscription(**OVER, canceled_at=EARLY), subscription()], {}),
        (deployment(), [subscription(), subscription(**OVER, canceled_at=EARLY)], {}),
        (deployment(), [subscription(**OVER, deployment_id="d2")], {}),
        (deployment(deleted_at=LATE), [], {"d1": LATE}),
        (deployment(status="deleted"), [subscription()], {"d1": None}),
        # Of an end and a deletion the first counts.
        (deployment(deleted_at=LATE), [subscription(**OVER, canceled_at=EARLY)], {"d1": EARLY}),
        (deployment(deleted_at=EARLY), [subscription(**OVER, canceled_at=LATE)], {"d1": EARLY}),
        # One that runs says nothing of an end.
        (
            deployment(deleted_at=LATE),
            [subscription(canceled_at=EARLY), subscription(**OVER, canceled_at=EARLY)],
            {"d1": LATE},
        ),
    ],
)
def test_a_deployment_has_ended_when_it_was_deleted_or_the_last_subscription_was_over(
    row, subscriptions, ended
):
    assert ended_deployments(source([row], subscriptions)) == ended


def test_whatever_has_nothing_left_to_bill_says_why():
    deployments = [
        deployment("d1"), deployment("d2", deleted_at=EARLY), deployment("d3", status="deleted"),
    ]  # fmt: skip
    subscriptions = [
        subscription("s1"),
        subscription("s2", "past_due", deployment_id="d2"),
        subscription("s3", "canceled", LATE, "d2"),
        subscription("s4", "expired", None, "d3"),
        subscription("s5", "active", LATE),
    ]
    addons = [{"id": "a1", "deployment_id": "d1"}, {"id": "a2", "deployment_id": "d2"}]
    told = source(deployments, subscriptions, addons)
    assert out_of_scope(told) == {
        "users": {},
        "plans": {},
        "deployments": {
            "d2": f"The deployment was deleted on 2026-09-05: {LEFT}",
            "d3": f"The deployment was deleted: {LEFT}",
        },
        "subscriptions": {
            "s2": f"The subscription is still past_due, but its deployment was deleted: {LEFT}",
            "s3": f"The subscription ended on 2026-10-07: {LEFT}",
            "s4": f"The subscription's status is expired: {LEFT}",
        },
        "deployment_addons": {"a2": f"The add-on's deployment has ended: {LEFT}"},
    }
    assert [row["id"] for row in billed_subscriptions(told)] == ["s1", "s5"]
