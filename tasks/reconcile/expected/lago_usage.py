"""Prices Lago's usage by its charges: models, filters, groups, minimums; each fee rounded alone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from decimal import Decimal

from tasks.model.errors import FusionError
from tasks.model.lago import LagoCharge, LagoFixedCharge, LagoPlan
from tasks.model.lago_billed import LagoFee
from tasks.model.lago_periods import prorated
from tasks.model.lago_prices import UNIT_DECIMALS, read_prices
from tasks.model.money import minor_digits
from tasks.model.rating.charge import TIERED_MODELS, RatedCharge
from tasks.model.rating.outcome import rate

ZERO = Decimal(0)
#: Lago's version since which a first tier's flat fee is due without usage.
_ZERO_USAGE_FLAT = (1, 51)


def priced_usage(
    plan: LagoPlan, fees: Iterable[LagoFee], version: str
) -> tuple[dict[str, Decimal], int]:
    """Price what was counted in a period; gives amounts by metric, and how many have no price.

    Units that several fees of one charge have under the same filter and group count as one.
    """
    counted: dict[tuple[str, str, str], list[LagoFee]] = defaultdict(list)
    for fee in fees:
        part = repr((sorted(fee.filters.items()), sorted(fee.groups.items(), key=repr)))
        counted[fee.code, fee.charge or "", part].append(fee)
    amounts: dict[str, Decimal] = defaultdict(Decimal)
    missing = 0
    for (code, _, _), theirs in counted.items():
        charge = _charge_of(plan, theirs[0])
        units = sum((fee.units for fee in theirs), ZERO)
        amount = None if charge is None else _amount(plan, charge, theirs[0], units, version)
        if amount is None:
            missing += 1
        else:
            amounts[code] += amount
    return dict(amounts), missing


def true_ups(
    plan: LagoPlan,
    fees: Sequence[LagoFee],
    version: str,
    days: tuple[int, int],
    digits: int,
) -> Iterator[tuple[str, Decimal]]:
    """Yield what lifts charges to their minimum, by metric.

    ``days`` are those of the part that is billed, and of the whole period.
    """
    found: dict[str, Decimal] = defaultdict(Decimal)
    for charge in plan.charges:
        mine = [fee for fee in fees if charge.minimum and _charge_of(plan, fee) is charge]
        if mine:
            amounts, _ = priced_usage(plan, mine, version)
            missing = prorated(charge.minimum, *days, digits) - amounts.get(charge.metric, ZERO)
            found[charge.metric] += max(missing, ZERO)
    yield from ((metric, missing) for metric, missing in found.items() if missing)


def fixed_price(fixed: LagoFixedCharge, digits: int, days: int, whole: int) -> Decimal | None:
    """Price the units of a fixed charge for some days of a period.

    Of one that is prorated the units are, not the price: tiers and their flat fees are not.
    None: its terms cannot be read.
    """
    terms = _terms(fixed.model, fixed.properties, flat_at_zero=True)
    if terms is None:
        return None
    units = fixed.units * days / whole if fixed.is_prorated else fixed.units
    return prorated(rate(terms, units).amount, 1, 1, digits)


def _charge_of(plan: LagoPlan, fee: LagoFee) -> LagoCharge | None:
    """Find a fee's charge: by its id, or, of a plan that was replaced, the one of its metric."""
    by_id = [charge for charge in plan.charges if charge.lago_id == fee.charge]
    by_metric = [charge for charge in plan.charges if charge.metric == fee.code]
    found = by_id or (by_metric if len(by_metric) == 1 else [])
    return found[0] if found else None


def _amount(
    plan: LagoPlan, charge: LagoCharge, fee: LagoFee, units: Decimal, version: str
) -> Decimal | None:
    if charge.is_in_advance or charge.is_prorated:
        return None
    properties = charge.properties
    for each in charge.filters:
        if fee.filters and dict(each.values) == dict(fee.filters):
            properties = each.properties
    terms = _terms(charge.model, properties, flat_at_zero=_flat_at_zero(version))
    if terms is None:
        return None
    amount, digits = rate(terms, units).amount, minor_digits(plan.currency)
    if charge.conversion is not None:
        # Lago rounds in the pricing unit, and again in the currency.
        amount = prorated(amount, 1, 1, UNIT_DECIMALS) * charge.conversion
    return prorated(amount, 1, 1, digits)


def _terms(
    model: str, properties: Mapping[str, object], *, flat_at_zero: bool
) -> RatedCharge | None:
    try:
        priced = read_prices(model, properties, None)
        if priced.refused or priced.unknown:
            return None
        return RatedCharge(
            model,
            price_per_unit=priced.price,
            included_quota=priced.included,
            unit_batch=int(priced.batch),
            percent=priced.percent,
            tiers=priced.tiers,
            flat_at_zero=flat_at_zero and model in TIERED_MODELS,
        )
    except (KeyError, TypeError, ValueError, ArithmeticError, FusionError):
        return None


def _flat_at_zero(version: str) -> bool:
    parts = [int(part) for part in version.lstrip("v").split(".") if part.isdigit()]
    return tuple(parts[:2]) >= _ZERO_USAGE_FLAT
