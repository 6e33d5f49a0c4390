"""A plan's charges: read from the bundle, and compared with those in Odoo."""

from odoo.fields import Command

from . import values
from .differences import differences
from .row import InvalidRowError
from .taxes import TaxCodes

# Terms that a source need not speak of; Odoo's own stay where it does not.
_AMOUNTS = ("flat_amount", "minimum_amount", "percent", "fixed_amount")
_LIMITS = ("transaction_min", "transaction_max")
_TIER_AMOUNTS = ("per_unit", "flat", "percent")
_MOST = 2**31


def read_charges(env, charges: list[dict], shared: dict, tax_codes: TaxCodes) -> dict[int, dict]:
    """Return the values of a plan's charges by metric id; ``tiers`` is no field, see below.

    Args:
        env: Superuser environment in the service's company.
        charges: As they came; their currency has been checked.
        shared: Values that all charges of the plan have.
        tax_codes: The service's.

    Raises:
        InvalidRowError: A value is wrong, or a metric is unknown or there twice.
    """
    service = env["fusion.billing.service"].browse(shared["service_id"])
    known = env["fusion.billing.metric"]._by_code(service)
    metrics = {code: metric.id for code, metric in known.items()}
    fields = env["fusion.billing.charge"]._fields
    models = dict(fields["charge_model"].selection)
    found = {}
    for data in charges:
        metric_id = metrics.get(data["metric"])
        if not metric_id or metric_id in found or data["charge_model"] not in models:
            raise InvalidRowError(
                "invalid_value",
                "A charge needs a metric of Odoo's list, once per plan, and a known model.",
            )
        found[metric_id] = {
            **shared,
            "metric_id": metric_id,
            "included_quota": values.quantity(data, "included_quota"),
            "price_per_unit": values.amount(data, "price_per_unit"),
            "unit_batch": _whole(data, "unit_batch", 1),
            "charge_model": data["charge_model"],
            **taxes_told(tax_codes.of(data)),
            **_terms(data, dict(fields["block_rating"].selection)),
        }
    return found


def taxes_told(tax_ids: list[int] | None) -> dict:
    """Return the fields that keep what the service says of a charge's taxes."""
    return {"taxes_told": tax_ids is not None, "tax_ids": tax_ids or False}


def new_charge(wanted: dict) -> dict:
    """Return the values to create a charge with."""
    own = {name: value for name, value in wanted.items() if name != "tiers"}
    tiers = wanted.get("tiers")
    return {**own, "tier_ids": [Command.create(tier) for tier in tiers]} if tiers else own


def changes_of(charge, wanted: dict) -> dict:
    """Return what has to be written so that ``charge`` is as wanted; its tiers as a whole."""
    own = {name: value for name, value in wanted.items() if name != "tiers"}
    changed = differences(charge, own)
    tiers = wanted.get("tiers")
    if tiers is not None and _sorted(tiers) != _sorted(charge.tier_ids.read(_TIER_FIELDS)):
        changed["tier_ids"] = [Command.clear(), *(Command.create(tier) for tier in tiers)]
    return changed


_TIER_FIELDS = ("is_last", "up_to", *_TIER_AMOUNTS)


def _sorted(tiers: list[dict]) -> list[tuple]:
    return sorted(tuple(tier[name] for name in _TIER_FIELDS) for tier in tiers)


def _terms(data: dict, ratings: dict) -> dict:
    """Return the values of those optional terms that the charge has."""
    terms = {name: values.amount(data, name) for name in _AMOUNTS if name in data}
    for name in _LIMITS:
        if name in data:
            # Odoo's 0 means that there is no such limit.
            terms[name] = 0.0 if data[name] is None else values.amount(data, name)
    if data.get("transaction_max") is not None and not terms["transaction_max"]:
        raise InvalidRowError("invalid_value", "transaction_max must be above 0, or null.")
    if "flat_at_zero" in data:
        terms["flat_at_zero"] = values.flag(data, "flat_at_zero")
    if "free_events" in data:
        terms["free_events"] = _whole(data, "free_events", 0)
    if "block_rating" in data:
        if data["block_rating"] not in ratings:
            raise InvalidRowError("invalid_value", "block_rating must be fractional or whole.")
        terms["block_rating"] = data["block_rating"]
    if "tiers" in data:
        terms["tiers"] = [_tier(tier) for tier in data["tiers"]]
    return terms


def _tier(data: dict) -> dict:
    is_last = data["up_to"] is None
    return {
        "is_last": is_last,
        "up_to": 0.0 if is_last else values.quantity(data, "up_to"),
        **{name: values.amount({name: "0", **data}, name) for name in _TIER_AMOUNTS},
    }


def _whole(data: dict, name: str, least: int) -> int:
    value = data[name]
    if type(value) is not int or not least <= value < _MOST:
        raise InvalidRowError("invalid_value", f"{name} must be a whole number of {least} or more.")
    return value
