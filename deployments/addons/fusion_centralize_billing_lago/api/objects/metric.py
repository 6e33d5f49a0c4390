"""A billable metric."""

from ..lago_id import lago_id
from .values import moment

AGGREGATION_TYPES = {
    "count": "count_agg",
    "sum": "sum_agg",
    "max": "max_agg",
    "unique": "unique_count_agg",
    "weighted_sum": "weighted_sum_agg",
    "last": "latest_agg",
}


def metric_object(metric) -> dict:
    """Return a ``fusion.billing.metric`` as Lago's ``billable_metric``."""
    return {
        "lago_id": lago_id(metric),
        "name": metric.name,
        "code": metric.code,
        "description": metric.description or None,
        "aggregation_type": AGGREGATION_TYPES[metric._of_events()],
        "weighted_interval": "seconds" if metric._of_events() == "weighted_sum" else None,
        "recurring": False,
        "rounding_function": None,
        "rounding_precision": None,
        "expression": None,
        "field_name": metric.field_name or None,
        "created_at": moment(metric.create_date),
        "filters": [],
    }
