"""Metrics that a bundle's plans charge for: those not in Odoo yet are created."""

_NEEDED = frozenset({"code", "name", "aggregation"})
_OF_EVENTS = frozenset({"event_aggregation", "field_name", "event_code", "event_filter"})


def load_metrics(env, service, metrics: list[dict]) -> None:
    """Create what the service lacks, as its own; a metric that is there stays as it is.

    But for which events it counts: a value that a property has not had before changes that.

    Args:
        env: Superuser environment.
        service: The ``fusion.billing.service`` whose plans charge for them.
        metrics: ``code``, ``name`` and ``aggregation`` of each, checked; and how events of it
            count, if that is known.
    """
    if not metrics:
        return
    model = env["fusion.billing.metric"].with_context(active_test=False)
    wanted = {metric["code"]: metric for metric in metrics}
    known = model._by_code(service)
    for code in sorted(wanted.keys() & known.keys()):
        chosen = wanted[code].get("event_filter", False)
        if known[code].service_id == service and known[code].event_filter != chosen:
            known[code].event_filter = chosen
    missing = sorted(wanted.keys() - known.keys())
    model.create([{**wanted[code], "service_id": service.id} for code in missing])


def check_metrics(env, metrics: list) -> str | None:
    """Say in a sentence what is wrong with the metrics of a bundle; None if they are right."""
    methods = dict(env["fusion.billing.metric"]._fields["aggregation"].selection)
    for metric in metrics:
        named = isinstance(metric, dict) and _NEEDED <= metric.keys() <= _NEEDED | _OF_EVENTS
        if not named or not all(isinstance(text, str) and text for text in metric.values()):
            return "A metric of the bundle needs code, name and aggregation, all texts."
        if not {metric["aggregation"], metric.get("event_aggregation", "sum")} <= methods.keys():
            return f"A metric's aggregation is one of {', '.join(methods)}."
    return None
