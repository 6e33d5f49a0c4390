"""What a cutover is decided on, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field
from typing import Any, Literal

YES: Literal["yes"] = "yes"
NO: Literal["no"] = "no"

#: States of a plan that somebody has said yes to.
_APPROVED = frozenset({"approved", "running", "done"})


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition of a cutover; ``examples`` are ids of what is in its way."""

    name: str
    ok: bool
    sentence: str
    count: int = 0
    examples: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Requirements:
    """What Odoo's gates ask for.

    Attributes:
        green_cycles: So many dual runs in a row must be green.
        match_rate: Least share of lines that match in the latest, 0 to 1.
        unexplained: Largest unexplained difference in the latest, in the company's currency.
        stripe_ids: Whether everybody who pays must have a Stripe id.
        cards: Whether everybody who does not pay by invoice must have a card that Odoo can charge.
    """

    green_cycles: int
    match_rate: float
    unexplained: float
    stripe_ids: bool
    cards: bool = True

    def as_json(self) -> dict[str, int | str | bool]:
        """Write them as Odoo reads them: decimals as text."""
        return {
            "green_cycles": self.green_cycles,
            "match_rate": str(self.match_rate),
            "unexplained": str(self.unexplained),
            "stripe_ids": self.stripe_ids,
            "cards": self.cards,
        }


@dataclass(frozen=True, slots=True)
class Wave:
    """Whom a cutover is to switch: external ids of ``customers``, None for the whole service."""

    service: str
    customers: tuple[str, ...] | None
    requirements: Requirements


@dataclass(frozen=True, slots=True)
class GateReport:
    """What Odoo found of a wave.

    Attributes:
        service: Code of the service.
        customers: How many are to be switched.
        subscriptions: How many of them.
        gates: Odoo's conditions.
        digest: Of all that a decision rests on.
        state: Of the plan on record; empty when it was only looked at.
    """

    service: str
    customers: int
    subscriptions: int
    gates: tuple[Gate, ...]
    digest: str
    state: str = ""

    @property
    def is_approved(self) -> bool:
        """Whether somebody has said yes to this very plan."""
        return self.state in _APPROVED


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the flow itself found, and where to read more; kept in the run's folder."""

    run: str
    gates: tuple[Gate, ...]
    links: Mapping[str, str]

    def as_json(self) -> dict[str, Any]:
        """Write it as the file and Odoo keep it."""
        gates = [{**asdict(gate), "examples": list(gate.examples)} for gate in self.gates]
        return {"run": self.run, "gates": gates, "links": dict(self.links)}


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
class RecordedDecision:
    """A decision on record in Odoo, and its key there."""

    decision: Decision
    key: str


@dataclass(frozen=True, slots=True)
class Switch:
    """A subscription that is to be switched: the first days that Odoo bills.

    ``flat_from`` is the end of the last recurring period that the old side billed,
    ``usage_from`` that of the last month whose usage it bills; ISO times. Both are empty if the
    subscription ended at the service, or it does not say until when it has billed: then Odoo
    leaves the customer in shadow. ``owed`` is what the old side owes the customer now, amounts
    by the credit's id (None: it keeps no such credit).
    """

    customer: str
    subscription: str
    cycle: str
    flat_from: str
    usage_from: str
    owed: tuple[tuple[str, str], ...] | None = None


@dataclass(frozen=True, slots=True)
class Switched:
    """What became of one customer: ``switched``, ``returned``, ``unchanged`` or ``failed``."""

    customer: str
    outcome: str
    code: str | None = None
    message: str | None = None


@dataclass(frozen=True, slots=True)
class Sent:
    """What became of the customers of all bundles.

    ``stopped`` says why it is not whole; None: every bundle was answered.
    """

    customers: tuple[Switched, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class Finished:
    """How a cutover stands after the switch: its state, and how many of the wave are what."""

    state: str
    phase: str
    live: int
    shadow: int


@dataclass(frozen=True, slots=True)
class CutoverResult:
    """How far a cutover came: what is empty or None was not come to."""

    gates: tuple[Gate, ...]
    report: GateReport
    decision: Decision | None = None
    switches: tuple[Switch, ...] = ()
    sent: Sent = field(default_factory=Sent)
    finished: Finished | None = None


@dataclass(frozen=True, slots=True)
class Blocked:
    """A customer who cannot return to shadow, and why."""

    customer: str
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class WayBack:
    """Who can return to shadow (how many), and who cannot."""

    returnable: int
    blocked: tuple[Blocked, ...]


@dataclass(frozen=True, slots=True)
class Returned:
    """What a way back found, and what became of whoever could return."""

    found: WayBack
    sent: Sent


@dataclass(frozen=True, slots=True)
class Order:
    """Who orders a way back, and why; it is put on record."""

    who: str
    reason: str


def gate_of(raw: Mapping[str, Any]) -> Gate:
    """Read a gate as the addon, or the evidence's file, writes it."""
    return Gate(
        raw.get("gate") or raw["name"],
        bool(raw["ok"]),
        raw["sentence"],
        int(raw.get("count") or 0),
        tuple(str(each) for each in raw.get("examples") or ()),
    )


def gate_report_of(raw: Mapping[str, Any]) -> GateReport:
    """Read what the addon found of a wave."""
    return GateReport(
        raw["service"],
        raw["customers"],
        raw["subscriptions"],
        tuple(map(gate_of, raw["gates"])),
        raw["digest"],
        raw.get("state") or "",
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


def bundles(customers: Sequence[str], size: int) -> list[list[str]]:
    """Cut customers into bundles, in their order.

    >>> bundles(["a", "b", "c"], 2)
    [['a', 'b'], ['c']]
    """
    return [list(customers[at : at + size]) for at in range(0, len(customers), size)]
