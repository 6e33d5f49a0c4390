"""A billable metric, and the events that are counted by it."""

from ..lago_id import lago_id, lago_id_of
from .table import (
    CREATED,
    FLAG,
    FREE,
    ID,
    ID_,
    MOMENT,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    all_of,
    list_of,
    or_null,
)
from .values import precise_moment

AGGREGATION_TYPES = {
    "count": "count_agg",
    "sum": "sum_agg",
    "max": "max_agg",
    "unique": "unique_count_agg",
    "weighted_sum": "weighted_sum_agg",
    "last": "latest_agg",
}


_FILTER = {"key": TEXT, "values": list_of(TEXT)}
METRIC = Table(
    "BillableMetric",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda metric: metric.name),
        "code": (TEXT, lambda metric: metric.code),
        "description": (TEXT_, lambda metric: metric.description or None),
        "aggregation_type": (TEXT, lambda metric: AGGREGATION_TYPES[metric._of_events()]),
        "weighted_interval": (
            TEXT_,
            lambda metric: "seconds" if metric._of_events() == "weighted_sum" else None,
        ),
        "recurring": (FLAG, False),
        "rounding_function": (TEXT_, lambda metric: metric.rounding or None),
        "rounding_precision": (
            or_null(WHOLE),
            lambda metric: metric.rounding_digits if metric.rounding else None,
        ),
        "expression": (TEXT_, None),
        "field_name": (TEXT_, lambda metric: metric.field_name or None),
        "created_at": CREATED,
        "filters": (list_of(all_of(_FILTER)), lambda metric: metric.filters or []),
    },
    root="billable_metric",
    model="fusion.billing.metric",
    bare=("expression",),
)

_EVENT = "fusion.billing.event"
EVENT = Table(
    "Event",
    {
        "lago_id": (ID, lambda event: lago_id_of(_EVENT, event.id)),
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
