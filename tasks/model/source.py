"""What is billed at all: live subscriptions and deployments that were not deleted."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

Row = Mapping[str, Any]

_ADDON_ENDED = "The add-on's deployment has ended: nothing is left to bill."
LIVE_STATUSES = frozenset({"active", "trialing", "past_due"})
ENDED_STATUSES = frozenset({"canceled", "cancelled", "expired", "incomplete_expired"})
"""Of any other word nobody knows whether the subscription bills: a rule keeps its row out."""


@dataclass(frozen=True, slots=True)
class Source:
    """The source tables as rows, each in reading order; a NULL is ``None``."""

    users: tuple[Row, ...]
    plans: tuple[Row, ...]
    deployments: tuple[Row, ...]
    subscriptions: tuple[Row, ...]
    deployment_addons: tuple[Row, ...] = ()


def has_ended(subscription: Row) -> bool:
    """Tell whether a subscription bills no more, by its status alone.

    >>> has_ended({"status": "canceled"}), has_ended({"status": "past_due"})
    (True, False)
    >>> has_ended({"status": "on_hold"})  # nobody knows: nothing is ended for it
    False
    """
    return subscription["status"] in ENDED_STATUSES


def is_deleted(deployment: Row) -> bool:
    """Tell whether a deployment is gone: it has a deletion date, or its status says so."""
    return deployment["deleted_at"] is not None or deployment["status"] == "deleted"


def out_of_scope(source: Source) -> dict[str, dict[str, str]]:
    """Name the rows that have nothing left to bill, each with a plain reason.

    Returns:
        For each table a mapping of row id to reason; users and plans are always in scope.
    """
    ended = ended_deployments(source)
    deployments = {row["id"]: _deletion(row) for row in source.deployments if is_deleted(row)}
    return {
        "users": {},
        "plans": {},
        "deployments": deployments,
        "subscriptions": _subscriptions_out_of_scope(source.subscriptions, deployments),
        "deployment_addons": {
            row["id"]: _ADDON_ENDED
            for row in source.deployment_addons
            if row["deployment_id"] in ended
        },
    }


def ended_deployments(source: Source) -> dict[str, datetime | None]:
    """Say since when each deployment has nothing left to bill, by its id; None: not known.

    It was deleted, or it had subscriptions and all of them have ended.
    """
    canceled: dict[str, list[datetime | None]] = defaultdict(list)
    live = set()
    for row in source.subscriptions:
        canceled[row["deployment_id"]].append(row["canceled_at"])
        if not has_ended(row):
            live.add(row["deployment_id"])
    ended = {}
    for row in source.deployments:
        key = row["id"]
        over = [] if key in live else [moment for moment in canceled[key] if moment is not None]
        moments = [moment for moment in (row["deleted_at"], max(over, default=None)) if moment]
        if is_deleted(row) or (canceled[key] and key not in live):
            ended[key] = min(moments, default=None)
    return ended


def billed_subscriptions(source: Source) -> tuple[Row, ...]:
    """Keep the subscriptions that the rules speak of, in reading order."""
    outside = out_of_scope(source)["subscriptions"]
    return tuple(row for row in source.subscriptions if row["id"] not in outside)


def _subscriptions_out_of_scope(
    subscriptions: Iterable[Row], deleted_deployments: Mapping[str, str]
) -> dict[str, str]:
    reasons = {}
    for row in subscriptions:
        if has_ended(row):
            reasons[row["id"]] = _ending(row)
        elif row["deployment_id"] in deleted_deployments:
            reasons[row["id"]] = (
                f"The subscription is still {row['status']}, but its deployment was deleted: "
                "nothing is left to bill."
            )
    return reasons


def _deletion(deployment: Row) -> str:
    return f"The deployment was deleted{_on(deployment['deleted_at'])}: nothing is left to bill."


def _ending(subscription: Row) -> str:
    if subscription["canceled_at"] is not None:
        return f"The subscription ended{_on(subscription['canceled_at'])}: nothing is left to bill."
    return f"The subscription's status is {subscription['status']}: nothing is left to bill."


def _on(moment: datetime | None) -> str:
    return "" if moment is None else f" on {moment.date().isoformat()}"
