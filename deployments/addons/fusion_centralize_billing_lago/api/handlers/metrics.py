"""Billable metrics."""

from ..call import Call
from ..errors import TAKEN, ForbiddenError, UnprocessableError
from ..finding import find_metric
from ..inputs import Choice, Shape, Text, Unsupported
from ..objects import metric_object
from ..objects.metric import AGGREGATION_TYPES
from ..paging import listed

AGGREGATIONS = {name: aggregation for aggregation, name in AGGREGATION_TYPES.items()}
METRIC = Shape(
    {
        "name": Text(),
        "code": Text(),
        "description": Text(),
        "aggregation_type": Choice(tuple(AGGREGATIONS)),
        "field_name": Text(),
        "weighted_interval": Choice(("seconds",)),
        "recurring": Unsupported(),
        "expression": Unsupported(),
        "rounding_function": Unsupported(),
        "rounding_precision": Unsupported(),
        "filters": Unsupported(),
    },
    mandatory=("name", "code", "aggregation_type"),
)
MODEL = "fusion.billing.metric"
# What a deleted metric may still hold of its life before.
_AS_NEW = {"event_aggregation": False, "field_name": False, "description": False}


def create(call: Call) -> dict:
    """Create a metric of the service; a deleted one of the same code comes back."""
    values = call.body("billable_metric", METRIC)
    metrics = call.env[MODEL]
    if values["code"] in metrics._by_code(call.service):
        raise UnprocessableError({"code": [TAKEN]})
    fields = {**_fields(values), "service_id": call.service.id, "active": True}
    _need_property(fields)
    deleted = metrics.with_context(active_test=False).search(
        [("service_id", "=", call.service.id), ("code", "=", values["code"])]
    )
    if deleted:
        deleted.write({**_AS_NEW, **fields})
    return {"billable_metric": metric_object(deleted or metrics.create(fields))}


def find(call: Call) -> dict:
    """Return one metric."""
    return {"billable_metric": metric_object(find_metric(call, call.path["code"]))}


def list_(call: Call) -> dict:
    """Return a page of the metrics: the service's own and those of the house."""
    domain = [("service_id", "in", (False, call.service.id)), ("event_code", "=", False)]
    return listed(call, MODEL, domain, "id desc", "billable_metrics", metric_object)


def update(call: Call) -> dict:
    """Change a metric of the service."""
    metric = _own(call)
    values = call.body("billable_metric", METRIC.partial())
    code = values.get("code")
    if code and code != metric.code:
        every = call.env[MODEL].with_context(active_test=False)
        if every.search_count(
            [("service_id", "in", (False, call.service.id)), ("code", "=", code)]
        ):
            raise UnprocessableError({"code": [TAKEN]})
    fields = _fields({name: value for name, value in values.items() if value is not None})
    stored = {"aggregation": metric._of_events(), "field_name": metric.field_name}
    _need_property({**stored, **fields})
    if "aggregation" in fields:
        # Usage that was loaded keeps its own way.
        fields["event_aggregation"] = fields.pop("aggregation")
    metric.write(fields)
    return {"billable_metric": metric_object(metric)}


def destroy(call: Call) -> dict:
    """Delete a metric of the service and the charges by it; its past usage stays."""
    metric = _own(call)
    call.env["fusion.billing.charge"].search(
        [("service_id", "=", call.service.id), ("metric_id", "=", metric.id)]
    ).unlink()
    metric.active = False
    return {"billable_metric": metric_object(metric)}


def _own(call: Call):
    """Return the metric if the service may change it.

    Raises:
        ForbiddenError: It is one of the house, by which other services count too.
    """
    metric = find_metric(call, call.path["code"])
    if metric.service_id != call.service:
        raise ForbiddenError("shared_billable_metric")
    return metric


def _fields(values: dict) -> dict:
    fields = {
        name: values[name]
        for name in ("name", "code", "description", "field_name")
        if name in values
    }
    if "aggregation_type" in values:
        fields["aggregation"] = AGGREGATIONS[values["aggregation_type"]]
    return fields


def _need_property(fields: dict) -> None:
    """Raise UnprocessableError for a metric of quantities that names no property."""
    if fields["aggregation"] != "count" and not fields.get("field_name"):
        raise UnprocessableError({"field_name": ["value_is_mandatory"]})
