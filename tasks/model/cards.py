"""Cards that customers have at Stripe: what may be told of one, and no more."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import date
from typing import Literal

CARD = "card"
Standing = Literal["known", "deleted", "unknown"]


@dataclass(frozen=True, slots=True)
class Card:
    """A payment method of a Stripe customer.

    Attributes:
        payment_method: Stripe's id of it.
        kind: ``card``, or what else it is (``us_bank_account``); of those nothing more is known.
        brand: ``visa``, ``mastercard``, ...; empty if nobody said.
        last4: Last four digits, to tell cards apart.
        month: In which it expires, 1 to 12; 0 of what is no card.
        year: In which it expires, with four digits.
    """

    payment_method: str
    kind: str = CARD
    brand: str = ""
    last4: str = ""
    month: int = 0
    year: int = 0

    def is_valid_on(self, day: date) -> bool:
        """Say whether it can be charged on that day; a card's last day is that of its month.

        >>> card = Card("pm_1", last4="4242", month=2, year=2028)
        >>> card.is_valid_on(date(2028, 2, 29)), card.is_valid_on(date(2028, 3, 1))
        (True, False)
        """
        return (self.year, self.month) >= (day.year, day.month)


@dataclass(frozen=True, slots=True)
class Holder:
    """A Stripe customer and their cards.

    Attributes:
        stripe_customer: Its id.
        standing: Whether Stripe knows it, still.
        default: Id of the payment method that invoices are charged to; None if none is chosen.
        cards: The default one, if it is known, and the others that could be meant.
        fault: What is wrong with what was said of them; None if nothing.
    """

    stripe_customer: str
    standing: Standing = "known"
    default: str | None = None
    cards: tuple[Card, ...] = ()
    fault: str | None = None


@dataclass(frozen=True, slots=True)
class Account:
    """An account of a service, as far as its card is concerned.

    Attributes:
        account: External id at the service.
        stripe_customer: None if it has none.
        live: Whether Odoo bills it already.
        pays_by_invoice: Whether a person said that it needs no card.
        payment_provider: Who charges it now, if that is not Stripe.
        first_invoice_on: Latest day of a first invoice; None without a subscription.
        subscriptions: How many it has.
    """

    account: str
    stripe_customer: str | None
    live: bool
    pays_by_invoice: bool
    payment_provider: str | None
    first_invoice_on: date | None
    subscriptions: int


def brand_code(name: str) -> str:
    """Write a brand as Odoo does.

    >>> brand_code("American Express"), brand_code("Visa"), brand_code("cartes_bancaires")
    ('amex', 'visa', 'cartes_bancaires')
    """
    code = re.sub(r"[^a-z]+", "_", name.lower()).strip("_")
    return {"american_express": "amex", "diners_club": "diners"}.get(code, code)
