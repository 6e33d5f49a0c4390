"""A plan's charges as records: one, or with filters one for each of them and one for the rest.

What a filter prices is a metric of its own, which counts some of the metric's events.
"""

import hashlib
from dataclasses import dataclass

from odoo.fields import Command

from .errors import MANDATORY, TAKEN, UNSUPPORTED, InvalidError, read_each, under
from .filters import check_apart, check_listed, event_filters, spelled
from .finding import check_tax_codes, metric_of_id
from .lago_id import lago_id
from .objects.properties import properties
from .objects.values import major
from .terms import EMPTY, check_metric, default_properties, terms_of

MODEL = "fusion.billing.charge"
#: What of a charge is the same for all that its filters price.
_SHARED = (
    "service_id",
    "plan_code",
    "plan_external_id",
    "product_id",
    "currency_id",
    "taxes_told",
    "tax_ids",
)
#: How a metric counts, so do its parts.
COUNTED = (
    "aggregation",
    "event_aggregation",
    "field_name",
    "unit_name",
    "rounding",
    "rounding_digits",
)
_TIER = ("is_last", "up_to", "per_unit", "percent", "flat")
# An index takes no longer ones.
_LONGEST_CODE = 500


@dataclass(frozen=True)
class Wanted:
    """What came for a charge.

    Attributes:
        metric: By which the app charges.
        fields: Of the charge itself.
        filters: Values, name and fields of each; None: those that it has.
    """

    metric: object
    fields: dict
    filters: list[dict] | None


def wanted_of(call, plan, values: dict, charge) -> Wanted:
    """Return what came for a charge.

    Args:
        call: The request.
        plan: Whose charge it is.
        values: As they came.
        charge: The charge that is there already; possibly empty.

    Raises:
        InvalidError: A value cannot be taken.
    """
    metric = metric_of_id(call, values["billable_metric_id"])
    if not metric or metric.event_code:
        raise InvalidError({"billable_metric_id": ["relation_must_exist"]})
    model, filters = values["charge_model"], values.get("filters")
    fields = _fields(call, plan, values, metric)
    _check_whole(charge, filters)
    if filters is None and charge.filter_ids and model != charge.charge_model:
        raise InvalidError({"filters": [MANDATORY]})
    if fields["minimum_amount"] and (filters or (filters is None and charge.filter_ids)):
        # One for all that they price together.
        raise InvalidError({"min_amount_cents": [UNSUPPORTED]})
    return Wanted(metric, fields, None if filters is None else _read(model, filters, metric))


def write_charge(call, plan, wanted: Wanted, charge):
    """Write a charge of a plan, and what its filters price; return it.

    Args:
        call: The request.
        plan: Whose charge it is.
        wanted: What came for it.
        charge: The charge that is there already; empty for a new one.
    """
    if charge:
        charge.write(wanted.fields)
    else:
        own = {"service_plan_id": plan.id, "metric_id": wanted.metric.id}
        charge = call.env[MODEL].create({**wanted.fields, **own})
    if wanted.filters or (charge.filter_ids and wanted.filters is not None):
        kept = {key_of(part): part for part in charge.filter_ids}
        _write_parts(call, charge, [(kept.get(key_of(one)), one) for one in wanted.filters])
    charge.filter_ids.write({name: wanted.fields[name] for name in _SHARED})
    return charge


def copy_charge(call, charge, plan):
    """Make a charge of another plan that costs what one does, with its filters; return it."""
    own = {
        "service_plan_id": plan.id,
        "plan_code": plan.code,
        "plan_external_id": plan.external_id,
        "plan_id": False,
        "metric_id": (charge.metric_id._whole() if charge.filter_ids else charge.metric_id).id,
    }
    made = charge.copy({**own, **_copied(charge)})
    if charge.filter_ids:
        _write_parts(call, made, [(None, _copied(part)) for part in charge.filter_ids])
    return made


def _copied(charge) -> dict:
    """Return what a charge costs, and what was told of it, as values of another."""
    tiers = [{name: tier[name] for name in _TIER} for tier in charge.tier_ids]
    return {
        **{name: charge[name] for name in (*EMPTY, "charge_model", "api_values")},
        "tier_ids": [Command.create(tier) for tier in tiers],
    }


def write_filter(call, charge, values: dict, part):
    """Write one filter of a charge and return it.

    Args:
        call: The request.
        charge: Whose filter it is.
        values: As they came, whole.
        part: The filter that is there already; empty for a new one.

    Raises:
        InvalidError: A value cannot be taken.
    """
    if charge.minimum_amount:
        raise InvalidError({"values": [UNSUPPORTED]})
    _check_whole(charge, [values])
    metric = charge.metric_id._whole()
    others = charge.filter_ids - part
    one = _read_one(charge.charge_model, values, metric)
    told = [other._filter()["values"] for other in others]
    try:
        check_apart([spelled(each, metric.filters or []) for each in (*told, values["values"])])
    except InvalidError as fault:
        (details,) = fault.details.values()
        raise InvalidError(details) from None
    _write_parts(call, charge, [*((each, None) for each in others), (part, one)])
    return part or charge.filter_ids.filtered(lambda each: each not in others)


def remove_filter(call, part) -> None:
    """Remove a filter: its charge prices what it did."""
    charge = part.filter_of_id
    _write_parts(call, charge, [(one, None) for one in charge.filter_ids - part])


def spell_anew(metric) -> None:
    """Let what filters of charges price follow the metric's own filters, names and ways to count.

    Raises:
        InvalidError: A charge prices a value that the metric does not list any more.
    """
    if not metric.service_id:
        return
    parts = metric._parts()
    parts.write({name: metric[name] for name in COUNTED})
    filters = metric.env[MODEL].search([("filter_of_id.metric_id", "in", parts.ids)])
    for one in filters:
        check_listed(one._filter()["values"], metric.filters or [])
    for charge in filters.filter_of_id:
        _spell(charge, metric)


def _check_whole(charge, filters: list | None) -> None:
    """Refuse filters of a charge that the backfill made of a part: its parts are charges.

    Raises:
        InvalidError: There are some.
    """
    if filters and charge.metric_id.event_code and not charge.filter_ids:
        raise InvalidError({"filters": [UNSUPPORTED]})


def _fields(call, plan, values: dict, metric) -> dict:
    model = values["charge_model"]
    told = values.get("properties")
    if not told and values.get("filters"):
        told = default_properties(model)
    terms = _terms(model, told or {}, metric)
    codes = check_tax_codes(call, values)
    named = {name: values[name] for name in ("code", "invoice_display_name") if values.get(name)}
    return {
        **terms,
        "service_id": call.service.id,
        "plan_code": plan.code,
        "plan_external_id": plan.external_id,
        "product_id": plan.overage_product_id.id,
        "minimum_amount": major(values.get("min_amount_cents") or 0, plan.currency_id),
        "currency_id": plan.currency_id.id,
        "taxes_told": bool(codes),
        "tax_ids": [Command.set(codes.tax_ids.ids)],
        "api_values": {**named, **({"tax_codes": codes.mapped("code")} if codes else {})},
    }


def _terms(model: str, told: dict, metric) -> dict:
    with under("properties"):
        terms = terms_of(model, told)
        check_metric(model, terms, metric._of_events())
    return terms


def _read(model: str, filters: list[dict], metric) -> list[dict]:
    """Return what came for the filters of a charge.

    Raises:
        InvalidError: A value cannot be taken; by index.
    """
    with under("filters"):
        read = read_each(lambda one: _read_one(model, one, metric), filters)
        check_apart([spelled(one["values"], metric.filters or []) for one in filters])
    return read


def _read_one(model: str, one: dict, metric) -> dict:
    check_listed(one["values"], metric.filters or [])
    told = {name: one[name] for name in ("values", "invoice_display_name") if one.get(name)}
    return {**_terms(model, one["properties"], metric), "api_values": told}


def key_of(part) -> str:
    """Return what tells a filter of a charge from its others."""
    values = part["api_values"]["values"]
    return "&".join(f"{key}={','.join(sorted(values[key]))}" for key in sorted(values))


def _write_parts(call, charge, wanted: list[tuple]) -> None:
    """Make what a charge's filters price: records that are there or None, and their fields.

    Fields of None stay what they are.
    """
    metric = charge.metric_id._whole()
    kept = call.env[MODEL].union(*(part for part, _fields in wanted if part))
    (charge.filter_ids - kept).unlink()
    if not wanted:
        charge.metric_id = metric
        return
    shared = {name: charge[name] for name in _SHARED if name != "tax_ids"}
    shared = charge._convert_to_write(shared) | {"tax_ids": [Command.set(charge.tax_ids.ids)]}
    shared |= {"service_plan_id": charge.service_plan_id.id, "filter_of_id": charge.id}
    for part, fields in wanted:
        if fields is None:
            continue
        own = {**fields, "metric_id": _part_of(call, charge, metric, key_of(fields)).id}
        if part:
            part.write(own)
        else:
            call.env[MODEL].create({**own, **shared})
    if not charge.metric_id.event_code:
        charge.metric_id = _part_of(call, charge, metric, "")
    _spell(charge, metric)


def _part_of(call, charge, metric, key: str):
    """Return the metric that counts some of a metric's events for a plan; new if there is none."""
    metrics = call.env[metric._name].with_context(active_test=False)
    code = f"{metric.code}[{charge.plan_external_id}{':' if key else ''}{key}]"
    if len(code) > _LONGEST_CODE:
        code = f"{metric.code}[{hashlib.sha256(code.encode()).hexdigest()}]"
    while found := metrics.search([("service_id", "=", call.service.id), ("code", "=", code)]):
        if found.event_code == metric.code:
            return found
        code += "'"
    return metrics.create(
        {
            **{name: metric[name] for name in COUNTED},
            "service_id": call.service.id,
            "code": code,
            "name": metric.name,
            "event_code": metric.code,
        }
    )


def _spell(charge, metric) -> None:
    parts = charge.filter_ids
    values = [spelled(part._filter()["values"], metric.filters or []) for part in parts]
    chosen = event_filters(values)
    for part, one in zip(parts, chosen, strict=False):
        name = f"{metric.name} ({part._filter_name()})"
        part.metric_id.write({"event_filter": one, "name": name, "event_code": metric.code})
    rest = {"event_filter": chosen[-1], "name": metric.name, "event_code": metric.code}
    charge.metric_id.write(rest)


def told_of(part) -> dict:
    """Return a filter of a charge as it was told."""
    told = part._filter()
    return {
        "invoice_display_name": told.get("invoice_display_name"),
        "properties": properties(part),
        "values": told["values"],
    }


def write_charges(call, plan, charges: list[dict]) -> None:
    """Make the plan's charges those that came; one that names its id, or its metric, is kept.

    Raises:
        InvalidError: A value cannot be taken; by index.
    """
    left, metrics = plan._main_charges(), set()

    def read(values: dict) -> tuple:
        nonlocal left
        charge = _meant(call, left, values)
        wanted = wanted_of(call, plan, values, charge)
        if not charge and wanted.metric in metrics:
            raise InvalidError({"billable_metric_id": [TAKEN]})
        metrics.add(wanted.metric)
        left -= charge
        return wanted, charge

    with under("charges"):
        every = read_each(read, charges)
    left.unlink()
    for wanted, charge in every:
        write_charge(call, plan, wanted, charge)
    # Nobody can be charged by them until an order of the plan is live.
    call.env[MODEL]._follow_orders(call.service, [plan.external_id])


def _meant(call, charges, values: dict):
    """Return which of a plan's charges came: by its id, or the first by its metric; or none."""
    metric = metric_of_id(call, values["billable_metric_id"])
    alike = charges.filtered(lambda charge: charge.metric_id._whole() == metric)
    named = alike.filtered(lambda charge: lago_id(charge) == values.get("id"))
    return (named or alike)[:1]
