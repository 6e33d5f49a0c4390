"""What the quality rules ask about plans: quotas, rates and prices, exactly.

A fact of ``None`` means that its rule does not apply to the row. Numbers are compared as
``Decimal`` or whole numbers, never as floats. PostgreSQL's ``NaN`` is a number that nobody
can bill: it breaks a rule, where a NULL may be fine.
"""

from __future__ import annotations

import re
from collections import defaultdict
from collections.abc import Sequence
from decimal import Decimal
from fractions import Fraction
from typing import Any

from tasks.model.nexacloud import CYCLE_PRICES, MOST_CORES, SECONDS_PER_CORE_HOUR
from tasks.model.source import Row

#: All cores for a month of 31 days, in seconds.
MAX_QUOTA_SECONDS = MOST_CORES * 31 * 86_400

# As Odoo knows it: ISO 4217.
_CURRENCY = re.compile(r"\s*[A-Za-z]{3}\s*")


def decimal_places(number: Decimal | None) -> int | None:
    """Count the decimals that carry value; None for NULL, NaN and infinity.

    >>> decimal_places(Decimal("0.00750000")), decimal_places(Decimal("1E-7"))
    (4, 7)
    """
    if number is None or not number.is_finite():
        return None
    if not number:
        return 0
    _, digits, exponent = number.as_tuple()
    # Not normalize(): that rounds to the context's 28 digits and would hide the 29th.
    zeros = len(digits) - len("".join(map(str, digits)).rstrip("0"))
    return max(0, -int(exponent) - zeros)


def plan_facts(plans: Sequence[Row]) -> list[dict[str, Any]]:
    """Say what the rules need to know about each plan, in reading order."""
    families = _quotas_by_family(plans)
    return [
        _quota_facts(plan, families)
        | _rate_facts(plan["cpu_rate_per_core_hour"])
        | _price_facts(plan)
        | {"currency_is_a_code": _CURRENCY.fullmatch(plan["currency"] or "") is not None}
        for plan in plans
    ]


def _quota_facts(plan: Row, families: dict[str, set[Decimal]]) -> dict[str, Any]:
    quota = plan["cpu_seconds_quota"]
    places = decimal_places(quota)
    family = _family(plan["code"]) if _is_usable_quota(quota) else None
    return {
        "quota_is_whole": None if places is None else places == 0,
        "quota_is_whole_core_hours": None if places is None else _is_core_hours(quota),
        "quotas_in_family": len(families[family]) if family else None,
    }


def _rate_facts(rate: Decimal | None) -> dict[str, Any]:
    places = decimal_places(rate)
    return {
        "rate_is_positive": None if rate is None else not rate.is_nan() and rate > 0,
        "rate_decimals": places,
        "rate_micro": int(rate.scaleb(6)) if rate is not None and _fits(places, 6) else None,
    }


def _price_facts(plan: Row) -> dict[str, Any]:
    sold = [plan[column] for column in CYCLE_PRICES.values() if plan[column] is not None]
    places = [count for price in sold if (count := decimal_places(price)) is not None]
    return {
        "cycles_sold": len(sold),
        "prices_are_zero_or_more": all(_is_finite(price) and price >= 0 for price in sold),
        "price_decimals": max(places, default=None),
    }


def _fits(places: int | None, most: int) -> bool:
    return places is not None and places <= most


def _is_finite(number: Decimal | None) -> bool:
    return number is not None and number.is_finite()


def _is_core_hours(quota: Decimal) -> bool:
    return Fraction(quota) % SECONDS_PER_CORE_HOUR == 0


def _is_usable_quota(quota: Decimal | None) -> bool:
    """A quota that breaks no critical rule; only such ones are compared with the family's."""
    if quota is None or not quota.is_finite():
        return False
    return decimal_places(quota) == 0 and 0 <= quota <= MAX_QUOTA_SECONDS


def _family(code: str | None) -> str | None:
    """The code without its cycle: ``pro-monthly`` and ``pro-yearly`` are one family."""
    for cycle in CYCLE_PRICES:
        if code is not None and code.endswith(f"-{cycle}"):
            return code.removesuffix(f"-{cycle}")
    return None


def _quotas_by_family(plans: Sequence[Row]) -> dict[str, set[Decimal]]:
    families = defaultdict(set)
    for plan in plans:
        family = _family(plan["code"])
        if family and _is_usable_quota(plan["cpu_seconds_quota"]):
            families[family].add(plan["cpu_seconds_quota"])
    return dict(families)
