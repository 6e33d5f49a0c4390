"""Lago's plan -> a plan with its charges: the same price for the same usage; and the metrics."""

from __future__ import annotations

import json
from collections.abc import Iterable
from decimal import Decimal

from tasks.backfill.mapping.lago_charges import (
    AGGREGATIONS,
    ChargeContext,
    keyed_events,
    map_charges,
)
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.model.lago import LagoMetric, LagoPlan
from tasks.model.lago_periods import INTERVALS
from tasks.model.lago_prices import LARGEST_PRICE
from tasks.model.lago_support import kept_out
from tasks.model.lago_units import UNCERTAIN_CURRENCIES, metric_of
from tasks.model.records import Minimum, Plan


def map_lago_plan(plan: LagoPlan, context: ChargeContext | None = None) -> Plan:
    """Map a plan of Lago.

    Raises:
        RecordError: It cannot be read, or is sold in a way or at a price that Odoo cannot hold
            exactly; the rule is the construct's name.
    """
    key, subject = plan.lago_id, f"Plan {plan.code}."
    if plan.fault is not None:
        name = "plan_without_price" if "'amount_cents'" in plan.fault else "plan_unreadable"
        raise kept_out(key, name, f"{subject} It {plan.fault}.")
    if plan.price is None:
        raise kept_out(key, "plan_without_price", subject)
    if plan.unknown:
        raise kept_out(key, "unknown_field", f"Plan {plan.code}: {', '.join(plan.unknown)}.")
    if plan.currency in UNCERTAIN_CURRENCIES:
        raise kept_out(key, "currency_subunits", f"{subject[:-1]} costs {plan.currency}.")
    if plan.interval not in INTERVALS:
        words = f"Plan {plan.code} is billed {plan.interval}."
        raise kept_out(key, "period_unreadable", words)
    if plan.price < 0:
        raise kept_out(key, "plan_unreadable", f"{subject} It costs less than nothing.")
    if plan.price >= LARGEST_PRICE:
        raise kept_out(key, "amount_too_large", subject)
    return Plan(
        external_id=key,
        code=plan.code,
        name=plan.name,
        currency=plan.currency,
        flat_prices={plan.interval: plan.price},
        charges=map_charges(plan, context or ChargeContext()),
        active=True,
        minimum=_minimum(plan),
    )


def _minimum(plan: LagoPlan) -> Minimum | None:
    """Map the least that a period of a plan costs.

    Raises:
        RecordError: Usage of its periods was billed before they end, or it is out of bounds.
    """
    if not plan.commitment:
        return None
    key, subject = plan.lago_id, f"Plan {plan.code}."
    if plan.commitment < 0:
        raise kept_out(key, "plan_unreadable", f"{subject} Its minimum is less than nothing.")
    if plan.commitment >= LARGEST_PRICE:
        raise kept_out(key, "amount_too_large", subject)
    if plan.charges and plan.charges_monthly:
        raise kept_out(key, "commitment_cycle", subject)
    return Minimum(plan.commitment, plan.commitment_name, plan.commitment_tax_codes or None)


def usage_cycle(plan: LagoPlan) -> str | None:
    """Name the cycle by whose periods a plan's usage is rated; None where that is the month.

    What is missing to a minimum is known when its period's usage is, even where there is none.
    """
    is_told = bool(plan.charges) or bool(plan.commitment)
    if not is_told or plan.interval == "monthly":
        return None
    if plan.charges and plan.charges_monthly and plan.interval in ("semiannual", "yearly"):
        return None
    return plan.interval


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
