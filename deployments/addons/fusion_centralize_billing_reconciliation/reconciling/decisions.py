"""Which differences the decisions on record settle: thinking only, no record is read here.

A decision settles what it was made for, as long as that stays within its limit. Nothing settles
a difference that our own copy gets wrong: it is mended and compared again.
"""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

COPY = "copy"
_NARROWEST_FIRST = ("line", "customer", "cause", "item")


@dataclass(slots=True)
class Difference:
    """One stored line of which a side is wrong.

    Attributes:
        id: Of the ``fusion.billing.reconciliation``.
        customer: Account id at the service; empty if it is nobody's.
        month: First day of the month in which its period begins: its billing cycle.
        item: What is billed, ``usage:cpu_seconds``.
        cause: Code of the cause.
        cause_name: In words.
        wrong_side: ``copy``, ``billed``, ``terms`` or ``open``.
        currency_id: Of all amounts.
        stake: How far the amounts that are known lie apart; never negative.
        figures: The amounts as one text: other figures, another text.
        lines: Compared lines that it stands for: a pair in two currencies is stored as one.
        decision_id: The decision that settles it; None while it is open.
    """

    id: int
    customer: str
    month: date
    item: str
    cause: str
    cause_name: str
    wrong_side: str
    currency_id: int
    stake: Decimal
    figures: str
    lines: int = 1
    decision_id: int | None = None

    def about(self) -> dict[str, int | str]:
        """Return what decisions of each scope are about that could be made for it."""
        item = family_of(self.item)
        return {"line": self.id, "customer": self.customer, "cause": self.cause, "item": item}


@dataclass(frozen=True, slots=True)
class Decided:
    """A decision that holds: neither expired nor withdrawn.

    Attributes:
        id: Of the ``fusion.billing.decision``.
        scope: ``line``, ``customer``, ``cause`` or ``item``.
        value: What it is about: the line's id, the account id, the cause, or what the item's
            name begins with.
        currency_id: Of its limit; it says nothing of other currencies.
        most: Largest sum for one customer in one cycle.
        figures: Of the line when it was decided; None for other scopes.
    """

    id: int
    scope: str
    value: int | str
    currency_id: int
    most: Decimal
    figures: str | None = None

    def covers(self, difference: Difference) -> bool:
        """Say whether it holds for a difference that it is about, whatever the amount."""
        if difference.wrong_side == COPY or difference.currency_id != self.currency_id:
            return False
        return self.scope != "line" or difference.figures == self.figures


def family_of(item: str) -> str:
    """Return the kind of an item: what its name begins with.

    >>> family_of("usage:cpu_seconds"), family_of("flat")
    ('usage', 'flat')
    """
    return item.partition(":")[0]


def settle(differences: Iterable[Difference], decisions: Iterable[Decided]) -> None:
    """Note at each difference the decision that settles it, if one does.

    A limit is for all that a decision covers of one customer in one cycle, whether other
    decisions cover it too: so a further decision never changes what became of other lines, and
    neither order matters. Of several the narrowest is noted, then the oldest.
    """
    differences = list(differences)
    ordered = sorted(decisions, key=lambda one: (_NARROWEST_FIRST.index(one.scope), one.id))
    for difference in differences:
        difference.decision_id = None
    index = _index(differences)
    for decision in ordered:
        sums: dict[tuple[str, date], Decimal] = defaultdict(Decimal)
        about = index.get((decision.scope, decision.value), ())
        covered = [one for one in about if decision.covers(one)]
        for one in covered:
            sums[one.customer, one.month] += one.stake
        for one in covered:
            if one.decision_id is None and sums[one.customer, one.month] <= decision.most:
                one.decision_id = decision.id


def _index(differences: list[Difference]) -> dict[tuple[str, int | str], list[Difference]]:
    index = defaultdict(list)
    for one in differences:
        for key in one.about().items():
            index[key].append(one)
    return index
