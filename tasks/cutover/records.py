"""What a cutover is decided on, and what becomes of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from decimal import Decimal
from typing import Any, Literal

from tasks.cutover.gates import Gate, gate_of
from tasks.cutover.rehearsed import Rehearsed

YES: Literal["yes"] = "yes"
NO: Literal["no"] = "no"

#: States of a plan that somebody has said yes to.
_APPROVED = frozenset({"approved", "running", "done"})


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
class Standing:
    """How a customer stands before a cutover.

    ``reasons`` say what keeps them back, none if they are ready; ``revenue`` is what waits for
    the switch, before tax, in ``currency``.
    """

    customer: str
    is_ready: bool
    reasons: tuple[str, ...]
    revenue: Decimal
    currency: str


@dataclass(frozen=True, slots=True)
class GateReport:
    """What Odoo found of a wave.

    Attributes:
        service: Code of the service.
        customers: How many are ready, and to be switched.
        subscriptions: How many of them.
        gates: Odoo's conditions.
        digest: Of all that a decision rests on.
        state: Of the plan on record; empty when it was only looked at.
        cutover_id: Of the plan on record, in Odoo; 0 when it was only looked at.
        waivers: What it asks for less of than is usual: the approver waives each.
        wave: How each customer stands.
    """

    service: str
    customers: int
    subscriptions: int
    gates: tuple[Gate, ...]
    digest: str
    state: str = ""
    cutover_id: int = 0
    waivers: tuple[str, ...] = ()
    wave: tuple[Standing, ...] = ()

    @property
    def is_approved(self) -> bool:
        """Whether somebody has said yes to this very plan."""
        return self.state in _APPROVED


@dataclass(frozen=True, slots=True)
class Evidence:
    """What the flow itself found, and where to read more; kept in the run's folder.

    ``billed`` is what the old side bills: by customer and subscription why it is not carried,
    or "" where it is. ``rehearsed`` are the first invoices; after a break-off there are none.
    """

    run: str
    gates: tuple[Gate, ...]
    links: Mapping[str, str]
    billed: Mapping[str, Mapping[str, str]]
    rehearsed: tuple[Rehearsed, ...] = ()

    def as_json(self) -> dict[str, Any]:
        """Write what an approver is to see as Odoo keeps it."""
        gates = [{**asdict(gate), "examples": list(gate.examples)} for gate in self.gates]
        return {"run": self.run, "gates": gates, "links": dict(self.links)}


@dataclass(frozen=True, slots=True)
class Decision:
    """What was decided on the evidence, by whom; ``is_on_record``: Odoo says so."""

    decision: Literal["yes", "no"]
    who: str
    note: str = ""
    is_on_record: bool = False

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
class Switches:
    """The subscriptions of a wave, and what the old side bills at that moment, by customer."""

    days: tuple[Switch, ...]
    billed: Mapping[str, Mapping[str, str]]


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
    rehearsed: tuple[Rehearsed, ...] = ()


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


def gate_report_of(raw: Mapping[str, Any]) -> GateReport:
    """Read what the addon found of a wave."""
    return GateReport(
        raw["service"],
        raw["customers"],
        raw["subscriptions"],
        tuple(map(gate_of, raw["gates"])),
        raw["digest"],
        raw.get("state") or "",
        raw.get("id") or 0,
        tuple(raw.get("waivers") or ()),
        tuple(map(_standing_of, raw.get("wave") or ())),
    )


def _standing_of(raw: Mapping[str, Any]) -> Standing:
    return Standing(
        raw["customer"],
        bool(raw["ready"]),
        tuple(raw["reasons"]),
        Decimal(raw["revenue"]),
        raw["currency"],
    )


def decision_of(raw: Mapping[str, Any] | None) -> Decision:
    """Read what Odoo has on record; only a yes that holds lets the cutover go on.

    >>> decision_of(None).decision
    'no'
    >>> decision_of({"decision": "yes", "who": "Ada Roy", "note": "", "holds": True}).is_yes
    True
    """
    if raw is None:
        return Decision(NO, "nobody", "Nobody has approved it in Odoo.")
    if raw["decision"] == YES and not raw["holds"]:
        note = f"The yes of {raw['who']} does not hold any more: ask again."
        return Decision(NO, "nobody", note)
    said = YES if raw["decision"] == YES else NO
    return Decision(said, raw["who"], raw.get("note") or "", is_on_record=True)
