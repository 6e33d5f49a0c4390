"""Metrics that a bundle's plans charge for: those not in Odoo yet are created."""


def load_metrics(env, metrics: list[dict]) -> None:
    """Create what is missing; a metric that is there belongs to Odoo and stays as it is.

    Args:
        env: Superuser environment.
        metrics: ``code``, ``name`` and ``aggregation`` of each, checked.
    """
    model = env["fusion.billing.metric"].with_context(active_test=False)
    wanted = {metric["code"]: metric for metric in metrics}
    known = set(model.search([("code", "in", list(wanted))]).mapped("code"))
    model.create([wanted[code] for code in sorted(wanted.keys() - known)])


def check_metrics(env, metrics: list) -> str | None:
    """Say in a sentence what is wrong with the metrics of a bundle; None if they are right."""
    methods = dict(env["fusion.billing.metric"]._fields["aggregation"].selection)
    for metric in metrics:
        named = isinstance(metric, dict) and metric.keys() == {"code", "name", "aggregation"}
        if not named or not all(isinstance(text, str) and text for text in metric.values()):
            return "A metric of the bundle needs code, name and aggregation, all texts."
        if metric["aggregation"] not in methods:
            return f"A metric's aggregation is one of {', '.join(methods)}."
    return None
