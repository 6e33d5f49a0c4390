"""Lago's customer -> the row of a user, so that NexaCloud's rules serve it too, and a record."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from typing import Any

from tasks.backfill.mapping.customers import map_customer
from tasks.model.lago import LagoCustomer, LagoEntity, LagoTax
from tasks.model.records import Customer

STRIPE = "stripe"
#: The zone of an organization that has none.
UTC_ZONE = "UTC"


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
