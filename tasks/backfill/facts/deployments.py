"""What the quality rules ask about deployments, their subscriptions and their add-ons.

A fact of ``None`` means that its rule does not apply to the row; that is so for every fact
of a row with nothing left to bill.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any

from tasks.backfill.facts.moments import moment_facts
from tasks.backfill.facts.plans import decimal_places
from tasks.model.addons import addon_key
from tasks.model.nexacloud import CYCLE_PRICES
from tasks.model.source import (
    LIVE_STATUSES,
    Row,
    Source,
    billed_subscriptions,
    is_deleted,
    out_of_scope,
)
from tasks.model.texts import is_usable_key, said


def deployment_facts(source: Source, as_of: datetime) -> Iterator[dict[str, Any]]:
    """Say what the rules need to know about each deployment, in reading order.

    ``live_subscription_ids`` is the text that finance sees beside the count.

    Args:
        source: All four tables.
        as_of: The moment that separates past from future.
    """
    users = {row["id"] for row in source.users}
    live = defaultdict(list)
    for row in billed_subscriptions(source):
        if row["status"] in LIVE_STATUSES:
            live[row["deployment_id"]].append(row["id"])
    for row in source.deployments:
        deleted_at = row["deleted_at"]
        has_come = None if deleted_at is None else deleted_at <= as_of
        found = _deployment(row, users, sorted(live[row["id"]]))
        found = dict.fromkeys(found) if is_deleted(row) else found
        yield found | {"deletion_has_come": has_come}


def subscription_facts(source: Source, as_of: datetime) -> Iterator[dict[str, Any]]:
    """Say what the rules need to know about each subscription, in reading order.

    Args:
        source: All four tables.
        as_of: The moment that separates past from future.
    """
    users = {row["id"] for row in source.users}
    plans = {row["id"]: row for row in source.plans}
    deployments = {row["id"]: row for row in source.deployments}
    billed = {row["id"] for row in billed_subscriptions(source)}
    for row in source.subscriptions:
        plan, deployment = plans.get(row["plan_id"]), deployments.get(row["deployment_id"])
        found: dict[str, Any] = {
            **moment_facts(row),
            "key_is_usable": is_usable_key(row["id"]),
            "status_word": row["status"] or "",
            "billing_cycle_text": row["billing_cycle"] or "",
            "plan_is_known": plan is not None,
            "deployment_is_known": deployment is not None,
            "subscriber_is_known": row["user_id"] in users,
            "price_for_cycle_is_set": _has_price(row, plan),
            "deployment_owner": deployment["user_id"] if deployment else None,
            "subscriber_owns_deployment": _is_owner(row, deployment, users),
            "period_runs_forward": _runs_forward(row),
            "starts_before_period_ends": _starts_in_time(row),
            # Of one that has ended the row is out of scope.
            "has_no_cancellation": row["canceled_at"] is None,
            "has_started": None if row["started_at"] is None else row["started_at"] <= as_of,
        }
        yield found if row["id"] in billed else dict.fromkeys(found)


def _deployment(row: Row, users: set[str], live: list[str]) -> dict[str, Any]:
    return moment_facts(row) | {
        "status_word": row["status"] or "",
        "owner_is_known": row["user_id"] in users,
        "key_is_usable": is_usable_key(row["id"]),
        "live_subscriptions": len(live),
        "live_subscription_ids": ", ".join(live),
    }


def _has_price(subscription: Row, plan: Row | None) -> bool | None:
    """None when another rule already names the cause: an unknown plan or cycle."""
    column = CYCLE_PRICES.get(subscription["billing_cycle"] or "")
    return None if plan is None or column is None else plan[column] is not None


def _is_owner(subscription: Row, deployment: Row | None, users: set[str]) -> bool | None:
    """None when either side is unknown: that is a broken reference, not a difference."""
    if deployment is None or not {subscription["user_id"], deployment["user_id"]} <= users:
        return None
    return bool(subscription["user_id"] == deployment["user_id"])


def _runs_forward(subscription: Mapping[str, Any]) -> bool | None:
    start, end = subscription["current_period_start"], subscription["current_period_end"]
    return None if start is None or end is None else end > start


def _starts_in_time(subscription: Mapping[str, Any]) -> bool | None:
    """None when a period that runs backwards names the cause already."""
    start, end = subscription["started_at"], subscription["current_period_end"]
    if start is None or end is None or _runs_forward(subscription) is False:
        return None
    return bool(start <= end)


def addon_facts(source: Source) -> Iterator[dict[str, Any]]:
    """Say what the rules need to know about each add-on, in reading order.

    ``addons_of_this_name`` counts those of its deployment, the add-on too, whatever the spelling;
    of no deployment there are none that belong together.
    """
    known = {row["id"] for row in source.deployments}
    ended = out_of_scope(source)["deployment_addons"]
    names = Counter(
        (row["deployment_id"], addon_key(row["name"]))
        for row in source.deployment_addons
        if said(row["name"])
    )
    return (
        dict.fromkeys(found) if row["id"] in ended else found
        for row in source.deployment_addons
        for found in (_addon(row, known, names),)
    )


def _addon(row: Row, known: set[str], names: Counter[tuple[str, str]]) -> dict[str, Any]:
    price: Decimal | None = row["price_monthly"]
    has_name = said(row["name"]) is not None
    return {
        "key_is_usable": is_usable_key(row["id"]),
        "addon_has_name": has_name,
        "addon_has_price": price is not None,
        "addon_price_is_zero_or_more": None if price is None else price.is_finite() and price >= 0,
        "addon_price_decimals": decimal_places(price),
        "addon_deployment_is_known": row["deployment_id"] in known,
        "addons_of_this_name": names[row["deployment_id"], addon_key(row["name"])]
        if has_name and row["deployment_id"] is not None
        else None,
    }
