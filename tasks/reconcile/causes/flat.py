"""Why a plan's price may differ: the prices that could have been billed instead."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction

from tasks.model.ledger import MICRO, Cause
from tasks.model.money import decimal_text
from tasks.reconcile.causes.amounts import rounded_fraction
from tasks.reconcile.causes.usage import USUAL_TAXES

#: Billing systems divide a month by its days, or by 30.
_DAYS_OF_A_MONTH = 30
_DAYS_OF_A_YEAR = 365
_DAY = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class FlatGuess:
    """A price that may have been billed, and why; ``words`` complete "the price ..."."""

    causes: tuple[Cause, ...]
    way: str
    words: str
    micro: int


def flat_guesses(
    price: Decimal,
    period: tuple[datetime, datetime],
    external: tuple[datetime, datetime],
    tax: Decimal | None,
    plans: Mapping[str, Decimal],
) -> Iterator[FlatGuess]:
    """Yield what could have been billed for a plan, single causes first.

    Args:
        price: What Odoo bills for a whole period.
        period: Odoo's, half-open.
        external: The other side's; a shorter one tells how many days were billed.
        tax: The other side's tax in percent; None if it does not tell.
        plans: Prices of the service's plans for the same cycle, by code.
    """
    exact = Fraction(price) * MICRO
    for code, other in plans.items():
        if other != price:
            yield FlatGuess(
                (Cause.PLAN_DIFFERS,),
                code,
                f"of plan {code}, {decimal_text(other)}",
                rounded_fraction(Fraction(other) * MICRO),
            )
    taxes = [percent for percent in (USUAL_TAXES if tax is None else (tax,)) if percent > 0]
    for percent in taxes:
        yield FlatGuess(
            (Cause.TAX_INCLUDED,),
            str(percent),
            f"with {decimal_text(percent)} % tax included",
            rounded_fraction(_taxed(exact, percent)),
        )
    shares = dict(_shares(period, external))
    for words, share in shares.items():
        yield FlatGuess((Cause.PRORATION,), words, words, rounded_fraction(exact * share))
    for words, share in shares.items():
        for percent in taxes:
            yield FlatGuess(
                (Cause.PRORATION, Cause.TAX_INCLUDED),
                f"{words} {percent}",
                f"{words}, with {decimal_text(percent)} % tax included",
                rounded_fraction(_taxed(exact * share, percent)),
            )


def _taxed(micro: Fraction, percent: Decimal) -> Fraction:
    return micro * (1 + Fraction(percent) / 100)


def _shares(
    period: tuple[datetime, datetime], external: tuple[datetime, datetime]
) -> Iterator[tuple[str, Fraction]]:
    """Yield the shares of a period that may have been billed, in days."""
    days = _days(period)
    billed = _days(external)
    wholes = (days, _DAYS_OF_A_YEAR if days > 2 * _DAYS_OF_A_MONTH else _DAYS_OF_A_MONTH)
    parts = [billed] if 0 < billed < days else range(1, max(wholes))
    for whole in dict.fromkeys(wholes):
        for part in parts:
            if part < whole:
                yield f"for {part} of {whole} days", Fraction(part, whole)


def _days(period: tuple[datetime, datetime]) -> int:
    return round((period[1] - period[0]) / _DAY)
