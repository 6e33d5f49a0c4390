"""What of Lago's billed ledger cannot be read: a row each, whose money is unknown."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class LagoUnreadable:
    """An invoice or a fee that is in no ledger, and what it tells nevertheless.

    Attributes:
        table: ``invoices`` or ``fees``.
        lago_id: Its id; a made one where it has none.
        name: The invoice's number or what the fee is for; may be empty.
        customer: External id of whose it is; empty if nothing tells.
        subscription: External id; empty if it is of none, or nothing tells.
        service: Code of the billing entity; empty if nothing tells.
        fault: What is wrong, after "It" and before a full stop.
    """

    table: str
    lago_id: str
    name: str
    customer: str
    subscription: str
    service: str
    fault: str
