"""Lago's customer -> the row of a user, so that NexaCloud's rules and mapping serve it too."""

from __future__ import annotations

from typing import Any

from tasks.model.lago import LagoCustomer


def user_row(customer: LagoCustomer) -> dict[str, Any]:
    """Give the columns of ``users`` for a customer of Lago.

    The person's name is the contact's; where there is none, what Lago calls the customer is.
    """
    return {
        "id": customer.external_id,
        "email": customer.email,
        "full_name": customer.person or customer.name,
        "company_name": customer.company,
        "phone": customer.phone,
        "street": customer.street,
        "city": customer.city,
        "region": customer.region,
        "postal_code": customer.postal_code,
        "country_code": customer.country_code,
        "stripe_customer_id": customer.stripe_customer_id,
        "is_active": True,
        "created_at": customer.created_at,
    }
