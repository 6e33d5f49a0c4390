"""Whether a customer is ready for the switch: thinking only, no record is read here."""

from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal


@dataclass(frozen=True, slots=True)
class Reason:
    """What holds a customer back.

    Attributes:
        code: ``cycles``, ``not_loaded``, ``copy``, ``difference``, ``kept_out``, ``contact``,
            ``order``, ``card`` or ``not_compared``.
        group: What they wait for, the same for all who wait for it: "a card".
        sentence: For a person.
    """

    code: str
    group: str
    sentence: str


NOT_LOADED = Reason("not_loaded", "the copy", "Odoo does not know this customer.")


@dataclass(frozen=True, slots=True)
class Differing:
    """Differences of a customer in one cycle, of one cause; ``decision`` is None while open."""

    cycle: str
    cause: str
    copy: bool
    lines: int
    stake: Decimal
    currency: str
    decision: int | None


@dataclass(slots=True)
class Customer:
    """What Odoo holds of one customer.

    Attributes:
        external_id: The account's id at the service.
        link_id: Of the account link; None if Odoo does not know the account.
        live: Whether Odoo bills everything of theirs already.
        started_on: First day of the oldest subscription that can be billed; None without one.
        due: In how many of the cycles there was a line of theirs.
        incomplete: Cycles in which more of theirs differed than is stored.
        differing: What differs.
        kept_out: What the last import left out of theirs, a sentence each with its group.
        contact: What the last load found about the contact and keeps them back; None if nothing.
        orders: What is wrong with their orders, a sentence each.
        wants_card: Whether they pay by card and have none.
        long_periods: How many of their prices that were due last, beside the month's, the latest
            cycle compared.
        not_compared: Orders that are paid by more than a month and whose price no cycle compared,
            with the first day of the period that it should have.
        is_idle: Whether Odoo never billed a subscription of theirs, ended ones too.
    """

    external_id: str
    link_id: int | None = None
    live: bool = False
    started_on: date | None = None
    due: int = 0
    incomplete: list[str] = field(default_factory=list)
    differing: list[Differing] = field(default_factory=list)
    kept_out: list[tuple[str, str]] = field(default_factory=list)
    contact: str | None = None
    orders: list[str] = field(default_factory=list)
    wants_card: bool = False
    long_periods: int = 0
    not_compared: list[tuple[str, date]] = field(default_factory=list)
    is_idle: bool = True


@dataclass(frozen=True, slots=True)
class Cycles:
    """The cycles that readiness looks back on.

    Attributes:
        wanted: How many there should be.
        names: Of those that there are and that follow each other, latest first.
        since: First day of the earliest; None without any.
        blockers: What keeps everybody back, like a dual run that did not go through.
    """

    wanted: int
    names: tuple[str, ...]
    since: date | None
    blockers: tuple[str, ...] = ()


def reasons_against(customer: Customer, cycles: Cycles) -> list[Reason]:
    """Say what holds a customer back, the weightiest first; nothing if they are ready."""
    return [
        *_of_cycles(cycles),
        *_of_copy(customer),
        *_of_differences(customer, wrong_copy=True),
        *_of_differences(customer, wrong_copy=False),
    ]


def remarks(customer: Customer, cycles: Cycles) -> list[str]:
    """Say what a person should know of a customer and what does not hold them back."""
    said = []
    by_decision = defaultdict(list)
    for one in customer.differing:
        if one.decision is not None:
            by_decision[one.decision].append(one)
    for decision, ones in sorted(by_decision.items()):
        said.append(f"Decision {decision} settles {_amounts(ones)}.")
    if customer.started_on and 0 < customer.due < len(cycles.names):
        said.append(f"Compared in {customer.due} of {len(cycles.names)} cycles: not due in others.")
    elif customer.started_on and not customer.due:
        is_new = cycles.since and customer.started_on >= cycles.since
        new = f"New since {customer.started_on}: no cycle has compared a bill of theirs yet."
        said.append(new if is_new else "Nothing of theirs was due in these cycles.")
    elif not customer.started_on:
        said.append("They have no subscription to switch.")
    if customer.long_periods:
        said.append(f"Prices due last that were compared, too: {customer.long_periods}.")
    return said


def _of_cycles(cycles: Cycles) -> list[Reason]:
    group = "dual runs"
    found = [Reason("cycles", group, blocker) for blocker in cycles.blockers]
    have = len(cycles.names)
    if have < cycles.wanted:
        sentence = f"{have} of {cycles.wanted} dual runs in a row are on record."
        found.append(Reason("cycles", group, sentence))
    return found


def _of_copy(customer: Customer) -> list[Reason]:
    """Say what of the customer is not in Odoo as it must be."""
    found = [Reason("kept_out", group, sentence) for group, sentence in customer.kept_out]
    if customer.link_id is None:
        return found or [NOT_LOADED]
    if customer.contact:
        found.append(Reason("contact", "a look at the contact", customer.contact))
    found += [Reason("order", "a shadow order", sentence) for sentence in customer.orders]
    if customer.wants_card:
        sentence = "The customer pays by card and has no Stripe customer in Odoo."
        found.append(Reason("card", "a card", sentence))
    found += [
        Reason(
            "not_compared",
            "a comparison of a price by more than a month",
            f"The price of order {name} for the period from {since} on is not compared yet: run the"
            " latest dual run again, or the next one.",
        )
        for name, since in customer.not_compared
    ]
    found += [
        Reason(
            "difference",
            "another comparison",
            f"Not all of their differences of {cycle} are in Odoo.",
        )
        for cycle in customer.incomplete
    ]
    return found


def _of_differences(customer: Customer, *, wrong_copy: bool) -> list[Reason]:
    by_cause = defaultdict(list)
    for one in customer.differing:
        if one.copy == wrong_copy and one.decision is None:
            by_cause[one.cause].append(one)
    ordered = sorted(by_cause.items(), key=lambda pair: (-sum(x.stake for x in pair[1]), pair[0]))
    code, group, said = "difference", "a decision", "Open"
    if wrong_copy:
        code, group, said = "copy", "our copy", "Our copy is wrong"
    return [
        Reason(code, f"{group}: {cause}", f"{said}: {cause}, {_amounts(ones)}.")
        for cause, ones in ordered
    ]


def _amounts(ones: list[Differing]) -> str:
    sums = defaultdict(Decimal)
    for one in ones:
        sums[one.currency] += one.stake
    money = ", ".join(f"{amount:,.2f} {currency}" for currency, amount in sorted(sums.items()))
    lines = sum(one.lines for one in ones)
    where = ", ".join(sorted({one.cycle for one in ones}))
    return f"{lines:,} {'line' if lines == 1 else 'lines'} of {where}, {money}"
