"""The organization and its billing entity: the service and its company, as Odoo has them."""

from ..call import Call
from ..errors import UNSUPPORTED, InvalidError, NotFoundError
from ..inputs import Anything, Shape
from ..objects import BILLING_ENTITY, ORGANIZATION, all_of, list_of
from ..routing import route

_SHARED = (
    "default_currency",
    "document_numbering",
    "document_number_prefix",
    "finalize_zero_amount_invoice",
    "net_payment_term",
    "address_line1",
    "address_line2",
    "city",
    "state",
    "country",
    "zipcode",
    "email",
    "legal_name",
    "legal_number",
    "tax_identification_number",
    "timezone",
    "email_settings",
    "billing_configuration",
)
ORGANIZATION_VALUES = Shape({name: Anything() for name in ("webhook_url", *_SHARED)})
ENTITY_VALUES = Shape(
    {
        name: Anything()
        for name in (
            "name",
            "tax_codes",
            "eu_tax_management",
            "logo",
            "invoice_custom_section_codes",
            *_SHARED,
        )
    }
)


@route(
    "PUT",
    "/organizations",
    ORGANIZATION.one,
    body=ORGANIZATION_VALUES,
    partly="the webhook's address alone",
)
def update_organization(call: Call) -> dict:
    """Set the webhook's address; the company behind is not the service's to change."""
    values = call.body()
    shown = ORGANIZATION.show(call.service)
    url = values.pop("webhook_url", None)
    _refuse_changes(values, shown)
    if url:
        call.service.webhook_url = url
    return ORGANIZATION.answer(call.service)


@route("GET", "/billing_entities", all_of({"billing_entities": list_of(BILLING_ENTITY.ref)}))
def list_(call: Call) -> dict:
    """List billing entities: the service is its only one."""
    return {"billing_entities": [BILLING_ENTITY.show(call.service)]}


@route("GET", "/billing_entities/{code}", BILLING_ENTITY.one)
def find(call: Call) -> dict:
    """Find a billing entity."""
    _check(call)
    return BILLING_ENTITY.answer(call.service, full=True)


@route(
    "PUT",
    "/billing_entities/{code}",
    BILLING_ENTITY.one,
    body=ENTITY_VALUES,
    partly="nothing is changed",
)
def update(call: Call) -> dict:
    """Accept what is so already: several services share a company, and none may change it."""
    _check(call)
    _refuse_changes(call.body(), BILLING_ENTITY.show(call.service))
    return BILLING_ENTITY.answer(call.service, full=True)


def _check(call: Call) -> None:
    if call.path["code"] != call.service.code:
        raise NotFoundError("billing_entity")


def _refuse_changes(values: dict, shown: dict) -> None:
    changed = {
        name: [UNSUPPORTED]
        for name, value in values.items()
        if value not in (None, "", [], {}) and value != shown.get(name)
    }
    if changed:
        raise InvalidError(changed)
