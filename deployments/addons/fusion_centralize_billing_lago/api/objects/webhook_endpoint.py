"""A webhook endpoint: a ``fusion.billing.webhook.endpoint``."""

from ..lago_id import lago_id
from .table import CREATED, ID, TEXT, TEXT_, Table, list_of, or_null

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
