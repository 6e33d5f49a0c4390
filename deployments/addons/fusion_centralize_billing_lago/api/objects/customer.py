"""A customer: an account link, with what may be told of its contact."""

import hashlib
from functools import cached_property
from uuid import UUID

from odoo.addons.fusion_centralize_billing.periods.stored import company_zone

from ..lago_id import lago_id
from ..places import find_country, state_of, told_zone
from .table import (
    FLAG,
    FREE,
    ID,
    MOMENT,
    NOTHING,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    all_of,
    list_of,
    or_null,
)
from .tax import taxes_named
from .values import moment

ADDRESS = ("address_line1", "address_line2", "city", "zipcode", "state", "country")
#: Fields of a contact that hold what a service told as it is.
PLAIN = {
    "email": "email",
    "phone": "phone",
    "address_line1": "street",
    "address_line2": "street2",
    "city": "city",
    "zipcode": "zip",
}
ON_CONTACT = {"name": "name", **PLAIN, "state": "state_id.code", "country": "country_id.code"}


class _Seen:
    """An account link, and what its service may know of the contact: what it said itself.

    Who could see how Odoo keeps the contact would learn another service's customers by their
    addresses: the answer is made in one way, whether the contact is the account's own or not.
    Of an account that was loaded, and of which the API was told nothing yet, it is the contact
    that the load brought.

    Args:
        link: The ``fusion.billing.account.link``.
        currency: In which it pays, where that is known already; None: it is looked for.
    """

    def __init__(self, link, currency: str | None = None) -> None:
        self.link = link
        self.pays_in = currency
        self.company = link.service_id.company_id
        self.told = link.api_values or {}

    @cached_property
    def contact(self) -> dict:
        if not self.told:
            return shown_before(self.link)
        country = find_country(self.link.env, self.told.get("country"))
        state = state_of(self.link.env, country, self.told.get("state"))
        return {
            **{name: self.told.get(name) for name in ON_CONTACT},
            "name": full_name(self.told),
            "country": country.code,
            "state": state.code,
        }


def shown_before(link) -> dict:
    """Return what is shown of an account before its service told anything over the API."""
    if not link._brought_contact():
        return {"email": link.email_at_import} if link.email_at_import else {}
    found = {name: link.partner_id.mapped(path)[:1] for name, path in ON_CONTACT.items()}
    return {name: values[0] for name, values in found.items() if values and values[0]}


def full_name(told: dict) -> str | None:
    """Return what a service calls its customer, or None."""
    both = (told.get("firstname"), told.get("lastname"))
    full = " ".join(part for part in both if part)
    return told.get("name") or full or told.get("legal_name")


def _told(name: str):
    """Read what Odoo's contact has no place for: kept as it was told, and told back."""
    return lambda seen: seen.told.get(name)


def _contact(name: str):
    return lambda seen: seen.contact.get(name) or None


def _billing_configuration(seen: _Seen) -> dict:
    stripe = seen.link.stripe_customer_id or None
    told = seen.told.get("billing_configuration") or {}
    provider = {
        "payment_provider": "stripe" if stripe else None,
        "payment_provider_code": told.get("payment_provider_code") or (stripe and "stripe"),
        "provider_customer_id": stripe,
    }
    return {
        "invoice_grace_period": 0,
        "sync_with_provider": False,
        "document_locale": (told.get("document_locale") or seen.company.partner_id.lang or "en")[
            :2
        ],
        **{name: value for name, value in provider.items() if value},
    }


def _shipping_address(seen: _Seen) -> dict:
    told = seen.told.get("shipping_address") or {}
    return {name: told.get(name) for name in ADDRESS}


def _metadata(seen: _Seen) -> list[dict]:
    """Return what the service keeps about its customer, each pair with an id of its own."""
    return [
        {
            "lago_id": metadata_id(seen.link, one.get("key") or ""),
            "key": one.get("key") or "",
            "value": one.get("value") or "",
            "display_in_invoice": bool(one.get("display_in_invoice")),
            "created_at": moment(seen.link.create_date),
        }
        for one in seen.told.get("metadata") or []
    ]


def metadata_id(record, key: str) -> str:
    """Return the id of one of a record's own pairs: the same for the same key."""
    digest = hashlib.sha256(f"{record._name}:{record.id}:{key}".encode()).digest()
    return str(UUID(bytes=digest[:16], version=4))


def slug_of(link) -> str:
    """Return a short name of a customer, as it stands before its invoices' numbers in Lago."""
    return f"{(link.service_id.code or '')[:3].upper()}-{link.id:04d}"


CUSTOMER = Table(
    "Customer",
    {
        "lago_id": (ID, lambda seen: lago_id(seen.link)),
        "sequential_id": (WHOLE, lambda seen: seen.link.id),
        "slug": (TEXT, lambda seen: slug_of(seen.link)),
        "external_id": (TEXT, lambda seen: seen.link.external_id),
        "billing_entity_code": (TEXT, lambda seen: seen.link.service_id.code),
        "account_type": (TEXT, "customer"),
        "customer_type": (TEXT_, _told("customer_type")),
        "finalize_zero_amount_invoice": (
            TEXT,
            lambda seen: seen.told.get("finalize_zero_amount_invoice") or "inherit",
        ),
        "skip_invoice_custom_sections": (FLAG, False),
        "firstname": (TEXT_, _told("firstname")),
        "lastname": (TEXT_, _told("lastname")),
        "legal_name": (TEXT_, _told("legal_name")),
        "legal_number": (TEXT_, _told("legal_number")),
        "logo_url": (TEXT_, _told("logo_url")),
        "net_payment_term": (or_null(WHOLE), _told("net_payment_term")),
        "shipping_address": (all_of(dict.fromkeys(ADDRESS, TEXT_)), _shipping_address),
        "tax_identification_number": (TEXT_, _told("tax_identification_number")),
        "timezone": (TEXT_, _told("timezone")),
        "url": (TEXT_, _told("url")),
        **{name: (TEXT_, _contact(name)) for name in ON_CONTACT},
        "currency": (
            TEXT,
            lambda seen: (
                seen.pays_in or (seen.link._fc_currency() or seen.company.currency_id).name
            ),
        ),
        "applicable_timezone": (
            TEXT,
            lambda seen: seen.told.get("timezone") or told_zone(company_zone(seen.company)),
        ),
        "billing_configuration": (
            {
                "type": "object",
                "properties": {
                    "invoice_grace_period": WHOLE,
                    "payment_provider": TEXT,
                    "payment_provider_code": TEXT,
                    "provider_customer_id": TEXT,
                    "sync_with_provider": FLAG,
                    "document_locale": TEXT,
                },
                "required": ["invoice_grace_period", "sync_with_provider", "document_locale"],
                "additionalProperties": False,
            },
            _billing_configuration,
        ),
        "metadata": (list_of(FREE), _metadata),
        "integration_customers": (NOTHING, []),
        "taxes": (
            list_of(FREE),
            lambda seen: taxes_named(seen.link.service_id, seen.told.get("tax_codes")),
        ),
        "created_at": (MOMENT, lambda seen: moment(seen.link.create_date)),
        "updated_at": (MOMENT, lambda seen: moment(seen.link.write_date)),
    },
    root="customer",
    model="fusion.billing.account.link",
    view=_Seen,
)
