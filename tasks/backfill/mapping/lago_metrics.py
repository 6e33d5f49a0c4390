"""The metrics of Lago that Odoo has to know for its plans."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from tasks.backfill.mapping.lago_charges import (
    AGGREGATIONS,
    keyed_events,
)
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.model.lago import (
    LagoMetric,
)
from tasks.model.lago_units import metric_of
from tasks.model.records import (
    Plan,
)


def wire_metrics(source: LagoSource, plans: Iterable[Plan]) -> list[dict[str, str]]:
    """Give the metrics that the plans charge for, as a bundle carries them.

    Whatever Lago does to count, its fees tell one quantity a period: here it is a sum. Events,
    which the app may send to Odoo itself one day, count as they do in Lago. A charge that is not
    told by its metric alone has one of its own, which counts some of the metric's events; the
    metric itself is there for the plans that the app makes.
    """
    taken = {plan.external_id for plan in plans}
    known = {metric.code: metric for metric in source.metrics}
    wire: dict[str, dict[str, str]] = {}
    for plan in source.all_plans:
        if plan.lago_id not in taken:
            continue
        for charge in plan.charges:
            code, _ = metric_of(charge.metric, Decimal(1))
            wire[code] = _wire_metric(code, known.get(code))
            if metric := known.get(code):
                wire[code] |= _wire_filters(metric)
        for code, of_events, group, chosen in keyed_events(plan, source.charge_context):
            told = _wire_metric(code, known.get(of_events))
            if group:
                told["name"] += f" ({', '.join(value for _, value in group)})"
            wire[code] = told | {"event_code": of_events, "event_filter": chosen}
    return [wire[code] for code in sorted(wire)]


def _wire_filters(metric: LagoMetric) -> dict[str, str]:
    if not metric.filters:
        return {}
    filters = [{"key": key, "values": list(values)} for key, values in metric.filters.items()]
    return {"filters": json.dumps(filters)}


def _wire_metric(code: str, metric: LagoMetric | None) -> dict[str, str]:
    wire = {"code": code, "name": metric.name if metric else code, "aggregation": "sum"}
    method = AGGREGATIONS.get(metric.aggregation) if metric else None
    if method:
        wire["event_aggregation"] = method
    if metric and metric.field_name:
        wire["field_name"] = metric.field_name
    if metric and metric.rounding:
        wire |= {"rounding": metric.rounding, "rounding_digits": str(metric.rounding_digits)}
    return wire
