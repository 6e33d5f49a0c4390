"""Customers: accounts of the service, and the contacts that are billed for them."""

from odoo import fields

from odoo.addons.fusion_centralize_billing.loader.customers import CustomerLoader
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, Row

from ..call import Call
from ..errors import INVALID, UnprocessableError
from ..finding import any_link, find_link
from ..inputs import Flag, Free, Listing, Shape, Text, Whole
from ..objects import CUSTOMER
from ..objects.customer import full_name, shown_before
from ..paging import listed
from ..places import country_of, state_of
from ..routing import route

ADDRESS = Shape(
    {
        name: Text()
        for name in ("address_line1", "address_line2", "city", "zipcode", "state", "country")
    }
)
METADATA = Shape({"id": Text(), "key": Text(40), "value": Text(255), "display_in_invoice": Flag()})
VALUES = Shape(
    {
        "external_id": Text(200),
        "name": Text(),
        "firstname": Text(),
        "lastname": Text(),
        "legal_name": Text(),
        "legal_number": Text(),
        "email": Text(254, r"[^@\s]+@[^@\s]+"),
        "phone": Text(60),
        "address_line1": Text(),
        "address_line2": Text(),
        "city": Text(),
        "zipcode": Text(24),
        "state": Text(),
        "country": Text(2, "[A-Za-z]{2}"),
        "currency": Text(3, "[A-Za-z]{3}"),
        "timezone": Text(64),
        "url": Text(),
        "logo_url": Text(),
        "customer_type": Text(40),
        "tax_identification_number": Text(60),
        "net_payment_term": Whole(),
        "finalize_zero_amount_invoice": Text(20),
        "shipping_address": ADDRESS,
        "metadata": Listing(METADATA, 20),
        "billing_configuration": Free(5_000),
    },
    mandatory=("external_id",),
)
# What is not on a contact and not kept as told either.
_ELSEWHERE = ("external_id", "currency", "billing_configuration")


@route("POST", "/customers", CUSTOMER.one, body=("customer", VALUES), faults=(400, 422))
def create(call: Call) -> dict:
    """Create a customer, or update the values sent."""
    values = call.body()
    _check(call, values)
    link = any_link(call, values["external_id"])
    link = _update(call, link, values) if link else make_customer(call, values)
    return {"customer": CUSTOMER.show(link)}


@route("GET", "/customers/{external_id}", CUSTOMER.one, faults=(404,))
def find(call: Call) -> dict:
    """Find a customer."""
    return {"customer": CUSTOMER.show(find_link(call, call.path["external_id"]))}


@route(
    "GET",
    "/customers",
    CUSTOMER.page,
    query={"external_id": Text(200), "search_term": Text()},
    paged=True,
    faults=(422,),
)
def list_(call: Call) -> dict:
    """List customers."""
    domain = [("service_id", "=", call.service.id), ("deleted_at", "=", False)]
    wanted = call.wanted()
    if "external_id" in wanted:
        domain.append(("external_id", "=", wanted["external_id"]))
    if "search_term" in wanted:
        # Not in the contact: of one that is shared with others, its service knows nothing.
        domain += [
            "|",
            ("external_id", "ilike", wanted["search_term"]),
            ("email_at_import", "ilike", wanted["search_term"]),
        ]
    model = "fusion.billing.account.link"
    return listed(call, model, domain, "id desc", "customers", CUSTOMER.show)


@route("DELETE", "/customers/{external_id}", CUSTOMER.one, faults=(404, 422))
def destroy(call: Call) -> dict:
    """Delete a customer and end its subscriptions."""
    link = find_link(call, call.path["external_id"])
    orders = call.env["sale.order"].search(
        [("x_fc_service_id", "=", call.service.id), ("x_fc_account_link_id", "=", link.id)]
    )
    for order in orders:
        if order.x_fc_status in ("active", "pending"):
            order._fc_end()
    shown = CUSTOMER.show(link)
    link.write({"deleted_at": fields.Datetime.now()})
    return {"customer": shown}


def make_customer(call: Call, values: dict):
    """Create a customer as a load would: linked to the contact of its address, if there is one.

    Raises:
        UnprocessableError: Odoo cannot store a value.
    """
    told = _told({}, values)
    data = {
        "external_id": values["external_id"],
        "name": _name(told, values["external_id"]),
        "email": told.get("email"),
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
    }
    row = Row("customer", data["external_id"], data, "")
    CustomerLoader(call.env, call.service, full_compare=False).load([row])
    if row.outcome == FAILED:
        field = {"unknown_country": "country"}.get(row.code, "base")
        raise UnprocessableError({field: [INVALID if field != "base" else row.message]})
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
        changes["email_at_import"] = values["email"] or False
    link.write(changes)
    if contact and link._keeps_contact():
        link.partner_id.write(contact)
    return link


def _contact_values(call: Call, link, told: dict, values: dict) -> dict:
    """Return the contact's fields for the values that came."""
    plain = {
        "email": "email",
        "phone": "phone",
        "address_line1": "street",
        "address_line2": "street2",
        "city": "city",
        "zipcode": "zip",
        "legal_name": "company_name",
    }
    contact = {field: values[name] or False for name, field in plain.items() if name in values}
    if {"name", "firstname", "lastname"} & values.keys():
        contact["name"] = _name(told, link.external_id)
    if {"country", "state"} & values.keys():
        country = country_of(call.env, told.get("country"))
        contact["country_id"] = country.id
        contact["state_id"] = state_of(call.env, country, told.get("state")).id
    return contact


def _check(call: Call, values: dict) -> None:
    currency = values.get("currency")
    if currency and currency.upper() != call.currency.name:
        raise UnprocessableError({"currency": [INVALID]})


def _told(before: dict, values: dict) -> dict:
    """Return what the service has said of the customer so far."""
    told = {**before, **{name: v for name, v in values.items() if name not in _ELSEWHERE}}
    return {name: value for name, value in told.items() if value not in (None, "")}


def _name(told: dict, external_id: str) -> str:
    return full_name(told) or external_id


def _stripe_id(values: dict):
    configuration = values.get("billing_configuration") or {}
    known = configuration.get("provider_customer_id")
    stripe = configuration.get("payment_provider") in (None, "stripe")
    return known if stripe and isinstance(known, str) and len(known) < 256 else None
