"""Customers: accounts of the service, and the contacts that are billed for them."""

from zoneinfo import available_timezones

from odoo import fields

from odoo.addons.fusion_centralize_billing.loader.contact_terms import ContactTerms, PaymentTerms
from odoo.addons.fusion_centralize_billing.loader.customers import CustomerLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, Row

from ...crediting.endings import end_subscription
from ..call import Call
from ..currencies import currencies_of, find_currency
from ..errors import INVALID, UNSUPPORTED, InvalidError
from ..finding import any_link, check_entity, check_tax_codes, entity_query, find_link
from ..inputs import CURRENCY, Choice, Emails, Flag, Keyed, Listing, Shape, Text, Unsupported, Whole
from ..objects import CUSTOMER
from ..objects.customer import ADDRESS, PLAIN, full_name, shown_before
from ..paging import page_of
from ..places import country_of, state_of
from ..routing import route
from .customer_filters import filtered

METADATA = Shape({"id": Text(), "key": Text(40), "value": Text(255), "display_in_invoice": Flag()})
_METHODS = Choice(
    ("card", "link"), ("sepa_debit", "us_bank_account", "bacs_debit", "boleto", "crypto")
)
BILLING = Shape(
    {
        "invoice_grace_period": Unsupported(),
        "subscription_invoice_issuing_date_anchor": Unsupported(),
        "subscription_invoice_issuing_date_adjustment": Unsupported(),
        "payment_provider": Choice(
            ("stripe",), ("adyen", "cashfree", "flutterwave", "gocardless", "moneyhash")
        ),
        "payment_provider_code": Text(),
        "provider_customer_id": Text(),
        "sync": Flag(),
        "sync_with_provider": Flag(),
        "document_locale": Text(10, r"[A-Za-z]{2,3}([-_][A-Za-z]{2})?"),
        "provider_payment_methods": Listing(_METHODS),
    }
)
VALUES = Shape(
    {
        "external_id": Text(200),
        "billing_entity_code": Text(),
        "name": Text(),
        "firstname": Text(),
        "lastname": Text(),
        "legal_name": Text(),
        "legal_number": Text(),
        "email": Emails(),
        "phone": Text(60),
        "address_line1": Text(),
        "address_line2": Text(),
        "city": Text(),
        "zipcode": Text(24),
        "state": Text(),
        "country": Text(2, "([A-Za-z]{2})?"),
        "currency": CURRENCY,
        "timezone": Text(64),
        "url": Text(),
        "logo_url": Text(),
        "account_type": Choice(("customer",), ("partner",)),
        "customer_type": Choice(("company", "individual")),
        "tax_identification_number": Text(60),
        "tax_codes": Listing(Text()),
        "net_payment_term": Whole(0, 3650),
        "finalize_zero_amount_invoice": Choice(("inherit", "finalize"), ("skip",)),
        "skip_invoice_custom_sections": Unsupported(),
        "invoice_custom_section_codes": Unsupported(),
        "integration_customers": Unsupported(),
        "shipping_address": Shape(dict.fromkeys(ADDRESS, Text())),
        "metadata": Listing(METADATA, 20),
        "billing_configuration": BILLING,
    },
    mandatory=("external_id",),
)
# What is not on a contact and not kept as told either.
_ELSEWHERE = ("external_id", "billing_entity_code")


@route(
    "POST",
    "/customers",
    CUSTOMER.one,
    body=VALUES,
    partly="no partners, grace periods, integrations and invoice sections",
    faults=(404,),
)
def create(call: Call) -> dict:
    """Create a customer, or update the values sent."""
    values = call.body()
    link = any_link(call, values["external_id"])
    _check(call, link, values)
    link = _update(call, link, values) if link else make_customer(call, values)
    return CUSTOMER.answer(link)


@route("GET", "/customers/{external_id}", CUSTOMER.one)
def find(call: Call) -> dict:
    """Find a customer."""
    return CUSTOMER.answer(find_link(call, call.path["external_id"]))


@route(
    "GET",
    "/customers",
    CUSTOMER.page,
    query={
        "external_id": Text(200),
        "search_term": Text(),
        "account_type[]": Listing(Choice(("customer", "partner"))),
        "countries[]": Listing(Text(2)),
        "states[]": Listing(Text()),
        "zipcodes[]": Listing(Text(24)),
        "currencies[]": Listing(Text(3)),
        "has_tax_identification_number": Choice(("true", "false")),
        "customer_type": Choice(("company", "individual")),
        "has_customer_type": Choice(("true", "false")),
        "metadata[key]": Keyed(),
        **entity_query(),
    },
)
def list_(call: Call) -> dict:
    """List customers."""
    wanted = call.wanted()
    domain = [("service_id", "=", call.service.id), ("deleted_at", "=", False)]
    if "external_id" in wanted:
        domain.append(("external_id", "=", wanted["external_id"]))
    if "search_term" in wanted:
        # Not in the contact: of one that is shared with others, its service knows nothing.
        domain += [
            "|",
            ("external_id", "ilike", wanted["search_term"]),
            ("email_at_import", "ilike", wanted["search_term"]),
        ]
    domain += filtered(call, wanted)
    links, page = call.env["fusion.billing.account.link"], page_of(call.query)
    total = links.search_count(domain)
    found = links.search(domain, order="id desc", limit=page.size, offset=page.offset)
    pays_in = currencies_of(found)
    return {
        "customers": [CUSTOMER.show(link, pays_in[link.id]) for link in found],
        "meta": page.meta(total),
    }


@route("DELETE", "/customers/{external_id}", CUSTOMER.one)
def destroy(call: Call) -> dict:
    """Delete a customer: its subscriptions, coupons and wallets end, as if each was ended."""
    link = find_link(call, call.path["external_id"])
    orders = call.env["sale.order"].search(
        [("x_fc_service_id", "=", call.service.id), ("x_fc_account_link_id", "=", link.id)]
    )
    for order in orders:
        if order.x_fc_status in ("active", "pending"):
            end_subscription(order, {})
    for model in ("fusion.billing.applied.coupon", "fusion.billing.wallet"):
        call.env[model].search([("link_id", "=", link.id)])._terminate()
    shown = CUSTOMER.show(link)
    link.write({"deleted_at": fields.Datetime.now()})
    return {"customer": shown}


def make_customer(call: Call, values: dict):
    """Create a customer as a load would: linked to the contact of its address, if there is one.

    Raises:
        InvalidError: Odoo cannot store a value.
    """
    told = _told({}, values)
    emails = (told.get("email") or "").split(",")
    data = {
        "external_id": values["external_id"],
        "name": _name(told, values["external_id"]),
        "email": emails[0] or None,
        "emails": emails if len(emails) > 1 else [],
        "company_name": told.get("legal_name"),
        "phone": told.get("phone"),
        "street": told.get("address_line1"),
        "city": told.get("city"),
        "region": told.get("state"),
        "postal_code": told.get("zipcode"),
        "country_code": told.get("country"),
        "stripe_customer_id": _stripe_id(values),
        "active": True,
        "orders": [],
        **terms_told(told),
        "language": _language(call, values),
        "vat": told.get("tax_identification_number"),
    }
    row = Row("customer", data["external_id"], data, "")
    CustomerLoader(call.env, call.service, full_compare=False).load([row])
    if row.outcome == FAILED:
        field = {"unknown_country": "country"}.get(row.code, "base")
        raise InvalidError({field: [INVALID if field != "base" else row.message]})
    link = any_link(call, data["external_id"])
    link.write({"api_values": told})
    if link._keeps_contact() and told.get("address_line2"):
        link.partner_id.write({"street2": told["address_line2"]})
    return link


def _update(call: Call, link, values: dict):
    """Write what came; a contact that is not the account's alone is left as it is.

    The answer is the same either way, and so is what is refused: a service must not learn whose
    addresses Odoo knows.
    """
    told = _told(link.api_values or shown_before(link), values)
    contact = _contact_values(call, link, told, values)
    changes = {"api_values": told, "deleted_at": False}
    if "billing_configuration" in values:
        changes["stripe_customer_id"] = _stripe_id(values)
    if "email" in values:
        changes["email_at_import"] = (values["email"] or "").partition(",")[0] or False
    link.write(changes)
    if "net_payment_term" in values:
        _write_term(call, link, values["net_payment_term"])
    if contact and link._keeps_contact():
        link.partner_id.write(contact)
    return link


def _contact_values(call: Call, link, told: dict, values: dict) -> dict:
    """Return the contact's fields for the values that came."""
    plain = {**PLAIN, "legal_name": "company_name", "tax_identification_number": "vat"}
    contact = {field: values[name] or False for name, field in plain.items() if name in values}
    if {"name", "firstname", "lastname"} & values.keys():
        contact["name"] = _name(told, link.external_id)
    if {"country", "state"} & values.keys():
        country = country_of(call.env, told.get("country"))
        contact["country_id"] = country.id
        contact["state_id"] = state_of(call.env, country, told.get("state")).id
    language = _language(call, values)
    if language:
        contact["lang"] = language
    return contact


def terms_told(told: dict) -> dict:
    """Return what a customer's subscriptions take from it, as a load names it."""
    terms = {"payment_term_days": told.get("net_payment_term"), "tax_codes": told.get("tax_codes")}
    return {name: value for name, value in terms.items() if value is not None}


def _write_term(call: Call, link, days) -> None:
    """Let the contact and its subscriptions be due after so many days; None: as others are."""
    term = PaymentTerms(call.env, call.company).get(days) if days is not None else None
    if link._keeps_contact():
        link.partner_id.with_company(call.company).property_payment_term_id = term
    orders = call.env["sale.order"].search(
        [("x_fc_account_link_id", "=", link.id), ("state", "!=", "cancel")]
    )
    orders.write({"payment_term_id": term.id if term else False})


def _language(call: Call, values: dict) -> str | None:
    """Return Odoo's language for the documents' locale.

    Raises:
        InvalidError: Odoo does not speak it.
    """
    told = (values.get("billing_configuration") or {}).get("document_locale")
    if not told:
        return None
    language = ContactTerms(call.env, call.company)._language(told)
    if not language:
        raise InvalidError({"billing_configuration": {"document_locale": [UNSUPPORTED]}})
    return language


def _check(call: Call, link, values: dict) -> None:
    if values.get("currency"):
        currency = find_currency(call, values)
        if (link._fc_billed_in() or currency) != currency:
            raise InvalidError({"currency": ["currencies_does_not_match"]})
        values["currency"] = currency.name
    if values.get("timezone") and values["timezone"] not in available_timezones():
        raise InvalidError({"timezone": [INVALID]})
    check_entity(call, values)
    check_tax_codes(call, values)


def _told(before: dict, values: dict) -> dict:
    """Return what the service has said of the customer so far."""
    told = {**before, **{name: v for name, v in values.items() if name not in _ELSEWHERE}}
    if told.get("billing_configuration"):
        # Who takes the money is kept with the account.
        told["billing_configuration"] = {
            **(before.get("billing_configuration") or {}),
            **told["billing_configuration"],
        }
    return {name: value for name, value in told.items() if value not in (None, "")}


def _name(told: dict, external_id: str) -> str:
    return full_name(told) or external_id


def _stripe_id(values: dict):
    configuration = values.get("billing_configuration") or {}
    known = configuration.get("provider_customer_id")
    stripe = configuration.get("payment_provider") in (None, "stripe")
    return known if stripe and isinstance(known, str) and len(known) < 256 else None
