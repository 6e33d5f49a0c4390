"""What people have decided about customers and kinds of items stands for what the watch finds."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.watch.records import Trouble, Watched

#: A decision about one customer comes before one about a kind of item.
CUSTOMER, ITEM = "customer", "item"
#: No difference of amounts: a person has to get the money, or to keep the subscription.
_NEVER = frozenset({Trouble.CLOSING})


@dataclass(frozen=True, slots=True)
class Decision:
    """A decision in Odoo that holds, about a customer or a kind of item.

    ``value`` is the customer, or what the item's name begins with (``flat``, ``usage``). ``most``
    is the largest sum for one customer in one month, in ``currency``. ``said`` tells by whom it
    was made, until when it holds, and why.
    """

    number: int
    scope: str
    value: str
    currency: str
    most: Decimal
    said: str

    def covers(self, line: Watched) -> bool:
        """Say whether it was made for such a line, whatever the amount."""
        if line.trouble is None or line.trouble in _NEVER or line.currency != self.currency:
            return False
        about = line.customer if self.scope == CUSTOMER else line.item.partition(":")[0]
        return about == self.value


def settle(
    lines: Sequence[Watched], decisions: Iterable[Decision], zone: ZoneInfo
) -> list[Watched]:
    """Note at each line with trouble the decision that settles it, if one does.

    The limit of a decision is for all that it covers of a customer in a month, as in the dual
    run: if that comes to more, all of it is open.

    Args:
        lines: Of the watch.
        decisions: Those that hold.
        zone: The company's, in which a month begins.
    """
    said: dict[int, str] = {}
    for decision in sorted(decisions, key=lambda one: (one.scope != CUSTOMER, one.number)):
        covered = [at for at, line in enumerate(lines) if decision.covers(line)]
        sums: dict[tuple[str, date | None], Decimal] = defaultdict(Decimal)
        for at in covered:
            sums[_cycle(lines[at], zone)] += lines[at].stake
        for at in covered:
            if sums[_cycle(lines[at], zone)] <= decision.most:
                said.setdefault(at, decision.said)
    return [replace(line, decided=said.get(at, "")) for at, line in enumerate(lines)]


def _cycle(line: Watched, zone: ZoneInfo) -> tuple[str, date | None]:
    start = line.period_start
    return line.customer, start.astimezone(zone).date().replace(day=1) if start else None
