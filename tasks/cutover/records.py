"""What a cutover is decided on, and from which day on Odoo bills."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from tasks.model.periods import Cycle, period_at

YES: Literal["yes"] = "yes"
NO: Literal["no"] = "no"


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a cutover; ``examples`` are ids of what is in its way."""

    name: str
    ok: bool
    sentence: str
    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Decision:
    """What a person decided on the evidence; ``who`` is the name that they typed."""

    decision: Literal["yes", "no"]
    who: str
    note: str = ""

    @property
    def is_yes(self) -> bool:
        """Whether the cutover may go on."""
        return self.decision == YES


@dataclass(frozen=True, slots=True)
class Switch:
    """A subscription that is to be switched: the first days that Odoo bills.

    ``flat_from`` is the end of the last recurring period that the old side billed,
    ``usage_from`` that of the last month whose usage it bills; ISO times. Both are empty if the
    subscription ended at the service, or it does not say until when it has billed: then Odoo
    leaves the customer in shadow.
    """

    customer: str
    subscription: str
    cycle: str
    flat_from: str
    usage_from: str


@dataclass(frozen=True, slots=True)
class Switched:
    """What became of one customer: ``switched``, ``returned``, ``unchanged`` or ``failed``."""

    customer: str
    outcome: str
    code: str | None = None
    message: str | None = None
    subscriptions: tuple[Mapping[str, Any], ...] = field(default=(), compare=False)


def gate_of(raw: Mapping[str, Any]) -> Gate:
    """Read one of the addon's gates."""
    return Gate(
        raw["gate"],
        bool(raw["ok"]),
        raw["sentence"],
        int(raw.get("count") or 0),
        tuple(str(each) for each in raw.get("examples") or ()),
    )


def decided(who: str, decision: str, note: str) -> Decision:
    """Take a form's answer; a yes counts only with a name under it.

    >>> decided(" Ada Roy ", "yes", "").is_yes, decided("", "yes", "").is_yes
    (True, False)
    """
    who = " ".join(who.split())
    if decision == YES and not who:
        return Decision(NO, "nobody", "The form said yes without a name: that is no approval.")
    return Decision(YES if decision == YES else NO, who or "nobody", note.strip())


def switch_of(
    customer: str,
    planned: Mapping[str, Any],
    source: Mapping[str, Any] | None,
    as_of: datetime,
    zone: ZoneInfo,
) -> Switch:
    """Find the first days that the old side has not billed, for one subscription.

    The old side bills its recurring price ahead and usage behind: it goes on until the end of
    the recurring period that it has billed, and of the month that is under way.

    Args:
        customer: External id.
        planned: The subscription as Odoo's plan of the cutover names it.
        source: Its row at the service, read now; empty if nothing of it is left to bill there.
            None where the service does not say its days, and then the last import counts.
        as_of: Now.
        zone: The company's time zone.

    Raises:
        ConfigError: The service does not say until when it has billed.
    """
    cycle: Cycle = "yearly" if planned["cycle"] == "year" else "monthly"
    if source is None:
        flat = str(planned["next_invoice_date"])
        return Switch(customer, planned["subscription"], cycle, flat, flat)
    until, started = source.get("current_period_end"), source.get("started_at")
    if until is None or started is None:
        return Switch(customer, planned["subscription"], cycle, "", "")
    usage = until
    if cycle == "yearly":
        # What has not begun has been billed nothing.
        started_on = started.astimezone(zone).date()
        moment = max(as_of, started)
        month = period_at(moment, started_on, "monthly", zone)
        usage = min(until, month.end if as_of >= started else month.start)
    return Switch(customer, planned["subscription"], cycle, until.isoformat(), usage.isoformat())


def bundles(customers: Sequence[str], size: int) -> list[list[str]]:
    """Cut customers into bundles, in their order.

    >>> bundles(["a", "b", "c"], 2)
    [['a', 'b'], ['c']]
    """
    return [list(customers[at : at + size]) for at in range(0, len(customers), size)]
