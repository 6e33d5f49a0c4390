"""Odoo's side of cards: the accounts that need one, and the door by which cards come in.

What each call promises stands in ``readme/USAGE.md`` of the addon ``_cards``.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date
from typing import Any

from tasks.clients.odoo.connection import Odoo
from tasks.model.cards import Account
from tasks.model.records import LoadedRow

_PAGE_ACCOUNTS = 500


def accounts(odoo: Odoo, service: str) -> Iterator[Account]:
    """Give the accounts of a service, in an order that stays."""
    for row in odoo.pages("card_accounts", service, page_rows=_PAGE_ACCOUNTS):
        first = row.pop("first_invoice_on")
        yield Account(**row, first_invoice_on=date.fromisoformat(first) if first else None)


def load(odoo: Odoo, wire: dict[str, Any]) -> list[LoadedRow]:
    """Load the cards of some accounts; a second call with the same finds them unchanged."""
    return odoo.load("load_cards", wire)
