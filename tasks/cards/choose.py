"""Which card an account pays by, or why none; what is not clear is never guessed."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from tasks.model.cards import CARD, Account, Card, Holder
from tasks.model.records import Outcome

_AT_STRIPE = "Ask the customer for a card, or say in Odoo that the account pays by invoice."
_DEFAULT = "Choose the customer's default payment method in Stripe, then run it again."


@dataclass(frozen=True, slots=True)
class Choice:
    """What is to be done for an account.

    Attributes:
        account: Whose card it is.
        card: The one to charge; None if there is none.
        is_known: Whether Odoo is told at all: also that there is no card (any more).
        outcome: Why nothing is to be charged; None while Odoo has not answered.
        code: The reason's name.
        sentence: The reason, in a sentence.
        remedy: What a person does about it.
    """

    account: Account
    card: Card | None = None
    is_known: bool = False
    outcome: Outcome | None = None
    code: str = ""
    sentence: str = ""
    remedy: str = ""


def aside(account: Account) -> Choice | None:
    """Leave aside who needs no card, and say who has no Stripe customer; None: ask for the card."""
    reasons = (
        (account.live, "live", "Odoo bills the account: its card is looked after in Odoo."),
        (
            account.pays_by_invoice,
            "pays_by_invoice",
            "A person said that the account pays by invoice.",
        ),
        (not account.subscriptions, "nothing_to_pay", "The account has no subscription."),
    )
    for holds, code, said in reasons:
        if holds:
            return Choice(account, outcome=Outcome.OUT_OF_SCOPE, code=code, sentence=said)
    if account.stripe_customer:
        return None
    if account.payment_provider:
        said = f"The account is charged through {account.payment_provider}, not by Stripe."
        return _without(account, "other_provider", said, _AT_STRIPE)
    said = "The account has no Stripe customer."
    return _without(account, "no_stripe_customer", said, _AT_STRIPE)


def choose(account: Account, holder: Holder, today: date) -> Choice:
    """Choose the card that Odoo is to charge.

    It is the default one, else the only one, and it must be valid on the day of the first invoice.

    Args:
        account: Who pays.
        holder: Their Stripe customer.
        today: In the company's time zone.
    """
    if holder.fault:
        return _without(account, "bad_row", holder.fault, "Mend the list, then run it again.")
    if holder.standing != "known":
        code = f"{holder.standing}_customer"
        said = f"Stripe has {'deleted' if holder.standing == 'deleted' else 'no'} customer"
        remedy = "Correct the Stripe customer in the source, then load it again."
        return _gone(account, code, f"{said} of this id.", remedy)
    found = _default(holder)
    if isinstance(found, str):
        return _gone(account, found, *_WITHOUT_DEFAULT[found])
    if found.kind != CARD:
        said = f"The default payment method is no card ({found.kind.replace('_', ' ')})."
        return _gone(account, "not_a_card", said, _AT_STRIPE)
    if not (1 <= found.month <= 12 and found.year and len(found.last4) == 4):
        said = "Stripe does not tell the card's last digits and expiry."
        return _gone(account, "not_told", said, "Give the key the right to read payment methods.")
    return _valid(account, found, today)


_WITHOUT_DEFAULT = {
    "no_card": ("The Stripe customer has no card.", _AT_STRIPE),
    "no_default": ("The customer has several cards, and none or more than one is the default.",
                   _DEFAULT),
    "default_missing": ("The default payment method is none of the customer's.", _DEFAULT),
}  # fmt: skip


def _default(holder: Holder) -> Card | str:
    """Give the card that invoices are charged to, or the code of what is wrong."""
    if holder.default is not None:
        named = [card for card in holder.cards if card.payment_method == holder.default]
        return named[0] if named else "default_missing"
    if not holder.cards:
        return "no_card"
    return holder.cards[0] if len(holder.cards) == 1 else "no_default"


def _valid(account: Account, card: Card, today: date) -> Choice:
    ends = f"{card.month:02}/{card.year}"
    if not card.is_valid_on(today):
        return _gone(account, "expired", f"The card expired with {ends}.", _AT_STRIPE)
    first = account.first_invoice_on
    if first is not None and not card.is_valid_on(first):
        said = f"The card expires with {ends}; the first invoice is on {first}."
        return _gone(account, "expires_before", said, _AT_STRIPE)
    return Choice(account, card, is_known=True)


def _without(account: Account, code: str, said: str, remedy: str) -> Choice:
    outcome = Outcome.QUARANTINED
    return Choice(account, outcome=outcome, code=code, sentence=said, remedy=remedy)


def _gone(account: Account, code: str, said: str, remedy: str) -> Choice:
    """Stripe has no card to charge: one that Odoo may have is taken away."""
    return replace(_without(account, code, said, remedy), is_known=True)
