"""What could explain one line: every hypothesis that gives the other side's amount to the cent."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tasks.model.ledger import MICRO, Cause
from tasks.model.money import decimal_text
from tasks.model.rating import RatedCharge
from tasks.reconcile.causes.amounts import Bill, Target, rounded_fraction
from tasks.reconcile.causes.terms import Catalogue, flat_terms, usage_terms
from tasks.reconcile.causes.usage import (
    Hypothesis,
    UsageRow,
    applied,
    pairs,
    plan_hypotheses,
    tax_hypotheses,
    term_hypotheses,
    usage_hypotheses,
)
from tasks.reconcile.tax_rates import USUAL_TAXES

#: Billing systems divide a month by its days, or by 30.
_DAYS_OF_A_MONTH = 30
_DAYS_OF_A_YEAR = 365
_DAY = timedelta(days=1)
#: Quantities of core-hours are told with four decimals.
_TOLD_STEP = Decimal("0.00005")
_EXACT_UNITS = Decimal("0.000001")
_USAGE_CAUSES = {Cause.USAGE_MISSING, Cause.USAGE_COUNTED_TWICE, Cause.PERIOD_BOUNDARY}
Period = tuple[datetime, datetime]


@dataclass(frozen=True, slots=True)
class Line:
    """A pair of lines that differ, in one currency.

    Attributes:
        service: The service's code.
        item: ``flat``, ``usage:<metric>``...
        period: Odoo's.
        external_period: The other side's.
        odoo_micro: Odoo's amount before it was rounded.
        target: The other side's amount.
        units: Odoo's units; None if not told.
        external_units: The other side's; None if not told.
        tax: The other side's tax in percent; None if not told.
        terms: Odoo's terms, as JSON.
        told: The other side's rate per batch and quota, where its invoice tells them.
        zone_offset: What the billing zone is ahead of UTC.
    """

    service: str
    item: str
    period: Period
    external_period: Period
    odoo_micro: int
    target: Target
    units: Decimal | None
    external_units: Decimal | None
    tax: Decimal | None
    terms: str
    told: tuple[Decimal, Decimal] | None
    zone_offset: timedelta


@dataclass(frozen=True, slots=True)
class Candidate:
    """Causes under which the other side's amount comes out.

    ``way`` tells ways of the same causes apart; ``words`` complete "re-rated ..."; ``is_sure``
    when more than the amount speaks for it, or the amount is so exact that chance is out.
    """

    causes: tuple[Cause, ...]
    way: str
    words: str
    is_sure: bool


def flat_candidates(line: Line, plans: Catalogue) -> Iterator[Candidate]:
    """Yield what explains a plan's price."""
    terms = flat_terms(line.terms)
    if terms is None:
        return
    prices = plans.prices.get((line.service, line.target.currency, terms.cycle), {})
    guesses = flat_guesses(terms.price, line.period, line.external_period, line.tax, prices)
    for causes, way, words, micro in guesses:
        if line.target.is_met_by(rounded_fraction(micro)):
            yield Candidate(causes, way, f"the price {words}", is_sure=True)


def flat_guesses(
    price: Decimal,
    period: Period,
    external: Period,
    tax: Decimal | None,
    plans: Mapping[str, Decimal],
) -> Iterator[tuple[tuple[Cause, ...], str, str, Fraction]]:
    """Yield what could have been billed for a plan, single causes first.

    Args:
        price: What Odoo bills for a whole period.
        period: Odoo's, half-open.
        external: The other side's; a shorter one tells how many days were billed.
        tax: The other side's tax in percent; None if it does not tell.
        plans: Prices of the service's plans for the same cycle, by code.

    Yields:
        Causes, the way, words that complete "the price ...", and the millionths.
    """
    exact = Fraction(price) * MICRO
    for code, other in plans.items():
        if other != price:
            words = f"of plan {code}, {decimal_text(other)}"
            yield (Cause.PLAN_DIFFERS,), code, words, Fraction(other) * MICRO
    taxes = [
        (percent, f"with {decimal_text(percent)} % tax included", 1 + Fraction(percent) / 100)
        for percent in (USUAL_TAXES if tax is None else (tax,))
        if percent > 0
    ]
    for percent, words, factor in taxes:
        yield (Cause.TAX_INCLUDED,), str(percent), words, exact * factor
    shares = dict(_shares(period, external))
    for part, share in shares.items():
        yield (Cause.PRORATION,), part, part, exact * share
    both = (Cause.PRORATION, Cause.TAX_INCLUDED)
    for part, share in shares.items():
        for percent, words, factor in taxes:
            yield both, f"{part} {percent}", f"{part}, {words}", exact * share * factor


def _shares(period: Period, external: Period) -> Iterator[tuple[str, Fraction]]:
    """Yield the shares of a period that may have been billed, in days."""
    days = _days(period)
    billed = _days(external)
    wholes = (days, _DAYS_OF_A_YEAR if days > 2 * _DAYS_OF_A_MONTH else _DAYS_OF_A_MONTH)
    parts = [billed] if 0 < billed < days else range(1, max(wholes))
    for whole in dict.fromkeys(wholes):
        for part in parts:
            if part < whole:
                yield f"for {part} of {whole} days", Fraction(part, whole)


def _days(period: Period) -> int:
    return round((period[1] - period[0]) / _DAY)


def usage_candidates(line: Line, plans: Catalogue, rows: Sequence[UsageRow]) -> Iterator[Candidate]:
    """Yield what explains a usage line: single causes, or two where no single one does."""
    terms = usage_terms(line.terms)
    if terms is None or line.units is None:
        return
    right = Bill(terms.charge, line.units)
    if not _is_odoos(right, line):
        return
    of_terms = [*term_hypotheses(terms.charge), *tax_hypotheses(line.tax)]
    charges = plans.charges.get((line.service, line.target.currency, line.item), {})
    others = plan_hypotheses(terms.charge, charges)
    quantities = usage_hypotheses(
        line.units, line.period, line.external_period, rows, line.zone_offset
    )
    if line.external_units is None:
        every = [*of_terms, *quantities]
        singles = ((each,) for each in (*every, *others))
        yield from _first_met(line, right, singles, pairs(every))
    elif _same_units(line.units, line.external_units, terms.charge):
        singles = ((each,) for each in (*of_terms, *others))
        yield from _first_met(line, right, singles, pairs(of_terms))
    else:
        billed = _billed_quantities(line, terms.charge, list(quantities))
        singles = ((each,) for each in billed)
        both = ((each, term) for each in billed for term in of_terms)
        yield from _first_met(line, right, singles, both)


def _first_met(
    line: Line,
    right: Bill,
    singles: Iterable[tuple[Hypothesis, ...]],
    doubles: Iterable[tuple[Hypothesis, ...]],
) -> Iterator[Candidate]:
    found = list(_met(line, right, singles))
    yield from found or _met(line, right, doubles)


def _met(line: Line, right: Bill, ways: Iterable[tuple[Hypothesis, ...]]) -> Iterator[Candidate]:
    for way in ways:
        bill = applied(right, way)
        if not bill.can_be(line.target):
            continue
        micro = bill.micro()
        if micro is not None and line.target.is_met_by(micro) and _as_told(line, bill):
            causes = tuple(each.cause for each in way)
            by_units = line.external_units is not None and not _USAGE_CAUSES.isdisjoint(causes)
            yield Candidate(
                causes=causes,
                way=" ".join(each.way for each in way),
                words="re-rated " + " and ".join(each.words for each in way),
                is_sure=line.target.is_fine or line.told is not None or by_units,
            )


def _billed_quantities(
    line: Line, charge: RatedCharge, quantities: Sequence[Hypothesis]
) -> list[Hypothesis]:
    """Return the hypotheses that give the units that the other side told.

    Where none does, the units are simply others: a part did not reach one of the two sides.
    """
    if line.units is None or line.external_units is None:
        return []
    bill = Bill(charge, line.units)
    exact = [
        each
        for each in quantities
        if _same_units(applied(bill, (each,)).units, line.external_units, charge)
    ]
    return exact or [_other_units(line, line.units, line.external_units)]


def _other_units(line: Line, units: Decimal, billed: Decimal) -> Hypothesis:
    missing = decimal_text(abs(units - billed).normalize())
    if line.period != line.external_period:
        cause, words = Cause.PERIOD_BOUNDARY, "with the units that the other side's period has"
    elif billed < units:
        cause, words = Cause.USAGE_MISSING, f"without {missing} units that were not billed"
    else:
        cause, words = Cause.USAGE_MISSING, f"with {missing} units that Odoo does not have"
    return Hypothesis(cause, "units", words, lambda bill: Bill(bill.charge, billed, bill.factor))


def _same_units(units: Decimal, told: Decimal, charge: RatedCharge) -> bool:
    step = _TOLD_STEP * charge.unit_batch if charge.unit_batch > 1 else _EXACT_UNITS
    return abs(units - told) <= step


def _as_told(line: Line, bill: Bill) -> bool:
    """Say whether a bill has the rate and the quota that the invoice tells, if it tells any."""
    if line.told is None:
        return True
    rate, quota = line.told
    return rate == bill.charge.price_per_unit and _same_units(
        bill.charge.included_quota, quota, bill.charge
    )


def _is_odoos(right: Bill, line: Line) -> bool:
    """Say whether the terms give Odoo's own amount: otherwise they explain nothing."""
    micro = right.micro()
    return micro is not None and abs(micro - line.odoo_micro) < line.target.unit


def told_terms(terms: Mapping[str, str] | None) -> tuple[Decimal, Decimal] | None:
    """Read what an external line tells of its rate and quota."""
    if not terms or "price_per_unit" not in terms or "included_quota" not in terms:
        return None
    return Decimal(terms["price_per_unit"]), Decimal(terms["included_quota"])
