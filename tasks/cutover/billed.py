"""What the old side bills now, why some of it is not carried, and from which day on Odoo bills.

It is asked at the moment of a cutover. A subscription that the old side bills and Odoo would not
keeps its customer back, by name. Odoo begins on the day after what the old side has billed.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from tasks.backfill.check_lago import BILLED
from tasks.backfill.mapping.lago_customers import ACTIVE
from tasks.cutover.records import Switch
from tasks.model.lago import LagoSubscription
from tasks.model.periods import Cycle, period_at
from tasks.model.records import Outcome, SourceRow
from tasks.model.source import Row

Billed = dict[str, dict[str, str]]
"""By customer and subscription: why it is not carried, or "" where it is."""

_KEPT_OUT = frozenset({Outcome.QUARANTINED, Outcome.FAILED})


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Why rows of the old side are not in Odoo, by table and id; ``parts`` by the order's id.

    ``billed`` says by customer what was billed to them and cannot be read.
    """

    rows: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    billed: Mapping[str, str] = field(default_factory=dict)

    def reason(self, row: Mapping[str, Any]) -> str:
        """Say why a subscription, or what hangs on it, is not carried; "" if it is."""
        order = row["deployment_id"]
        places = (("subscriptions", row["id"]), ("deployments", order), ("users", row["user_id"]))
        for place in places:
            if place in self.rows:
                return self.rows[place]
        return self.parts.get(order) or self.billed.get(row["user_id"], "")


def kept_out(rows: Iterable[SourceRow]) -> KeptOut:
    """Gather what a backfill kept out, or Odoo refused."""
    found: dict[tuple[str, str], str] = {}
    parts: dict[str, str] = {}
    billed: dict[str, str] = {}
    for row in rows:
        if row.outcome in _KEPT_OUT:
            reason = row.reason or row.code or row.outcome.value
            if row.table in BILLED and row.customer:
                billed.setdefault(row.customer, reason)
            found[row.table, row.source_id] = reason
            if row.part_of:
                parts.setdefault(row.part_of, f"{row.label}: {reason}")
    return KeptOut(found, parts, billed)


def billed_by_nexacloud(subscriptions: Iterable[Row], out: KeptOut) -> Billed:
    """Sort NexaCloud's billed subscriptions by customer."""
    billed: Billed = {}
    for row in subscriptions:
        billed.setdefault(row["user_id"], {})[row["id"]] = out.reason(row)
    return billed


def billed_by_lago(
    subscriptions: Iterable[LagoSubscription],
    out: KeptOut,
    waiting: Mapping[tuple[str, str], str] | None = None,
) -> Billed:
    """Sort Lago's active subscriptions by customer; each is known by its external id.

    Args:
        subscriptions: Of Lago.
        out: What is not in Odoo.
        waiting: By customer and subscription why a switch would leave it in shadow.
    """
    billed: Billed = {}
    for each in subscriptions:
        if each.status == ACTIVE:
            names = {"deployment_id": each.external_id, "user_id": each.customer}
            reason = out.reason({"id": each.lago_id, **names})
            waits = (waiting or {}).get((each.customer, each.external_id), "")
            billed.setdefault(each.customer, {})[each.external_id] = reason or waits
    return billed


@dataclass(frozen=True, slots=True)
class PlannedSubscription:
    """A subscription of the plan."""

    customer: str
    subscription: str
    cycle: Cycle


@dataclass(frozen=True, slots=True)
class LeftToBill:
    """What the service says of a subscription now.

    ``billed_until`` is the end of its current recurring period. Both are None if nothing of it is
    left to bill there, or it does not say.
    """

    started_at: datetime | None = None
    billed_until: datetime | None = None


def switch_of(
    planned: PlannedSubscription, left: LeftToBill, as_of: datetime, zone: ZoneInfo
) -> Switch:
    """Find the first days that the old side has not billed, for one subscription.

    The old side bills its recurring price ahead and usage behind: it goes on until the end of
    the recurring period that it has billed, and of the month that is under way.

    Args:
        planned: The subscription as Odoo's plan of the cutover names it.
        left: What the service says of it, asked now.
        as_of: Now.
        zone: The company's time zone.
    """

    def switch(flat_from: str, usage_from: str) -> Switch:
        return Switch(planned.customer, planned.subscription, planned.cycle, flat_from, usage_from)

    until, started = left.billed_until, left.started_at
    if until is None or started is None:
        return switch("", "")
    usage = until
    if planned.cycle == "yearly":
        # What has not begun has been billed nothing.
        month = period_at(max(as_of, started), started.astimezone(zone).date(), "monthly", zone)
        usage = min(until, month.end if as_of >= started else month.start)
    return switch(until.isoformat(), usage.isoformat())
