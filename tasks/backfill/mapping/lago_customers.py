"""Lago's customer -> the row of a user, so that NexaCloud's rules serve it too, and a record.

What Lago owes to them becomes opening credits: wallets, paid and granted apart, and credit notes.
They become postings at the switch alone. What Odoo's credit would not do as Lago's does (buy more
by itself, expire, pay for some fees alone) keeps its customer out, by name: it would be lost, or
worth something else.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.backfill.mapping.nexacloud import map_customer
from tasks.model.lago import LagoCustomer, LagoEntity, LagoTax
from tasks.model.lago_billed import LagoCreditNote, LagoWallet
from tasks.model.lago_prices import LARGEST_PRICE
from tasks.model.lago_support import kept_out
from tasks.model.records import Customer, OpeningCredit

STRIPE = "stripe"
#: The zone of an organization that has none.
UTC_ZONE = "UTC"
#: A wallet, a coupon or a subscription of which something is left.
ACTIVE = "active"


@dataclass(frozen=True, slots=True)
class Organization:
    """What Lago says of all: billing entities by code, taxes by code (empty: it has none)."""

    entities: Mapping[str, LagoEntity] = field(default_factory=dict)
    taxes: Mapping[str, LagoTax] = field(default_factory=dict)

    def zone_of(self, customer: LagoCustomer) -> str:
        """Name the zone that a customer is billed in."""
        entity = self.entities.get(customer.service)
        return customer.zone or (entity.zone if entity else None) or UTC_ZONE

    def tax_codes_of(self, customer: LagoCustomer) -> tuple[str, ...] | None:
        """Give the codes of a customer's taxes where nothing more specific has any.

        None: this Lago has no taxes, or leaves them to a tax service, and says nothing about
        Odoo's.
        """
        if not self.taxes or customer.is_taxed_elsewhere:
            return None
        entity = self.entities.get(customer.service)
        default = entity.tax_codes if entity else None
        if default is None:
            default = tuple(sorted(code for code, tax in self.taxes.items() if tax.is_default))
        return customer.tax_codes or default


def is_stripe(customer: LagoCustomer) -> bool:
    """Say whether a customer pays by Stripe, as far as Lago says."""
    return customer.provider in (None, "", STRIPE)


def user_row(customer: LagoCustomer) -> dict[str, Any]:
    """Give the columns of ``users`` for a customer of Lago.

    The person's name is the contact's; where there is none, what Lago calls the customer is,
    else their legal name, address or id. The address is the first of several.
    """
    names = (customer.person, customer.name, customer.company, *customer.emails)
    named = (name for name in names if name and name.strip())
    return {
        "id": customer.external_id,
        "email": next(iter(customer.emails), None),
        "full_name": next(named, customer.external_id),
        "company_name": customer.company,
        "phone": customer.phone,
        "street": customer.street,
        "city": customer.city,
        "region": customer.region,
        "postal_code": customer.postal_code,
        "country_code": customer.country_code,
        "stripe_customer_id": customer.provider_reference if is_stripe(customer) else None,
        "is_active": True,
        "created_at": customer.created_at,
    }


def map_lago_customer(customer: LagoCustomer, organization: Organization) -> Customer:
    """Map a customer of Lago; orders are attached later."""
    entity = organization.entities.get(customer.service)
    term, language = customer.payment_term_days, customer.language
    if entity is not None:
        term = entity.payment_term_days if term is None else term
        language = language or entity.language
    return replace(
        map_customer(user_row(customer)),
        emails=customer.emails if len(customer.emails) > 1 else (),
        language=language,
        payment_term_days=term,
        vat=customer.vat or None,
        tax_codes=organization.tax_codes_of(customer),
        payment_provider=None if is_stripe(customer) else customer.provider,
        payment_reference=None if is_stripe(customer) else customer.provider_reference,
    )


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
