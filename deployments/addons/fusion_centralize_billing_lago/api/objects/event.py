"""An event."""

from ..lago_id import lago_id_of
from .values import precise_moment

MODEL = "fusion.billing.event"


def event_object(event) -> dict:
    """Return a stored event as Lago's ``event``.

    Args:
        event: A row with the columns of ``fusion.billing.event``.
    """
    return {
        "lago_id": lago_id_of(MODEL, event.id),
        "transaction_id": event.transaction_id,
        "lago_customer_id": None,
        "lago_subscription_id": None,
        "code": event.code,
        "timestamp": precise_moment(event.occurred_at),
        "precise_total_amount_cents": None,
        "properties": event.properties or {},
        "external_subscription_id": event.external_subscription_id,
        "created_at": precise_moment(event.created_at),
    }
