"""The organization, its billing entity and its endpoints: the service, billed by its company."""

from odoo.addons.fusion_centralize_billing.periods.stored import company_zone

from ..lago_id import lago_id
from ..places import told_zone
from .table import (
    CREATED,
    FLAG,
    FREE,
    ID,
    NOTHING,
    TEXT,
    TEXT_,
    UPDATED,
    WHOLE,
    Table,
    list_of,
    or_null,
)
from .tax import TAX


def _company(path: str):
    return lambda service: (service.company_id.mapped(path) or [None])[0] or None


def _zone(service) -> str:
    return told_zone(company_zone(service.company_id))


def _locale(service) -> str:
    return (service.company_id.partner_id.lang or "en")[:2]


def _taxes(service) -> list[dict]:
    codes = service.env["fusion.billing.tax.code"].search(
        [("service_id", "=", service.id), ("applied_to_organization", "=", True)]
    )
    return [TAX.show(code) for code in codes]


ADDRESS = {
    "address_line1": (TEXT_, _company("street")),
    "address_line2": (TEXT_, _company("street2")),
    "city": (TEXT_, _company("city")),
    "state": (TEXT_, _company("state_id.code")),
    "country": (TEXT_, _company("country_id.code")),
    "zipcode": (TEXT_, _company("zip")),
    "email": (TEXT_, _company("email")),
    "legal_name": (TEXT_, _company("name")),
    "legal_number": (TEXT_, _company("company_registry")),
    "tax_identification_number": (TEXT_, _company("vat")),
    "timezone": (TEXT, _zone),
    "net_payment_term": (WHOLE, 0),
    "default_currency": (TEXT, lambda service: service.company_id.currency_id.name),
    "document_number_prefix": (TEXT, lambda service: (service.code or "").upper()),
    "finalize_zero_amount_invoice": (FLAG, True),
}
ORGANIZATION = Table(
    "Organization",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda service: service.name),
        "created_at": CREATED,
        "webhook_url": (TEXT_, lambda service: service.webhook_url or None),
        "webhook_urls": (
            or_null(list_of(TEXT)),
            lambda service: service.webhook_endpoint_ids.mapped("url"),
        ),
        **ADDRESS,
        "document_numbering": (TEXT, "per_organization"),
        "email_settings": (NOTHING, []),
        "billing_configuration": (
            FREE,
            lambda service: {
                "invoice_footer": None,
                "invoice_grace_period": 0,
                "document_locale": _locale(service),
            },
        ),
        "taxes": (list_of(FREE), _taxes),
    },
    root="organization",
)
BILLING_ENTITY = Table(
    "BillingEntity",
    {
        "lago_id": (ID, lago_id),
        "code": (TEXT, lambda service: service.code),
        "name": (TEXT, lambda service: service.name),
        **ADDRESS,
        "document_locale": (TEXT, _locale),
        "document_numbering": (TEXT, "per_billing_entity"),
        "invoice_footer": (TEXT_, None),
        "invoice_grace_period": (WHOLE, 0),
        "subscription_invoice_issuing_date_anchor": (TEXT, "next_period_start"),
        "subscription_invoice_issuing_date_adjustment": (TEXT, "align_with_finalization_date"),
        "is_default": (FLAG, True),
        "email_settings": (NOTHING, []),
        "eu_tax_management": (FLAG, False),
        "logo_url": (TEXT_, None),
        "created_at": CREATED,
        "updated_at": UPDATED,
    },
    more={"taxes": (list_of(FREE), _taxes)},
    root="billing_entity",
    plural="billing_entities",
)
WEBHOOK_ENDPOINT = Table(
    "WebhookEndpoint",
    {
        "lago_id": (ID, lago_id),
        "lago_organization_id": (ID, lambda endpoint: lago_id(endpoint.service_id)),
        "webhook_url": (TEXT, lambda endpoint: endpoint.url),
        "signature_algo": (TEXT, lambda endpoint: endpoint.signature_algo),
        "name": (TEXT_, lambda endpoint: endpoint.name or None),
        "event_types": (or_null(list_of(TEXT)), lambda endpoint: endpoint.event_types or None),
        "created_at": CREATED,
    },
    root="webhook_endpoint",
    model="fusion.billing.webhook.endpoint",
)
