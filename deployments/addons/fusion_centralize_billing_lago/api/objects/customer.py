"""A customer: an account link, with what may be told of its contact."""

from odoo.addons.fusion_centralize_billing.periods.zone import company_zone

from ..lago_id import lago_id
from .values import moment

# What Odoo's contact has no place for: kept as it was told, and told back.
TOLD_BACK = (
    "customer_type",
    "finalize_zero_amount_invoice",
    "firstname",
    "lastname",
    "legal_name",
    "legal_number",
    "logo_url",
    "net_payment_term",
    "shipping_address",
    "tax_identification_number",
    "timezone",
    "url",
)
ON_CONTACT = (
    "name",
    "email",
    "phone",
    "address_line1",
    "address_line2",
    "city",
    "zipcode",
    "state",
    "country",
)


def customer_object(link) -> dict:
    """Return a ``fusion.billing.account.link`` as Lago's ``customer``.

    Of a contact that somebody else brought to Odoo, a service is told no more than it said
    itself: it might learn another service's customers by their addresses.
    """
    told = link.api_values or {}
    company = link.service_id.company_id
    contact = _contact(link.partner_id) if link.owns_partner else _told_contact(link, told)
    return {
        "lago_id": lago_id(link),
        "external_id": link.external_id,
        "account_type": "customer",
        **{name: told.get(name) for name in TOLD_BACK},
        **contact,
        "currency": company.currency_id.name,
        "applicable_timezone": company_zone(company),
        "billing_configuration": _billing_configuration(link),
        "metadata": told.get("metadata") or [],
        "integration_customers": [],
        "taxes": [],
        "created_at": moment(link.create_date),
        "updated_at": moment(max(link.write_date, link.partner_id.write_date))
        if link.owns_partner
        else moment(link.write_date),
    }


def _contact(partner) -> dict:
    return {
        "name": partner.name or None,
        "email": partner.email or None,
        "phone": partner.phone or None,
        "address_line1": partner.street or None,
        "address_line2": partner.street2 or None,
        "city": partner.city or None,
        "zipcode": partner.zip or None,
        "state": partner.state_id.code or None,
        "country": partner.country_id.code or None,
    }


def _told_contact(link, told: dict) -> dict:
    contact = {name: told.get(name) for name in ON_CONTACT}
    contact["email"] = contact["email"] or link.email_at_import or None
    return contact


def _billing_configuration(link) -> dict:
    stripe = link.stripe_customer_id or None
    return {
        "payment_provider": "stripe" if stripe else None,
        "provider_customer_id": stripe,
        "sync_with_provider": False,
    }
