"""Odoo's side of cards: the accounts that need one, and the door by which cards come in.

What each call promises stands in ``readme/USAGE.md`` of the addon ``_cards``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tasks.clients.odoo.connection import WIZARD, Odoo
from tasks.model.cards import Account
from tasks.model.records import LoadedRow, Outcome

_PAGE_ACCOUNTS = 500


def accounts(odoo: Odoo, service: str) -> Iterator[Account]:
    """Give the accounts of a service, in an order that stays."""
    after_id: int | None = 0
    while after_id is not None:
        page = odoo.call(WIZARD, "card_accounts", service, after_id=after_id, limit=_PAGE_ACCOUNTS)
        for row in page["rows"]:
            first = row.pop("first_invoice_on")
            yield Account(**row, first_invoice_on=date.fromisoformat(first) if first else None)
        after_id = page["next_after_id"]


def load(odoo: Odoo, wire: dict[str, Any]) -> list[LoadedRow]:
    """Load the cards of some accounts; a second call with the same finds them unchanged."""
    answer = odoo.call(WIZARD, "load_cards", wire)
    return [
        LoadedRow(
            entity=row["entity"],
            external_id=row["external_id"],
            outcome=Outcome(row["outcome"]),
            odoo_id=row["odoo_id"] or None,
            code=row["code"] or None,
            message=row["message"] or None,
        )
        for row in answer["rows"]
    ]
