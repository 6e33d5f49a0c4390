"""A batch of cards: what a caller may say of one, and no more."""

import re
from calendar import monthrange
from datetime import date

from odoo import _
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import is_text

MAX_ROWS = 1_000
KEYS = {"payment_method", "brand", "last4", "exp_month", "exp_year"}
_METHOD = re.compile(r"(pm|card|src)_\w{1,250}", re.ASCII)
_LAST4 = re.compile(r"[0-9]{4}", re.ASCII)
_BRAND = re.compile(r"[a-z_]{0,40}", re.ASCII)


def read_rows(rows: object) -> list[dict]:
    """Return the rows of a batch.

    Raises:
        UserError: They are no such list, or an account is in it twice.
    """
    if (
        not isinstance(rows, list)
        or len(rows) > MAX_ROWS
        or not all(isinstance(row, dict) and is_text(row.get("account")) for row in rows)
        or len({row["account"] for row in rows}) < len(rows)
    ):
        raise UserError(
            _("A batch has at most %(max_rows)s rows, each account once.", max_rows=MAX_ROWS)
        )
    return rows


def fault_of(card: object) -> str | None:
    """Say what is wrong with a card; None if nothing. Its values are never repeated."""
    if not isinstance(card, dict) or card.keys() != KEYS:
        return "A card has other fields than payment method, brand, last four digits and expiry."
    texts = {"payment_method": _METHOD, "brand": _BRAND, "last4": _LAST4}
    for name, pattern in texts.items():
        if not isinstance(card[name], str) or not pattern.fullmatch(card[name]):
            return f"The card's {name} is not of Stripe's form."
    month, year = card["exp_month"], card["exp_year"]
    if type(month) is not int or type(year) is not int:
        return "The card's expiry is no month and year."
    if not (1 <= month <= 12 and 2000 <= year <= 2100):
        return "The card's expiry is no month and year."
    return None


def last_day(card: dict) -> date:
    """Return the last day on which a card is valid: that of its month."""
    year, month = card["exp_year"], card["exp_month"]
    return date(year, month, monthrange(year, month)[1])
