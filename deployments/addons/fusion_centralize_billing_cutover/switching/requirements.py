"""What must hold before a cutover: its limits, a condition of the gate, a digest of it all."""

import hashlib
import json
from dataclasses import asdict, dataclass
from decimal import Decimal, InvalidOperation

from odoo import _
from odoo.exceptions import UserError

#: So many of the latest cycles are looked back on where nobody says otherwise.
USUAL_CYCLES = 3
EXAMPLES = 20


@dataclass(frozen=True, slots=True)
class Requirements:
    """The limits of the gate; ``match_rate`` and ``unexplained`` are decimal texts.

    Attributes:
        green_cycles: Over how many cycles in a row nothing of a customer may be open.
        match_rate: Share of lines of the latest cycle that should match. It is told: who differs
            is kept back alone.
        unexplained: Most that should be unexplained in it, in the company's currency; told, too.
        stripe_ids: Whether whoever pays needs a Stripe customer.
        cards: Whether whoever pays by card needs one that Odoo can charge.
        payers_loaded: Whether the last import must have left nothing of a customer out.
    """

    green_cycles: int = USUAL_CYCLES
    match_rate: str = "0.99"
    unexplained: str = "0"
    stripe_ids: bool = True
    cards: bool = True
    payers_loaded: bool = True

    def waived_codes(self) -> frozenset[str]:
        """Return the codes of reasons that keep nobody back under these requirements."""
        codes = {
            "card": self.stripe_ids,
            "unusable_card": self.cards,
            "kept_out": self.payers_loaded,
        }
        return frozenset(code for code, required in codes.items() if not required)

    def waivers(self) -> list[str]:
        """Return the names of those that ask for less than is usual; an approver confirms each."""
        usual = Requirements()
        looser = {
            "green_cycles": self.green_cycles < usual.green_cycles,
            "stripe_ids": not self.stripe_ids,
            "cards": not self.cards,
            "payers_loaded": not self.payers_loaded,
        }
        return sorted(name for name, is_looser in looser.items() if is_looser)


def read_requirements(values: object) -> Requirements:
    """Return the requirements, those not named at their defaults.

    Raises:
        UserError: One is unknown, or of a wrong type.
    """
    values = values or {}
    usual = asdict(Requirements())
    if not isinstance(values, dict) or not values.keys() <= usual.keys():
        raise UserError(_("A requirement is none of: %(names)s.", names=", ".join(usual)))
    for name, default in usual.items():
        if type(values.get(name, default)) is not type(default):
            raise UserError(_("The requirement '%(name)s' is of a wrong type.", name=name))
    check_shares(values)
    return Requirements(**values)


def check_shares(values: dict) -> None:
    """Hold the two limits that are decimals to what can be compared, as far as they are there.

    Raises:
        UserError: One is none.
    """
    try:
        numbers = [Decimal(values.get(name, "0")) for name in ("match_rate", "unexplained")]
        good = all(number.is_finite() and number >= 0 for number in numbers)
    except (InvalidOperation, TypeError, ValueError):
        good = False
    if not good:
        raise UserError(_("match_rate and unexplained are decimal texts and never negative."))


@dataclass(frozen=True, slots=True)
class Gate:
    """One condition; ``count`` is of what breaks it, ``examples`` are external ids."""

    gate: str
    ok: bool
    sentence: str
    count: int = 0
    examples: tuple[str, ...] = ()

    def as_dict(self) -> dict:
        """Return it as JSON types."""
        return {**asdict(self), "examples": list(self.examples)}


def gate_of(name: str, broken: list[str], good: str, bad: str) -> Gate:
    """Return a condition that holds if nothing is broken."""
    if not broken:
        return Gate(name, ok=True, sentence=good)
    return Gate(name, False, f"{len(broken)} {bad}", len(broken), tuple(broken[:EXAMPLES]))


def digest(rests_on: object) -> str:
    """Return the SHA-256 of JSON types, as canonical JSON."""
    text = json.dumps(rests_on, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return hashlib.sha256(text.encode()).hexdigest()
