"""user -> customer: one partner and one account link in Odoo."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tasks.model.errors import RecordError
from tasks.model.records import Customer
from tasks.model.texts import said


def map_customer(user: Mapping[str, Any]) -> Customer:
    """Map one row of ``users``; orders are attached later.

    The person's name wins over the company's, which is kept beside it, so that nothing of
    the source is dropped. Text is trimmed; text of nothing but blanks is None.

    Raises:
        RecordError: The user has neither a name nor a company.
    """
    company = said(user["company_name"])
    name = said(user["full_name"]) or company
    if name is None:
        raise RecordError(user["id"], "name_missing", "The customer has no name and no company.")
    country = said(user["country_code"])
    return Customer(
        external_id=user["id"],
        name=name,
        email=said(user["email"]),
        company_name=company,
        phone=said(user["phone"]),
        street=said(user["street"]),
        city=said(user["city"]),
        region=said(user["region"]),
        postal_code=said(user["postal_code"]),
        country_code=country.upper() if country else None,
        stripe_customer_id=said(user["stripe_customer_id"]),
        # Who is not said to have left is here.
        active=user["is_active"] is not False,
        created_at=user["created_at"],
    )
