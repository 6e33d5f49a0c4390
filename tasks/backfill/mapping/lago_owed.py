"""What Lago owes to a customer -> opening credits: wallets, paid and granted apart, credit notes.

They become postings at the switch alone. What Odoo's credit would not do as Lago's does (buy more
by itself, expire, pay for some fees alone) keeps its customer out, by name: it would be lost, or
worth something else.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tasks.model.lago import LagoCreditNote, LagoCustomer, LagoWallet
from tasks.model.lago_support import kept_out
from tasks.model.records import OpeningCredit

ACTIVE = "active"


def refuse_wallets(customer: LagoCustomer, wallets: Iterable[LagoWallet]) -> None:
    """Refuse a customer whose wallets do what a credit in Odoo does not.

    Raises:
        RecordError: The rule is the construct's name.
    """
    key = customer.external_id
    for wallet in wallets:
        if wallet.status != ACTIVE:
            continue
        subject = f"Customer {key}, wallet {wallet.code}."
        if wallet.unknown:
            raise kept_out(key, "unknown_field", f"{subject} {', '.join(wallet.unknown)}.")
        other = customer.currency is not None and wallet.currency != customer.currency
        for is_there, name in (
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
