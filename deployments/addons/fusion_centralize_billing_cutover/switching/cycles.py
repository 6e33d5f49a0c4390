"""Gate records of dual runs: which cycles were green, and how many in a row."""

from decimal import Decimal, InvalidOperation
from itertools import takewhile
from operator import attrgetter

from odoo import _
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import LARGEST_INTEGER

#: A float keeps the cents of a smaller one.
_LARGEST_AMOUNT = 10**13


def cycles_of(env, service, limit: int | None = None):
    """Return the service's cycles, the latest period first, the latest record before others."""
    recorded = [("service_id", "=", service.id), ("state", "=", "recorded")]
    return env["fusion.billing.cycle"].search(recorded, limit=limit)


def counting(cycles) -> list:
    """Return of each period the cycle that counts: the one recorded last; latest first."""
    seen, kept = set(), []
    for cycle in cycles:
        if cycle.period_start not in seen:
            seen.add(cycle.period_start)
            kept.append(cycle)
    return kept


def in_a_row(kept: list) -> list:
    """Return the cycles, from the first on, that follow each other."""
    following = kept[:1]
    for cycle in kept[1:]:
        if cycle.period_end != following[-1].period_start:
            break
        following.append(cycle)
    return following


def green_in_a_row(kept: list) -> int:
    """Return how many of the cycles, from the first on, are green and follow each other."""
    return len(list(takewhile(attrgetter("green"), in_a_row(kept))))


def answers(env, service, limit: int) -> list[dict]:
    """Return the cycles as JSON types, for ``cycles``."""
    cycles = cycles_of(env, service, limit)
    kept = counting(cycles)
    rows = {cycle.id: green_in_a_row(kept[place:]) for place, cycle in enumerate(kept)}
    return [
        {
            "key": cycle.key,
            "period_from": f"{cycle.period_start.isoformat()}Z",
            "period_to": f"{cycle.period_end.isoformat()}Z",
            "green": cycle.green,
            "reasons": (cycle.reasons or "").splitlines(),
            "figures": cycle.figures or {},
            "links": cycle.links or [],
            "run": cycle.run or None,
            "recorded_at": f"{cycle.recorded_at.isoformat()}Z",
            "decided": cycle.decided,
            "counts": cycle.id in rows,
            "green_in_a_row": rows.get(cycle.id, 0),
        }
        for cycle in cycles
    ]


def read_number(figures: dict, name: str, kind: type):
    """Return a figure as a number; 0 without it.

    Raises:
        UserError: It is none.
    """
    value, most = figures.get(name, 0), LARGEST_INTEGER if kind is int else _LARGEST_AMOUNT
    try:
        number = Decimal(str(value))
        if isinstance(value, bool) or not abs(number) <= most:
            raise InvalidOperation
        return kind(number)
    except (InvalidOperation, ValueError):
        raise UserError(_("The figure '%(name)s' is no number.", name=name)) from None
