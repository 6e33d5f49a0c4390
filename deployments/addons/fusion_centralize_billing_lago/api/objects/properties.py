"""A charge's properties, which each charge model has of its own."""

from decimal import Decimal

from .values import decimal_text

#: Lago's names of what a percentage says, and the fields of a charge that keep it.
PERCENTAGE = {
    "rate": "percent",
    "fixed_amount": "fixed_amount",
    "free_units_per_events": "free_events",
    "free_units_per_total_aggregation": "included_quota",
    "per_transaction_min_amount": "transaction_min",
    "per_transaction_max_amount": "transaction_max",
}
#: Of models with tiers: Lago's name of the ranges, of a range's price, and the tier's field.
TIERED = {
    "graduated": ("graduated_ranges", "per_unit_amount", "per_unit"),
    "volume": ("volume_ranges", "per_unit_amount", "per_unit"),
    "graduated_percentage": ("graduated_percentage_ranges", "rate", "percent"),
}


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
    terms = {name: charge[field] for name, field in PERCENTAGE.items()}
    return {
        name: decimal_text(value) if isinstance(value, float) else value
        for name, value in terms.items()
        if value or name in ("rate", "fixed_amount")
    }


def _tiers(charge) -> dict:
    """Return the tiers with Lago's bounds: each begins one above the end of the one below."""
    root, price, field = TIERED[charge.charge_model]
    tiers, start = [], 0
    for tier in charge.tier_ids.sorted(lambda one: (one.is_last, one.up_to)):
        end = None if tier.is_last else tier.up_to
        tiers.append(
            {
                "from_value": start,
                "to_value": int(end) if end is not None and end == int(end) else end,
                price: decimal_text(tier[field]),
                "flat_amount": decimal_text(tier.flat),
            }
        )
        start = (tiers[-1]["to_value"] or 0) + 1
    return {root: tiers}


_OF_MODEL = {
    "standard": _standard,
    "package": _package,
    "percentage": _percentage,
    **dict.fromkeys(TIERED, _tiers),
}


def properties(charge) -> dict:
    """Return the terms of a ``fusion.billing.charge`` as Lago names them."""
    return _OF_MODEL[charge.charge_model](charge)
