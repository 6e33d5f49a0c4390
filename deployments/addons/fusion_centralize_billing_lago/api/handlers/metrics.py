"""Billable metrics."""

from odoo.addons.fusion_centralize_billing.models.fusion_billing_metric import ROUNDINGS

from ..call import Call
from ..errors import MANDATORY, TAKEN, UNSUPPORTED, ForbiddenError, InvalidError
from ..filters import METRIC_FILTERS, listed_once
from ..finding import find_metric
from ..inputs import Choice, Shape, Text, Unsupported, Whole
from ..objects import METRIC
from ..objects.metric import AGGREGATION_TYPES
from ..paging import listed
from ..pricing import spell_anew
from ..routing import route

AGGREGATIONS = {name: aggregation for aggregation, name in AGGREGATION_TYPES.items()}
VALUES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "description": Text(),
        "aggregation_type": Choice(tuple(AGGREGATIONS)),
        "field_name": Text(),
        "weighted_interval": Choice(("seconds",)),
        "recurring": Unsupported(),
        "expression": Unsupported(),
        "rounding_function": Choice(tuple(dict(ROUNDINGS))),
        "rounding_precision": Whole(-6, 6),
        "filters": METRIC_FILTERS,
    },
    mandatory=("name", "code", "aggregation_type"),
)
# What a deleted metric may still hold of its life before.
_AS_NEW = {
    "event_aggregation": False,
    "field_name": False,
    "description": False,
    "rounding": False,
    "rounding_digits": 0,
    "filters": [],
}
# What null takes back.
_MAY_BE_WITHOUT = ("field_name", "rounding_function", "rounding_precision")
# What Lago keeps, unsaid, of a metric that a plan charges by.
_COUNTED_BY = (
    "code",
    "aggregation_type",
    "field_name",
    "weighted_interval",
    "rounding_function",
    "rounding_precision",
)
#: What of Lago's document is refused.
PARTLY = "none that recurs or has an expression"


@route("POST", "/billable_metrics", METRIC.one, body=VALUES, partly=PARTLY)
def create(call: Call) -> dict:
    """Create a billable metric."""
    values = call.body()
    metrics = call.env[METRIC.model]
    if values["code"] in metrics._by_code(call.service):
        raise InvalidError({"code": [TAKEN]})
    fields = {**_fields(values), "service_id": call.service.id, "active": True}
    _need_property(fields)
    every = metrics.with_context(active_test=False)
    deleted = every.search([*call.mine, ("code", "=", values["code"])])
    if deleted:
        deleted.write({**_AS_NEW, **fields})
    return METRIC.answer(deleted or metrics.create(fields))


@route("GET", "/billable_metrics/{code}", METRIC.one)
def find(call: Call) -> dict:
    """Find a billable metric."""
    return METRIC.answer(find_metric(call, call.path["code"]))


@route("GET", "/billable_metrics", METRIC.page)
def list_(call: Call) -> dict:
    """List billable metrics."""
    domain = [("service_id", "in", (False, call.service.id)), ("event_code", "=", False)]
    return listed(call, METRIC, domain)


@route(
    "PUT",
    "/billable_metrics/{code}",
    METRIC.one,
    body=VALUES.partial(),
    partly=PARTLY,
    faults=(403,),
)
def update(call: Call) -> dict:
    """Change a billable metric of your own; what a plan charges by counts on as it did."""
    metric = _own(call)
    values = call.body()
    if values.get("description", "") is None:
        values["description"] = ""
    _check_counts_on(call, metric, values)
    code = values.get("code")
    if code and code != metric.code:
        every = call.env[METRIC.model].with_context(active_test=False)
        if every.search_count(
            [("service_id", "in", (False, call.service.id)), ("code", "=", code)]
        ):
            raise InvalidError({"code": [TAKEN]})
    fields = _fields(
        {
            name: value
            for name, value in values.items()
            if value is not None or name in _MAY_BE_WITHOUT
        }
    )
    stored = {"aggregation": metric._of_events(), "field_name": metric.field_name}
    _need_property({**stored, **fields})
    if "aggregation" in fields:
        # Usage that was loaded keeps its own way.
        fields["event_aggregation"] = fields.pop("aggregation")
    parts = metric._parts()
    metric.write(fields)
    parts.write({"event_code": metric.code})
    try:
        spell_anew(metric)
    except InvalidError:
        # Lago takes the value from the filters of charges, and prices what it priced otherwise.
        raise InvalidError({"filters": [UNSUPPORTED]}) from None
    return METRIC.answer(metric)


@route("DELETE", "/billable_metrics/{code}", METRIC.one, faults=(403,))
def destroy(call: Call) -> dict:
    """Delete a billable metric of your own and the charges by it."""
    metric = _own(call)
    _charges_by(call, metric).unlink()
    metric.active = False
    return METRIC.answer(metric)


def _charges_by(call: Call, metric):
    """Return the charges by a metric, or by a part of it."""
    metrics = metric | metric._parts()
    return call.env["fusion.billing.charge"].search([*call.mine, ("metric_id", "in", metrics.ids)])


def _check_counts_on(call: Call, metric, values: dict) -> None:
    """Refuse to change how a metric counts, or by which code, while a plan charges by it.

    Raises:
        InvalidError: It would; by what it names.
    """
    shown = METRIC.show(metric)
    faults = {
        name: [UNSUPPORTED]
        for name in _COUNTED_BY
        if name in values and (values[name] or None) != (shown.get(name) or None)
    }
    if not faults:
        return
    charges = _charges_by(call, metric)
    if charges.filtered(lambda one: not one.service_plan_id or one.service_plan_id.active):
        raise InvalidError(faults)


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
    if "rounding_function" in values:
        fields["rounding"] = values["rounding_function"] or False
    if "rounding_precision" in values:
        fields["rounding_digits"] = values["rounding_precision"] or 0
    if "filters" in values:
        fields["filters"] = listed_once(values["filters"] or [])
    return fields


def _need_property(fields: dict) -> None:
    """Raise InvalidError for a metric of quantities that names no property."""
    if fields["aggregation"] != "count" and not fields.get("field_name"):
        raise InvalidError({"field_name": [MANDATORY]})
