"""Who is watched, who is compared in shadow, and who would fall between."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

#: What keeps a dual run from comparing somebody, by Odoo's code of the reason.
_NOT_COMPARED = {
    "cycles": "No dual run has compared them yet.",
    "not_loaded": "Odoo does not have them.",
    "new": "They began after the months that dual runs have compared.",
}


@dataclass(frozen=True, slots=True)
class Coverage:
    """How many customers are ``watched`` and ``compared``, and why each of ``neither`` is not.

    Who was live without a subscription from the first day, and has none at the source either, is
    watched: there is nothing more to see. Who had one in Odoo and has none is not.
    """

    watched: int
    compared: int
    neither: Mapping[str, str]


def coverage(
    standings: Iterable[Mapping[str, Any]], live: Iterable[str], billed_for: Iterable[str]
) -> Coverage:
    """Put every customer in one of three places; nobody is left out.

    Args:
        standings: Odoo's rows of all customers: ``customer``, ``state`` and ``codes``.
        live: Customers whom Odoo bills.
        billed_for: Customers with a subscription that runs by the source's terms.
    """
    watched, billed = set(live), set(billed_for)
    compared: set[str] = set()
    neither: dict[str, str] = {}
    for row in standings:
        customer = row["customer"]
        why = next((_NOT_COMPARED[code] for code in row["codes"] if code in _NOT_COMPARED), "")
        if customer in watched:
            continue
        if row["state"] == "live" and "idle" in row["codes"] and customer not in billed:
            watched.add(customer)
        elif row["state"] == "live":
            neither[customer] = "They are live, and Odoo has no running order of theirs."
        elif why:
            neither[customer] = why
        else:
            compared.add(customer)
    for customer in billed:
        if customer not in watched | compared and customer not in neither:
            neither[customer] = "The source bills them, and Odoo does not know them."
    return Coverage(len(watched), len(compared), dict(sorted(neither.items())))
