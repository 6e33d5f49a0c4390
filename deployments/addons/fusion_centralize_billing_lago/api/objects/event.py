"""An event: a row with the columns of ``fusion.billing.event``."""

from ..lago_id import lago_id_of
from .table import FREE, ID, ID_, MOMENT, TEXT, TEXT_, Table
from .values import precise_moment

MODEL = "fusion.billing.event"
EVENT = Table(
    "Event",
    {
        "lago_id": (ID, lambda event: lago_id_of(MODEL, event.id)),
        "transaction_id": (TEXT, lambda event: event.transaction_id),
        "lago_customer_id": (ID_, None),
        "lago_subscription_id": (ID_, None),
        "code": (TEXT, lambda event: event.code),
        "timestamp": (MOMENT, lambda event: precise_moment(event.occurred_at)),
        "precise_total_amount_cents": (TEXT_, None),
        "properties": (FREE, lambda event: event.properties or {}),
        "external_subscription_id": (TEXT, lambda event: event.external_subscription_id),
        "created_at": (MOMENT, lambda event: precise_moment(event.created_at)),
    },
    root="event",
)
