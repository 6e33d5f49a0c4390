"""Metrics that a bundle's plans charge for: those not in Odoo yet are created."""

import json

_NEEDED = frozenset({"code", "name", "aggregation"})
_OF_EVENTS = frozenset({"event_aggregation", "field_name", "event_code", "event_filter", "filters"})
_ROUNDED = frozenset({"rounding", "rounding_digits"})
_KNOWN = _NEEDED | _OF_EVENTS | _ROUNDED
#: What a later load may change: a property has a new value, or the source rounds otherwise.
_CHANGEABLE = {"event_filter": False, "filters": False, "rounding": False, "rounding_digits": 0}
#: No quantity has more digits on either side of its point.
_MOST_DIGITS = 15


def load_metrics(env, service, metrics: list[dict]) -> None:
    """Create what the service lacks, as its own; of one that is there some terms may change.

    Args:
        env: Superuser environment.
        service: The ``fusion.billing.service`` whose plans charge for them.
        metrics: ``code``, ``name`` and ``aggregation`` of each, checked; and how events of it
            count, if that is known.
    """
    if not metrics:
        return
    model = env["fusion.billing.metric"].with_context(active_test=False)
    wanted = {metric["code"]: _values(metric) for metric in metrics}
    known = model._by_code(service)
    for code in sorted(wanted.keys() & known.keys()):
        if known[code].service_id == service:
            terms = {name: wanted[code].get(name, none) for name, none in _CHANGEABLE.items()}
            changed = {name: each for name, each in terms.items() if known[code][name] != each}
            if changed:
                known[code].write(changed)
    missing = sorted(wanted.keys() - known.keys())
    model.create([{**wanted[code], "service_id": service.id} for code in missing])


def _values(metric: dict) -> dict:
    digits = {"rounding_digits": int(metric["rounding_digits"])} if "rounding" in metric else {}
    filters = {"filters": json.loads(metric["filters"])} if "filters" in metric else {}
    return {**metric, **digits, **filters}


def _are_filters(text: str) -> bool:
    """Say whether a text is a metric's filters: names of properties, and their values."""
    try:
        filters = json.loads(text)
    except (ValueError, RecursionError):
        return False
    return isinstance(filters, list) and all(
        isinstance(one, dict)
        and one.keys() == {"key", "values"}
        and isinstance(one["key"], str)
        and isinstance(one["values"], list)
        and all(isinstance(value, str) for value in one["values"])
        for one in filters
    )


def _rounds(metric: dict, roundings: dict) -> bool:
    """Say whether a metric's rounding is none, or one that can be done."""
    if not _ROUNDED & metric.keys():
        return True
    digits = metric.get("rounding_digits", "").removeprefix("-")
    is_whole = digits.isascii() and digits.isdigit() and int(digits) <= _MOST_DIGITS
    return metric.get("rounding") in roundings and is_whole


def check_metrics(env, metrics: list) -> str | None:
    """Say in a sentence what is wrong with the metrics of a bundle; None if they are right."""
    fields = env["fusion.billing.metric"]._fields
    methods, roundings = (dict(fields[each].selection) for each in ("aggregation", "rounding"))
    for metric in metrics:
        named = isinstance(metric, dict) and _NEEDED <= metric.keys() <= _KNOWN
        if not named or not all(isinstance(text, str) and text for text in metric.values()):
            return "A metric of the bundle needs code, name and aggregation, all texts."
        if not {metric["aggregation"], metric.get("event_aggregation", "sum")} <= methods.keys():
            return f"A metric's aggregation is one of {', '.join(methods)}."
        if not _are_filters(metric.get("filters", "[]")):
            return "A metric's filters are a list of key and values, all texts, as JSON."
        if not _rounds(metric, roundings):
            return "A metric is rounded by round, ceil or floor, to a whole number of decimals."
    return None
