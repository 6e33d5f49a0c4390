"""A charge's properties, which each charge model has of its own."""

from decimal import Decimal

from .values import decimal_text


def _unit_price(charge) -> str:
    """Return the price of one unit, exactly where it has a finite number of digits."""
    price = Decimal(str(charge.price_per_unit)) / charge.unit_batch
    return decimal_text(price)


def _standard(charge) -> dict:
    terms = {"amount": _unit_price(charge)}
    if charge.included_quota:
        # Not Lago's: its standard charges include nothing.
        terms["free_units"] = decimal_text(charge.included_quota)
    return terms


def _package(charge) -> dict:
    return {
        "amount": decimal_text(charge.price_per_unit),
        "package_size": charge.unit_batch,
        "free_units": int(charge.included_quota),
    }


def _percentage(charge) -> dict:
    terms = {
        "rate": decimal_text(charge.percent),
        "fixed_amount": decimal_text(charge.fixed_amount),
        "free_units_per_events": charge.free_events or None,
        "free_units_per_total_aggregation": charge.included_quota,
        "per_transaction_min_amount": charge.transaction_min,
        "per_transaction_max_amount": charge.transaction_max,
    }
    return {
        name: decimal_text(value) if isinstance(value, float) else value
        for name, value in terms.items()
        if value
    }


def _tiers(charge, price_name: str, flat_name: str, field: str) -> list[dict]:
    """Return the tiers with Lago's bounds: each begins one above the end of the one below."""
    tiers, start = [], 0
    for tier in charge.tier_ids.sorted(lambda one: (one.is_last, one.up_to)):
        end = None if tier.is_last else tier.up_to
        tiers.append(
            {
                "from_value": start,
                "to_value": int(end) if end is not None and end == int(end) else end,
                price_name: decimal_text(tier[field]),
                flat_name: decimal_text(tier.flat),
            }
        )
        start = (tiers[-1]["to_value"] or 0) + 1
    return tiers


def _graduated(charge) -> dict:
    return {"graduated_ranges": _tiers(charge, "per_unit_amount", "flat_amount", "per_unit")}


def _volume(charge) -> dict:
    return {"volume_ranges": _tiers(charge, "per_unit_amount", "flat_amount", "per_unit")}


def _graduated_percentage(charge) -> dict:
    return {"graduated_percentage_ranges": _tiers(charge, "rate", "flat_amount", "percent")}


_OF_MODEL = {
    "standard": _standard,
    "package": _package,
    "percentage": _percentage,
    "graduated": _graduated,
    "volume": _volume,
    "graduated_percentage": _graduated_percentage,
}


def properties(charge) -> dict:
    """Return the terms of a ``fusion.billing.charge`` as Lago names them."""
    return _OF_MODEL[charge.charge_model](charge)
