"""Customers by what their accounts, contacts and prices say."""

from odoo.tools import SQL

from ..call import Call
from ..currencies import PAYS_IN

# What the service said itself counts; of an account that was loaded, its contact.
_OF_CONTACT = {
    "countries": ("country", SQL("country.code")),
    "states": ("state", SQL("state.code")),
    "zipcodes": ("zipcode", SQL("partner.zip")),
}


def _conditions(call: Call, wanted: dict):
    """Yield a condition for each filter of what accounts and contacts hold."""
    told = SQL("link.api_values::jsonb")
    for name, (key, column) in _OF_CONTACT.items():
        if name in wanted:
            before = SQL("CASE WHEN link.owns_partner AND %s IS NULL THEN %s END", told, column)
            value = SQL("COALESCE(%s->>%s, %s)", told, key, before)
            yield SQL("lower(%s) = ANY(%s)", value, [one.lower() for one in wanted[name]])
    if "currencies" in wanted:
        yield SQL("%s = ANY(%s)", PAYS_IN, [one.upper() for one in wanted["currencies"]])
    if "account_type" in wanted:
        yield _says("customer" in wanted["account_type"])
    if "billing_entity_codes" in wanted:
        yield _says(call.service.code in wanted["billing_entity_codes"])
    if "customer_type" in wanted:
        yield SQL("%s->>'customer_type' = %s", told, wanted["customer_type"])
    for name, key in (
        ("has_customer_type", "customer_type"),
        ("has_tax_identification_number", "tax_identification_number"),
    ):
        if name in wanted:
            yield SQL("(%s->>%s IS NOT NULL) = %s", told, key, wanted[name] == "true")
    for key, value in wanted.get("metadata", {}).items():
        pair = SQL(
            "EXISTS (SELECT FROM jsonb_array_elements(%s->'metadata') AS pair "
            "WHERE pair->>'key' = %s AND pair->>'value' = %s)",
            told,
            key,
            value,
        )
        yield pair


def _says(held: bool) -> SQL:
    return SQL("true") if held else SQL("false")


def filtered(call: Call, wanted: dict) -> list:
    """Return a domain of the accounts that hold what is wanted of them and their contacts."""
    conditions = list(_conditions(call, wanted))
    if not conditions:
        return []
    call.env.flush_all()
    query = SQL(
        """
        SELECT link.id FROM fusion_billing_account_link link
        JOIN res_partner partner ON partner.id = link.partner_id
        LEFT JOIN res_country country ON country.id = partner.country_id
        LEFT JOIN res_country_state state ON state.id = partner.state_id
        WHERE link.service_id = %s AND %s
        """,
        call.service.id,
        SQL(" AND ").join(conditions),
    )
    return [("id", "in", [link_id for (link_id,) in call.env.execute_query(query)])]
