"""Lago's charge -> one of ours for each set of events that it prices alike, or why not."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from itertools import combinations
from typing import Any

from tasks.model.errors import RecordError
from tasks.model.lago import LagoCharge, LagoMetric, LagoPlan
from tasks.model.lago_billed import LagoFee
from tasks.model.lago_prices import LARGEST_PRICE, MODELS, Priced, held, read_prices
from tasks.model.lago_support import kept_out
from tasks.model.lago_units import METRICS, keyed_metric, metric_of
from tasks.model.rating.charge import TIERED_MODELS
from tasks.model.records import Charge, Terms

AGGREGATIONS = {
    "count_agg": "count",
    "sum_agg": "sum",
    "max_agg": "max",
    "unique_count_agg": "unique",
    "weighted_sum_agg": "weighted_sum",
    "latest_agg": "last",
}
"""The addon's words for Lago's; of any other, Odoo cannot count events."""

#: Odoo holds a batch as an integer.
LARGEST_BATCH = 2**31 - 1
#: So many values of a property can have a charge each.
MOST_GROUPS = 100
#: Values of an event's properties, sorted by property.
Group = tuple[tuple[str, str], ...]
REST: Group = ()
_GROUP_KEYS = ("pricing_group_keys", "grouped_by")
_ANY_VALUE = "__ALL_FILTER_VALUES__"


@dataclass(frozen=True, slots=True)
class ChargeContext:
    """What a charge means beside its own words.

    Attributes:
        metrics: By code; None: they were not read, and are taken to be plain sums.
        flat_at_zero: Whether this Lago bills a first tier's flat fee without usage; None:
            it does not tell its version.
        groups: Of each charge that rates by property, the values that it has billed.
    """

    metrics: Mapping[str, LagoMetric] | None = None
    flat_at_zero: bool | None = False
    groups: Mapping[str, frozenset[Group]] = field(default_factory=dict)


def map_charges(plan: LagoPlan, context: ChargeContext) -> tuple[Charge, ...]:
    """Map the charges of a plan.

    Raises:
        RecordError: One of them is priced in a way that Odoo does not know.
    """
    times = Counter(metric_of(charge.metric, Decimal(1))[0] for charge in plan.charges)
    made: list[Charge] = []
    for charge in plan.charges:
        _refuse_unsupported(plan, charge, context)
        alone = times[metric_of(charge.metric, Decimal(1))[0]] == 1
        for group, properties in _parts(plan, charge, context):
            made.append(_charge(plan, charge, group, properties, context, alone=alone))
    keys = Counter(charge.metric for charge in made)
    if any(times > 1 for times in keys.values()):
        words = f"Plan {plan.code}: two of its prices are for {keys.most_common(1)[0][0]}."
        raise kept_out(plan.lago_id, "charge_filter_unreadable", words)
    return tuple(made)


def charge_key(plan_code: str, charge: LagoCharge, group: Group) -> str:
    """Name a plan's charge for some events: its code, and what they have in common.

    >>> charge_key("team", LagoCharge("m", "standard", {}, Decimal(0), False, False, code="gpu"),
    ...            (("region", "eu"), ("size", "xl")))
    'team/gpu:region=eu,size=xl'
    """
    values = ",".join(f"{name}={value}" for name, value in group)
    return f"{plan_code}/{charge.code}:{values}" if values else f"{plan_code}/{charge.code}"


def keyed_events(plan: LagoPlan, context: ChargeContext) -> Iterator[tuple[str, str, Group, str]]:
    """Yield what keyed charges count: metric, code of the events, what they have in common, filter.

    The filter is JSON: an event has one of the values of what it ``is``, and is ``not`` one that
    a charge for more of its properties counts.
    """
    for charge in plan.charges:
        if not has_key(charge, plan):
            continue
        metric = metric_of(charge.metric, Decimal(1))[0]
        parts = {
            group: _values(plan, charge, group, context)
            for group, _ in _parts(plan, charge, context)
        }
        for group, values in parts.items():
            others = [v for v in parts.values() if len(v) > len(values) and _meet(v, values)]
            chosen = {"is": values, "not": others}
            name = keyed_metric(metric, charge_key(plan.code, charge, group))
            yield name, charge.metric, group, json.dumps(chosen, sort_keys=True)


def _values(
    plan: LagoPlan, charge: LagoCharge, group: Group, context: ChargeContext
) -> dict[str, list[str]]:
    """Give the values that the events of a part have, each property's spelled out."""
    named = {_group(each.values): each.values for each in charge.filters}
    values = named.get(group, {name: (value,) for name, value in group})
    metric = (context.metrics or {}).get(charge.metric)
    spelled = {}
    for name, listed in values.items():
        if _ANY_VALUE in listed:
            listed = metric.filters.get(name, ()) if metric else ()
        if not listed:
            raise kept_out(plan.lago_id, "charge_filter_unreadable", _subject(plan, charge))
        spelled[name] = sorted(listed)
    return spelled


def _meet(one: Mapping[str, Iterable[str]], other: Mapping[str, Iterable[str]]) -> bool:
    """Say whether an event can have the values of both."""
    return all(set(one[name]) & set(other[name]) for name in one.keys() & other.keys())


def _group(values: Mapping[str, Iterable[str]]) -> Group:
    return tuple(sorted((name, ",".join(sorted(listed))) for name, listed in values.items()))


def group_of(fee: LagoFee) -> Group:
    """Give what the events of a fee have in common; what they lack is left out."""
    groups = {name: (value,) for name, value in fee.groups.items() if value is not None}
    return _group({**fee.filters, **groups})


def has_key(charge: LagoCharge, plan: LagoPlan) -> bool:
    """Say whether usage must name the charge, because its metric alone does not tell it."""
    metric = metric_of(charge.metric, Decimal(1))[0]
    alike = sum(metric_of(each.metric, Decimal(1))[0] == metric for each in plan.charges)
    return alike > 1 or bool(charge.filters) or bool(_group_keys(charge.properties))


def groups_billed(
    plans: Iterable[LagoPlan], fees: Iterable[LagoFee]
) -> dict[str, frozenset[Group]]:
    """Collect the groups that charges with group keys have billed, by the charge's Lago id."""
    grouped = {c.lago_id for p in plans for c in p.charges if _group_keys(c.properties)}
    seen: dict[str, set[Group]] = {}
    for fee in fees:
        if fee.charge in grouped and (group := group_of(fee)):
            seen.setdefault(fee.charge, set()).add(group)
    return {charge: frozenset(groups) for charge, groups in seen.items()}


def zero_usage_flat(version: str) -> bool | None:
    """Say whether this version bills a first tier's flat fee without usage; None: unreadable.

    >>> zero_usage_flat("1.29.0"), zero_usage_flat("v1.51.0"), zero_usage_flat("a1b2c3")
    (False, True, None)
    """
    parts = version.removeprefix("v").split(".")
    if len(parts) < 2 or not all(part.isdigit() for part in parts[:2]):
        return None
    return (int(parts[0]), int(parts[1])) >= (1, 51)


def _parts(
    plan: LagoPlan, charge: LagoCharge, context: ChargeContext
) -> Iterator[tuple[Group, Mapping[str, Any]]]:
    """Yield the sets of events that a charge prices alike, with their prices."""
    subject = _subject(plan, charge)
    keys = _group_keys(charge.properties)
    filtered = [_group_keys(each.properties) for each in charge.filters]
    if charge.filters and (keys or any(filtered)):
        raise kept_out(plan.lago_id, "charge_group_filter", subject)
    if (charge.filters or keys) and charge.minimum:
        raise kept_out(plan.lago_id, "charge_minimum_groups", subject)
    for each in charge.filters:
        if not each.values or not all(each.values.values()):
            raise kept_out(plan.lago_id, "charge_filter_unreadable", subject)
        yield _group(each.values), each.properties
    _refuse_overlap(plan, charge, context)
    groups = sorted(context.groups.get(charge.lago_id, ()))
    if len(groups) > MOST_GROUPS:
        raise kept_out(plan.lago_id, "charge_group_many", subject)
    for group in groups:
        yield group, charge.properties
    yield REST, charge.properties


def _refuse_overlap(plan: LagoPlan, charge: LagoCharge, context: ChargeContext) -> None:
    """Refuse filters of which an event may meet two that name as many properties."""
    parts = [_values(plan, charge, _group(each.values), context) for each in charge.filters]
    for one, other in combinations(parts, 2):
        if len(one) == len(other) and _meet(one, other):
            raise kept_out(plan.lago_id, "charge_filter_overlap", _subject(plan, charge))


def _charge(
    plan: LagoPlan,
    charge: LagoCharge,
    group: Group,
    properties: Mapping[str, Any],
    context: ChargeContext,
    *,
    alone: bool,
) -> Charge:
    metric, per_unit = metric_of(charge.metric, Decimal(1))
    priced = _prices(plan, charge, properties)
    counted = (context.metrics or {}).get(charge.metric)
    if charge.conversion is not None and counted and not _counts_whole(counted):
        # Lago rounds an amount in the unit, which of a fraction of units is not whole.
        raise kept_out(plan.lago_id, "pricing_unit_fraction", _subject(plan, charge))
    is_plain = alone and not charge.filters and not _group_keys(charge.properties)
    if charge.minimum >= LARGEST_PRICE:
        raise kept_out(plan.lago_id, "amount_too_large", _subject(plan, charge))
    batch = int(priced.batch * per_unit)
    if batch > LARGEST_BATCH:
        raise kept_out(plan.lago_id, "charge_terms", _subject(plan, charge))
    first_flat = priced.tiers[0].flat if charge.model in TIERED_MODELS else Decimal(0)
    if first_flat and context.flat_at_zero and _group_keys(charge.properties):
        # Odoo would bill it for every group ever seen, Lago for those of the period.
        raise kept_out(plan.lago_id, "charge_minimum_groups", _subject(plan, charge))
    if first_flat and context.flat_at_zero is None:
        words = f"{_subject(plan, charge)} Lago does not tell its version."
        raise kept_out(plan.lago_id, "charge_terms", words)
    key = None if is_plain else charge_key(plan.code, charge, group)
    return Charge(
        metric=metric if key is None else keyed_metric(metric, key),
        included_quota=priced.included * per_unit,
        unit_batch=batch,
        price_per_unit=priced.price,
        charge_model=charge.model,
        currency=plan.currency,
        terms=Terms(
            minimum_amount=charge.minimum,
            percent=priced.percent,
            tiers=priced.tiers,
            flat_at_zero=bool(first_flat and context.flat_at_zero),
        ),
        external_id=key,
        group=dict(group),
        tax_codes=charge.tax_codes or None,
    )


def _prices(plan: LagoPlan, charge: LagoCharge, properties: Mapping[str, Any]) -> Priced:
    subject = _subject(plan, charge)
    try:
        priced = held(charge.model, read_prices(charge.model, properties, charge.conversion))
    except (KeyError, TypeError, ValueError, ArithmeticError):
        raise kept_out(plan.lago_id, "charge_terms", subject) from None
    if priced.unknown:
        raise _unknown(plan, priced.unknown)
    if priced.refused:
        raise kept_out(plan.lago_id, priced.refused, subject)
    return priced


def _refuse_unsupported(plan: LagoPlan, charge: LagoCharge, context: ChargeContext) -> None:
    if charge.unknown:
        raise _unknown(plan, charge.unknown)
    for is_there, name in (
        (charge.model not in MODELS, "charge_model_unknown"),
        (charge.is_in_advance and not charge.is_invoiceable, "charge_not_invoiceable"),
        (charge.is_in_advance, "charge_in_advance"),
        (charge.is_prorated, "charge_prorated"),
        (charge.is_of_target_wallet, "charge_target_wallet"),
    ):
        if is_there:
            raise kept_out(plan.lago_id, name, _subject(plan, charge))
    if context.metrics is not None:
        _refuse_metric(plan, charge, context.metrics.get(charge.metric))


def _refuse_metric(plan: LagoPlan, charge: LagoCharge, metric: LagoMetric | None) -> None:
    if metric is None or metric.fault or metric.aggregation not in AGGREGATIONS:
        raise kept_out(plan.lago_id, "metric_unknown", _subject(plan, charge))
    if metric.unknown:
        raise _unknown(plan, metric.unknown)
    for is_there, name in (
        (metric.is_recurring, "metric_recurring"),
        (bool(metric.rounding) and metric.code in METRICS, "charge_terms"),
        (metric.expression, "metric_expression"),
    ):
        if is_there:
            raise kept_out(plan.lago_id, name, _subject(plan, charge))


def _counts_whole(metric: LagoMetric) -> bool:
    is_rounded = bool(metric.rounding) and metric.rounding_digits <= 0
    return is_rounded or metric.aggregation in ("count_agg", "unique_count_agg")


def _group_keys(properties: Mapping[str, Any]) -> tuple[str, ...]:
    keys = next((properties[name] for name in _GROUP_KEYS if properties.get(name)), ())
    return tuple(keys)


def _subject(plan: LagoPlan, charge: LagoCharge) -> str:
    return f"Plan {plan.code}, the charge for {charge.metric} ({charge.model})."


def _unknown(plan: LagoPlan, names: Iterable[str]) -> RecordError:
    return kept_out(plan.lago_id, "unknown_field", f"Plan {plan.code}: {', '.join(names)}.")
