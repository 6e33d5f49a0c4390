"""From which day on Odoo bills: the day after what the old side has billed."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from zoneinfo import ZoneInfo

from tasks.cutover.records import Switch
from tasks.model.periods import Cycle, period_at


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
