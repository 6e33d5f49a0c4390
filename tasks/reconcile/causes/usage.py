"""Why a usage line may differ: one hypothesis at a time, each a bill that could have been made."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import ROUND_HALF_UP, Decimal
from fractions import Fraction
from functools import lru_cache
from itertools import combinations

from tasks.model.ledger import Cause
from tasks.model.money import decimal_text
from tasks.model.rating import RatedCharge
from tasks.reconcile.causes.amounts import Bill
from tasks.reconcile.tax_rates import USUAL_TAXES

CENT = Decimal("0.01")
#: Quotas that are wrong by a factor: halved, doubled, of a year for a month, and the reverse.
_QUOTA_FACTORS = (Decimal("0.5"), Decimal(2), Decimal(12), Decimal(1) / Decimal(12))

Change = Callable[[Bill], Bill]


@dataclass(frozen=True, slots=True)
class Hypothesis:
    """One wrong that may have been done to a bill.

    ``way`` tells ways of one cause apart (which plan, which factor); ``words`` complete
    "re-rated ...".
    """

    cause: Cause
    way: str
    words: str
    change: Change


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A piece of usage that Odoo or the source holds; ``units`` in the metric's unit."""

    start: datetime
    end: datetime
    units: Decimal


@lru_cache(maxsize=5_000)
def term_hypotheses(charge: RatedCharge) -> tuple[Hypothesis, ...]:
    """Return what may be wrong with a charge's rate, quota or blocks."""
    return tuple(_term_hypotheses(charge))


def _term_hypotheses(charge: RatedCharge) -> Iterator[Hypothesis]:
    if rounded := _rates_in_cents(charge):
        yield _terms(
            Cause.RATE_ROUNDED_TO_CENTS, "cents", f"with the rate at {_price(rounded)}", rounded
        )
    if charge.included_quota:
        free = replace(charge, included_quota=Decimal(0))
        yield _terms(Cause.QUOTA_NOT_APPLIED, "none", "without the quota", free)
        for factor in _QUOTA_FACTORS:
            quota = charge.included_quota * factor
            other = replace(charge, included_quota=quota)
            words = f"with a quota of {_short(quota)} instead of {_short(charge.included_quota)}"
            yield _terms(Cause.QUOTA_DIFFERS, f"x{factor:.3f}", words, other)
    if blocks := _other_blocks(charge):
        words = "by whole batches" if blocks.is_whole else "by the fraction of a batch"
        yield _terms(Cause.BLOCK_RATING, str(blocks.is_whole), words, blocks)


def tax_hypotheses(told: Decimal | None) -> Iterator[Hypothesis]:
    """Yield taxes that an amount before tax may include by mistake."""
    for percent in USUAL_TAXES if told is None else (told,):
        if percent > 0:
            factor = 1 + Fraction(percent) / 100
            words = f"with {decimal_text(percent)} % tax included"
            yield Hypothesis(
                Cause.TAX_INCLUDED,
                str(percent),
                words,
                lambda bill, factor=factor: bill.times(factor),  # type: ignore[misc]
            )


def plan_hypotheses(charge: RatedCharge, plans: Mapping[str, RatedCharge]) -> Iterator[Hypothesis]:
    """Yield the other plans by whose terms it may have been billed."""
    for code, other in plans.items():
        if other != charge:
            yield _terms(Cause.PLAN_DIFFERS, code, f"by plan {code}", other)


def usage_hypotheses(
    units: Decimal,
    period: tuple[datetime, datetime],
    external: tuple[datetime, datetime],
    rows: Sequence[UsageRow],
    zone_offset: timedelta,
) -> Iterator[Hypothesis]:
    """Yield the quantities that may have been billed instead of ``units``.

    Args:
        units: What Odoo counts in the period.
        period: Odoo's, half-open.
        external: The other side's.
        rows: Usage around the period, as finely as it is known.
        zone_offset: What the billing zone is ahead of UTC at the period's start.
    """
    if units:
        yield _units(Cause.USAGE_MISSING, "all", "without any usage", Decimal(0))
        yield _units(Cause.USAGE_COUNTED_TWICE, "all", "with the usage counted twice", units * 2)
    for way, words, total in _other_windows(period, external, rows, zone_offset):
        if total != units:
            yield _units(Cause.PERIOD_BOUNDARY, way, words, total)
    inside = [row for row in rows if period[0] <= row.start < period[1]]
    if len(inside) > 1 and sum(row.units for row in inside) == units:
        for row in inside:
            day = f"{row.start:%Y-%m-%d}"
            left, more = units - row.units, units + row.units
            yield _units(Cause.USAGE_MISSING, day, f"without the usage of {day}", left)
            twice = f"with the usage of {day} counted twice"
            yield _units(Cause.USAGE_COUNTED_TWICE, day, twice, more)


def pairs(hypotheses: Sequence[Hypothesis]) -> Iterator[tuple[Hypothesis, ...]]:
    """Yield two at once; other plans stand for themselves, and no cause meets itself."""
    alone = {Cause.PLAN_DIFFERS}
    for first, second in combinations(hypotheses, 2):
        if first.cause is not second.cause and not {first.cause, second.cause} & alone:
            yield first, second


def applied(bill: Bill, hypotheses: Sequence[Hypothesis]) -> Bill:
    """Do all the wrongs to a bill, one after the other."""
    for hypothesis in hypotheses:
        bill = hypothesis.change(bill)
    return bill


def _other_windows(
    period: tuple[datetime, datetime],
    external: tuple[datetime, datetime],
    rows: Sequence[UsageRow],
    zone_offset: timedelta,
) -> Iterator[tuple[str, str, Decimal]]:
    if not rows:
        return
    start, end = period
    yield (
        "by end",
        "with the usage that ends in the period",
        sum((row.units for row in rows if start < row.end <= end), Decimal(0)),
    )
    windows = {
        "external": (external, "with the usage of the other side's period"),
        "utc": ((start + zone_offset, end + zone_offset), "with the period's days in UTC"),
    }
    for way, ((since, until), words) in windows.items():
        if (since, until) != period:
            inside = (row.units for row in rows if since <= row.start < until)
            yield way, words, sum(inside, Decimal(0))


def _terms(cause: Cause, way: str, words: str, charge: RatedCharge) -> Hypothesis:
    """Change one of a charge's terms, whatever was changed of the others before."""
    return Hypothesis(
        cause,
        way,
        words,
        lambda bill: replace(bill, charge=_with_term(bill.charge, cause, charge)),
    )


@lru_cache(maxsize=50_000)
def _with_term(charge: RatedCharge, cause: Cause, other: RatedCharge) -> RatedCharge:
    """Take from another charge the terms that a cause is about."""
    match cause:
        case Cause.RATE_ROUNDED_TO_CENTS:
            return replace(charge, price_per_unit=other.price_per_unit, tiers=other.tiers)
        case Cause.QUOTA_NOT_APPLIED | Cause.QUOTA_DIFFERS:
            return replace(charge, included_quota=other.included_quota)
        case Cause.BLOCK_RATING:
            return replace(charge, charge_model=other.charge_model, block_rating=other.block_rating)
    return other


def _units(cause: Cause, way: str, words: str, units: Decimal) -> Hypothesis:
    return Hypothesis(cause, way, words, lambda bill: replace(bill, units=units))


def _rates_in_cents(charge: RatedCharge) -> RatedCharge | None:
    """Round a charge's prices to cents; None if that changes nothing or leaves nothing."""
    price = charge.price_per_unit.quantize(CENT, ROUND_HALF_UP)
    tiers = tuple(
        replace(tier, per_unit=tier.per_unit.quantize(CENT, ROUND_HALF_UP)) for tier in charge.tiers
    )
    changed = price != charge.price_per_unit or tiers != charge.tiers
    return replace(charge, price_per_unit=price, tiers=tiers) if changed else None


def _other_blocks(charge: RatedCharge) -> RatedCharge | None:
    if charge.charge_model == "package":
        return replace(charge, charge_model="standard", block_rating="fractional")
    if charge.charge_model in {"standard", "graduated", "volume"}:
        other = "fractional" if charge.is_whole else "whole"
        return replace(charge, block_rating=other)
    return None


def _price(charge: RatedCharge) -> str:
    if charge.tiers:
        return "whole cents"
    return format(charge.price_per_unit, "f")


def _short(quantity: Decimal) -> str:
    return decimal_text(quantity.quantize(Decimal("0.0001"), ROUND_HALF_UP))
