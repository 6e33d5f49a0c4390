"""A webhook endpoint."""

from ..lago_id import lago_id
from .values import moment


def webhook_endpoint_object(endpoint) -> dict:
    """Return a ``fusion.billing.webhook.endpoint`` as Lago's ``webhook_endpoint``."""
    return {
        "lago_id": lago_id(endpoint),
        "lago_organization_id": lago_id(endpoint.service_id),
        "webhook_url": endpoint.url,
        "signature_algo": endpoint.signature_algo,
        "name": endpoint.name or None,
        "event_types": endpoint.event_types or None,
        "created_at": moment(endpoint.create_date),
    }
