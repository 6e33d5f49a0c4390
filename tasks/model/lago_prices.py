"""The prices of a charge, by its model: Lago's properties -> what Odoo multiplies with.

Odoo holds a price to 6 decimals, Lago to 15: a finer price is that of a larger batch.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal
from functools import partial
from itertools import pairwise
from typing import Any

from tasks.model.lago_units import is_nothing
from tasks.model.rating.charge import Tier

ZERO, ONE = Decimal(0), Decimal(1)
MOST_DECIMALS = 6
#: Odoo holds no price of so much, and no quantity of more digits.
LARGEST_PRICE = Decimal(10) ** 8
MOST_WHOLE_DIGITS, MOST_DIGITS = 10, 15
#: Decimals of a pricing unit, to which Lago rounds before it converts.
UNIT_DECIMALS = 2
#: Of a percentage: these need every single event, and Lago tells the period's sum.
_PER_EVENT = (
    "fixed_amount",
    "free_units_per_events",
    "per_transaction_min_amount",
    "per_transaction_max_amount",
)
_RANGES = "_ranges"
_OF_TIERS = frozenset({"from_value", "to_value", "per_unit_amount", "flat_amount", "rate"})
_HARMLESS = frozenset({"pricing_group_keys", "grouped_by", "presentation_group_keys"})


@dataclass(frozen=True, slots=True)
class Priced:
    """What a charge's properties say, in the metric's own unit.

    Attributes:
        price: Of ``batch`` units, in the currency's major unit.
        batch: A whole number of units.
        included: Units that cost nothing.
        percent: Share of an amount; 1.5 is 1.5 %.
        tiers: In batches.
        refused: Name of the construct that keeps the charge out; empty: none does.
        unknown: Properties that hold something and that nobody here knows.
    """

    price: Decimal = ZERO
    batch: Decimal = ONE
    included: Decimal = ZERO
    percent: Decimal = ZERO
    tiers: tuple[Tier, ...] = ()
    refused: str = ""
    unknown: tuple[str, ...] = ()

    @property
    def amounts(self) -> tuple[Decimal, ...]:
        """Every price in it, percentages too."""
        tiers = (price for tier in self.tiers for price in (tier.per_unit, tier.flat, tier.percent))
        return (self.price, self.percent, *tiers)


def read_prices(model: str, properties: Mapping[str, Any], conversion: Decimal | None) -> Priced:
    """Read the prices of a charge, as exact as Lago has them.

    Args:
        model: One of ``MODELS``.
        properties: Lago's own, prices as texts.
        conversion: What one pricing unit is worth; None: prices are in the currency.

    Raises:
        KeyError, TypeError, ValueError, ArithmeticError: They are not prices of this model.
    """
    reader, known = MODELS[model]
    priced = replace(reader(properties), unknown=tuple(_unknown(properties, known)))
    if conversion is not None:
        priced = _converted(priced, conversion)
    return priced


def _unknown(properties: Mapping[str, Any], known: frozenset[str]) -> Iterator[str]:
    """Yield the names of what nobody here knows, also of a tier's."""
    for name, value in properties.items():
        if name not in known and name not in _HARMLESS and not is_nothing(value):
            yield f"charge.properties.{name}"
        if name.endswith(_RANGES) and name in known:
            for tier in value or ():
                for inner, each in tier.items():
                    if inner not in _OF_TIERS and not is_nothing(each):
                        yield f"charge.properties.{name}.{inner}"


def _standard(properties: Mapping[str, Any]) -> Priced:
    return Priced(price=_number(properties["amount"]))


def _package(properties: Mapping[str, Any]) -> Priced:
    return Priced(
        price=_number(properties["amount"]),
        batch=_whole(properties["package_size"]),
        included=_number(properties["free_units"] or 0),
    )


def _percentage(properties: Mapping[str, Any]) -> Priced:
    if any(_number(properties.get(name) or 0) for name in _PER_EVENT):
        return Priced(refused="charge_per_event")
    free = _number(properties.get("free_units_per_total_aggregation") or 0)
    return Priced(percent=_number(properties["rate"]), included=free)


def _tiered(name: str, properties: Mapping[str, Any], *, may_touch: bool = True) -> Priced:
    ranges: Sequence[Mapping[str, Any]] = properties[name]
    tiers = tuple(
        Tier(
            None if each["to_value"] is None else _number(each["to_value"]),
            per_unit=_number(each.get("per_unit_amount") or 0),
            flat=_number(each.get("flat_amount") or 0),
            percent=_number(each.get("rate") or 0),
        )
        for each in ranges
    )
    steps = {_number(after["from_value"]) - (tier.up_to or ZERO)
             for tier, (_, after) in zip(tiers, pairwise(ranges), strict=False)}  # fmt: skip
    ends = [tier.up_to for tier in tiers]
    allowed = ({ONE}, {ZERO}) if may_touch else ({ONE},)
    is_whole = bool(tiers) and ends[-1] is None and None not in ends[:-1]
    if not is_whole or (steps and steps not in allowed):
        return Priced(tiers=tiers, refused="charge_terms")
    return Priced(tiers=tiers)


MODELS: dict[str, tuple[Callable[[Mapping[str, Any]], Priced], frozenset[str]]] = {
    "standard": (_standard, frozenset({"amount"})),
    "package": (_package, frozenset({"amount", "package_size", "free_units"})),
    "graduated": (partial(_tiered, "graduated_ranges"), frozenset({"graduated_ranges"})),
    "volume": (partial(_tiered, "volume_ranges"), frozenset({"volume_ranges"})),
    "percentage": (
        _percentage,
        frozenset({"rate", "free_units_per_total_aggregation", *_PER_EVENT}),
    ),
    "graduated_percentage": (
        # Touching tiers Lago counts one unit too many in.
        partial(_tiered, "graduated_percentage_ranges", may_touch=False),
        frozenset({"graduated_percentage_ranges"}),
    ),
}
"""Model -> how it is read, and the properties that it has."""


def _converted(priced: Priced, rate: Decimal) -> Priced:
    """Price in the currency; Lago rounds in the unit first, so only whole subunits convert."""
    if priced.percent or any(_decimals(price) > UNIT_DECIMALS for price in priced.amounts):
        return replace(priced, refused=priced.refused or "pricing_unit_fraction")
    tiers = tuple(
        replace(tier, per_unit=tier.per_unit * rate, flat=tier.flat * rate) for tier in priced.tiers
    )
    return replace(priced, price=priced.price * rate, tiers=tiers)


def held(model: str, priced: Priced) -> Priced:
    """Make the batch as large as prices have decimals that Odoo cannot hold.

    What it cannot hold so either is refused.
    """
    per_unit = [priced.price, *(tier.per_unit for tier in priced.tiers)]
    scale = Decimal(10) ** max(0, *(_decimals(each) - MOST_DECIMALS for each in per_unit))
    if scale == 1 or model == "package":
        made = priced
    else:
        tiers = tuple(
            replace(
                tier,
                per_unit=tier.per_unit * scale,
                up_to=None if tier.up_to is None else tier.up_to / scale,
            )
            for tier in priced.tiers
        )
        made = replace(priced, price=priced.price * scale, batch=priced.batch * scale, tiers=tiers)
    if made.refused:
        return made
    if any(price >= LARGEST_PRICE for price in priced.amounts):
        return replace(made, refused="amount_too_large")
    bounds = (made.included, *(tier.up_to for tier in made.tiers if tier.up_to is not None))
    if not all(map(is_price, made.amounts)) or not all(map(is_quantity, bounds)):
        return replace(made, refused="charge_terms")
    return made


def is_quantity(number: Decimal) -> bool:
    """Say whether Odoo holds a quantity exactly.

    >>> is_quantity(Decimal("2.5")), is_quantity(Decimal("0.1234567")), is_quantity(Decimal(-1))
    (True, False, False)
    """
    decimals = _decimals(number)
    whole = len(str(int(number)))
    fits = decimals <= MOST_DECIMALS and whole <= MOST_WHOLE_DIGITS
    return number >= 0 and fits and whole + decimals <= MOST_DIGITS


def is_price(number: Decimal) -> bool:
    """Say whether Odoo holds a price exactly."""
    return 0 <= number < LARGEST_PRICE and _decimals(number) <= MOST_DECIMALS


def _number(text: object) -> Decimal:
    number = Decimal(str(text))
    if not number.is_finite():
        raise ValueError(f"{text!r} is no number")
    return number


def _whole(number: object) -> Decimal:
    found = _number(number)
    if found != int(found) or found < 1:
        raise ValueError(f"{number!r} is no whole number above 0")
    return found


def _decimals(price: Decimal) -> int:
    exponent = price.normalize().as_tuple().exponent
    return -exponent if isinstance(exponent, int) and exponent < 0 else 0
