"""What a charge costs: Lago's properties as fields of the addon's charges.

What the addon rates as Lago does is taken over; everything else is refused.
"""

from decimal import Decimal

from odoo.fields import Command

from .errors import INVALID, MANDATORY, UNSUPPORTED, InvalidError
from .filters import FILTERS
from .inputs import Anything, Choice, Flag, Free, Listing, Number, Shape, Text, Unsupported, Whole
from .objects.properties import PERCENTAGE, TIERED

_RATE = Number(6)
# Prices of one unit may have more digits than Odoo's rates: then they are kept per batch.
_UNIT_PRICE = Number(15, "invalid_amount")
_AMOUNT = Number(6, "invalid_amount")
_NO_GROUPS = {
    "pricing_group_keys": Unsupported(),
    "grouped_by": Unsupported(),
    "presentation_group_keys": Unsupported(),
}
_MOST_DIGITS = 6
_MOST_BATCH = 10**9

_STANDARD = Shape({"amount": _UNIT_PRICE, **_NO_GROUPS}, ("amount",))
_PACKAGE = Shape(
    {
        "amount": _AMOUNT,
        "package_size": Whole(1, _MOST_BATCH),
        "free_units": Whole(0, 10**12),
        **_NO_GROUPS,
    },
    ("amount", "package_size"),
)
_PERCENTAGE = Shape(
    {
        "rate": _RATE,
        "fixed_amount": _AMOUNT,
        "free_units_per_events": Whole(0, 10**9),
        "free_units_per_total_aggregation": _AMOUNT,
        "per_transaction_min_amount": _AMOUNT,
        "per_transaction_max_amount": _AMOUNT,
        **_NO_GROUPS,
    },
    ("rate",),
)
EMPTY = {
    "price_per_unit": 0.0,
    "included_quota": 0.0,
    "unit_batch": 1,
    "block_rating": "fractional",
    "flat_amount": 0.0,
    "flat_at_zero": False,
    "percent": 0.0,
    "fixed_amount": 0.0,
    "free_events": 0,
    "transaction_min": 0.0,
    "transaction_max": 0.0,
}


def terms_of(model: str, properties: dict) -> dict:
    """Return the fields of a charge of this model; all that the model leaves out are emptied.

    Raises:
        InvalidError: A property cannot be taken over.
    """
    terms = {**EMPTY, **_READERS[model](properties), "charge_model": model}
    return {**terms, "tier_ids": [Command.clear(), *terms.get("tier_ids", [])]}


def _standard(properties: dict) -> dict:
    price = _STANDARD.read(properties)["amount"]
    digits = max(-price.normalize().as_tuple().exponent, 0)
    batch = 10 ** max(digits - _MOST_DIGITS, 0)
    return {"price_per_unit": float(price * batch), "unit_batch": batch}


def _package(properties: dict) -> dict:
    values = _PACKAGE.read(properties)
    return {
        "price_per_unit": float(values["amount"]),
        "unit_batch": values["package_size"],
        "included_quota": float(values.get("free_units") or 0),
    }


def _percentage(properties: dict) -> dict:
    values = _PERCENTAGE.read(properties)
    least, most = (values.get(f"per_transaction_{end}_amount") for end in ("min", "max"))
    if least and most and least > most:
        raise InvalidError({"per_transaction_max_amount": [INVALID]})
    return {field: type(EMPTY[field])(values.get(name) or 0) for name, field in PERCENTAGE.items()}


def _tiered(root: str, price: str, field: str):
    """Return the reader of a model with tiers."""
    code = f"invalid_{root}"

    def read(properties: dict) -> dict:
        for name, kind in _NO_GROUPS.items():
            if properties.get(name):
                kind.read(properties[name])
        ranges = properties.get(root)
        if not ranges:
            raise InvalidError({root: [MANDATORY]})
        if not isinstance(ranges, list) or len(ranges) > 100:
            raise InvalidError({root: [code]})
        bounds = {"from_value": Anything(), "to_value": Anything()}
        shape = Shape({price: _RATE, "flat_amount": _AMOUNT, **bounds})
        tiers, start, last = [], Decimal(0), len(ranges) - 1
        for position, one in enumerate(ranges):
            values = shape.read(one)
            end = _bound(one, root, code, start, first=position == 0, last=position == last)
            tiers.append(
                {
                    "is_last": end is None,
                    "up_to": float(end or 0),
                    field: float(values.get(price) or 0),
                    "flat": float(values.get("flat_amount") or 0),
                }
            )
            start = end
        # Lago bills the first tier's flat fee without any usage, since July 2026.
        return {"flat_at_zero": True, "tier_ids": [Command.create(tier) for tier in tiers]}

    return read


def _bound(one: dict, root: str, code: str, below, *, first: bool, last: bool):
    """Return the end of a range, None for the last; it begins where the one below ends."""
    begin, end = (_quantity(one.get(name)) for name in ("from_value", "to_value"))
    starts_right = begin == 0 if first else begin in (below, below + 1)
    if not starts_right or (end is None) != last or (end is not None and end <= (below or 0)):
        raise InvalidError({root: [code]})
    return end


def _quantity(value):
    if value is None or isinstance(value, bool):
        return None
    try:
        number = Decimal(str(value))
    except ArithmeticError:
        return None
    return number if number.is_finite() and 0 <= number < 10**12 else None


_READERS = {
    "standard": _standard,
    "package": _package,
    "percentage": _percentage,
    **{model: _tiered(*names) for model, names in TIERED.items()},
}
MODELS = tuple(_READERS)
_NOTHING = {
    "standard": {"amount": "0"},
    "package": {"amount": "0", "package_size": 1, "free_units": 0},
    "percentage": {"rate": "0"},
}


def default_properties(model: str) -> dict:
    """Return the properties of a charge whose filters alone cost something."""
    if model in _NOTHING:
        return _NOTHING[model]
    root, price, _field = TIERED[model]
    return {root: [{"from_value": 0, "to_value": None, price: "0", "flat_amount": "0"}]}


# What is reckoned of sums alone; the rest is event by event.
_OF_SUMS = ("percent", "included_quota")


def check_metric(model: str, terms: dict, aggregation: str) -> None:
    """Refuse fees per event for a metric whose events are not added up.

    Raises:
        InvalidError: There is such a fee: it would never be billed.
    """
    if model == "percentage" and aggregation != "sum":
        by_event = (name for name, field in PERCENTAGE.items() if field not in _OF_SUMS)
        faults = {name: [UNSUPPORTED] for name in by_event if terms[PERCENTAGE[name]]}
        if faults:
            raise InvalidError(faults)


_TERMS = {
    "id": Text(40),
    "charge_model": Choice(MODELS, ("dynamic", "custom")),
    "properties": Free(),
    "code": Text(),
    "invoice_display_name": Text(),
    "min_amount_cents": Whole(0, 10**12),
    "tax_codes": Listing(Text()),
    # In arrears Lago itself takes no other.
    "invoiceable": Unsupported((None, True)),
    "pay_in_advance": Unsupported(),
    "prorated": Unsupported(),
    "regroup_paid_fees": Unsupported(),
    "filters": FILTERS,
    "applied_pricing_unit": Unsupported(),
    "accepts_target_wallet": Unsupported(),
}
CHARGE = Shape(
    {**_TERMS, "billable_metric_id": Text(40)}, mandatory=("billable_metric_id", "charge_model")
)
CHARGE_CHANGES = Shape({**_TERMS, "cascade_updates": Flag()})
CHARGE_OVERRIDE = Shape(
    {
        name: _TERMS[name]
        for name in (
            "invoice_display_name",
            "min_amount_cents",
            "properties",
            "filters",
            "tax_codes",
            "applied_pricing_unit",
        )
    }
)
NEW_CHARGE = Shape({**CHARGE.fields, "cascade_updates": Flag()}, CHARGE.mandatory)
