"""Whom Lago bills, and in whose name."""

from __future__ import annotations

from typing import Any

from deployments.sample.lago.objects.parts import LONG_AGO, Json

#: One of the zones that Lago knows; its midnights are those of America/Toronto, which it lacks.
ZONE_NAME = "America/New_York"
_ADDRESS = ("address_line1", "address_line2", "city", "state", "country", "zipcode")


def billing_entity_object(lago_id: str, code: str, name: str, **known: Any) -> Json:
    """Return a billing entity, in whose name a service is billed; its zone is Lago's default."""
    return {
        "lago_id": lago_id, "code": code, "name": name, "default_currency": "CAD",
        "document_locale": "en", "document_numbering": "per_billing_entity",
        "document_number_prefix": code[:3].upper(), "finalize_zero_amount_invoice": True,
        "invoice_footer": None, "invoice_grace_period": 0, "is_default": False,
        "net_payment_term": 0, "address_line1": None, "address_line2": None, "city": "Toronto",
        "state": "ON", "country": "CA", "zipcode": None, "email": None, "legal_name": name,
        "legal_number": None, "tax_identification_number": None, "timezone": "UTC",
        "email_settings": [], "eu_tax_management": False, "logo_url": None,
        "created_at": LONG_AGO, "updated_at": LONG_AGO, "taxes": [],
        "selected_invoice_custom_sections": [], **known,
    }  # fmt: skip


def customer_object(lago_id: str, external_id: str, entity: str, **known: Any) -> Json:
    """Return a customer; ``entity`` is the code of the billing entity that it belongs to."""
    empty = dict.fromkeys(
        (
            *_ADDRESS, "name", "firstname", "lastname", "email", "phone", "legal_name", "currency",
            "legal_number", "logo_url", "tax_identification_number", "timezone", "url",
            "net_payment_term", "customer_type",
        )
    )  # fmt: skip
    number = int(lago_id[:6], 16)
    return {
        "lago_id": lago_id,
        "sequential_id": number,
        "slug": f"NEXA-{number:06d}",
        "external_id": external_id,
        "billing_entity_code": entity,
        "applicable_timezone": known.get("timezone") or ZONE_NAME,
        "account_type": "customer",
        "finalize_zero_amount_invoice": "inherit",
        "skip_invoice_custom_sections": False,
        **empty,
        "created_at": LONG_AGO,
        "updated_at": known.get("created_at") or LONG_AGO,
        "billing_configuration": {},
        "shipping_address": dict.fromkeys(_ADDRESS),
        "metadata": [],
        "taxes": [],
        "integration_customers": [],
        "applicable_invoice_custom_sections": [],
        **known,
    }


def stripe_configuration(customer_id: str | None) -> Json:
    """Return how a customer pays by Stripe; without an id Stripe does not know them yet."""
    known = {"provider_customer_id": customer_id} if customer_id else {}
    return {"payment_provider": "stripe", "payment_provider_code": "stripe", **known}
