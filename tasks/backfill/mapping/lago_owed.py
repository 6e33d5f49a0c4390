"""What Lago owes to a customer -> opening credits: wallets, paid and granted apart, credit notes.

They become postings at the switch alone. What Odoo's credit would not do as Lago's does (buy more
by itself, expire, pay for some fees alone) keeps its customer out, by name: it would be lost, or
worth something else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator

from tasks.model.lago import LagoCustomer
from tasks.model.lago_billed import LagoCreditNote, LagoWallet
from tasks.model.lago_prices import LARGEST_PRICE
from tasks.model.lago_support import kept_out
from tasks.model.records import OpeningCredit

ACTIVE = "active"


def refuse_owed(
    customer: LagoCustomer,
    wallets: Iterable[LagoWallet],
    notes: Iterable[LagoCreditNote],
    currencies: Collection[str],
) -> None:
    """Refuse a customer to whom something is owed that a credit in Odoo is not.

    Args:
        customer: Of Lago.
        wallets: Theirs.
        notes: Their credit notes.
        currencies: What they are billed in; empty: nobody knows yet.

    Raises:
        RecordError: The rule is the construct's name.
    """
    key = customer.external_id
    for note in notes:
        subject = f"Customer {key}, credit note {note.number}."
        if note.fault is not None:
            raise kept_out(key, "credit_note_unreadable", f"{subject} It {note.fault}.")
        if note.balance >= LARGEST_PRICE:
            raise kept_out(key, "amount_too_large", subject)
        if note.balance > 0 and currencies and note.currency not in currencies:
            raise kept_out(key, "wallet_currency", subject)
    for wallet in wallets:
        if wallet.status != ACTIVE:
            continue
        subject = f"Customer {key}, wallet {wallet.code}."
        if wallet.fault is not None:
            raise kept_out(key, "wallet_unreadable", f"{subject} It {wallet.fault}.")
        if wallet.unknown:
            raise kept_out(key, "unknown_field", f"{subject} {', '.join(wallet.unknown)}.")
        other = bool(currencies) and wallet.currency not in currencies
        for is_there, name in (
            (max(wallet.paid, wallet.granted) >= LARGEST_PRICE, "amount_too_large"),
            (wallet.tops_up, "wallet_top_up_rule"),
            (bool(wallet.balance) and wallet.expires_at is not None, "wallet_expiry"),
            (bool(wallet.balance) and bool(wallet.limits), "wallet_limits"),
            (bool(wallet.balance) and other, "wallet_currency"),
        ):
            if is_there:
                raise kept_out(key, name, subject)


def opening_credits(
    customer: LagoCustomer, wallets: Iterable[LagoWallet], notes: Iterable[LagoCreditNote]
) -> tuple[OpeningCredit, ...]:
    """Give what is owed to a customer, in an order that stays; nothing owed is no credit."""
    found = [*_of_wallets(customer, wallets), *_of_notes(customer, notes)]
    return tuple(sorted(found, key=lambda credit: credit.external_id))


def _of_wallets(customer: LagoCustomer, wallets: Iterable[LagoWallet]) -> Iterator[OpeningCredit]:
    for wallet in wallets:
        if wallet.status != ACTIVE:
            continue
        for kind, amount in (("wallet_paid", wallet.paid), ("wallet_granted", wallet.granted)):
            if amount > 0:
                yield OpeningCredit(
                    external_id=f"{kind}:{wallet.lago_id}",
                    customer=customer.external_id,
                    kind=kind,
                    amount=amount,
                    currency=wallet.currency,
                )


def _of_notes(customer: LagoCustomer, notes: Iterable[LagoCreditNote]) -> Iterator[OpeningCredit]:
    for note in notes:
        if note.balance > 0:
            yield OpeningCredit(
                external_id=f"credit_note:{note.number}",
                customer=customer.external_id,
                kind="credit_note",
                amount=note.balance,
                currency=note.currency,
            )
