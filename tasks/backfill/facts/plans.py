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
from itertools import compress
from typing import Any

from tasks.backfill.facts.moments import moment_facts
from tasks.check.suites import Suite
from tasks.model.nexacloud import CYCLE_PRICES, SECONDS_PER_CORE_HOUR
from tasks.model.source import Row
from tasks.model.texts import is_usable_key, said

#: What a plan costs that asks for a price nobody can bill.
_NO_NUMBER = Decimal("-Infinity")
#: Only quotas that keep these are compared with the family's.
_QUOTA_RULES = ("quota_negative", "quota_absurd")

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


def plan_facts(plans: Sequence[Row], rules: Suite) -> list[dict[str, Any]]:
    """Say what the rules need to know about each plan, in reading order.

    Args:
        plans: The plans.
        rules: Of the plans: what a quota may be.
    """
    usable = [_is_usable(plan["cpu_seconds_quota"], rules) for plan in plans]
    families = _quotas_by_family(list(compress(plans, usable)))
    return [
        moment_facts(plan)
        | _quota_facts(plan, families if is_usable else {})
        | _rate_facts(plan["cpu_rate_per_core_hour"])
        | _price_facts(plan)
        | {
            # Odoo keeps no blanks around a code.
            "code": said(plan["code"]),
            "currency_is_a_code": _CURRENCY.fullmatch(plan["currency"] or "") is not None,
            "key_is_usable": is_usable_key(plan["id"]),
        }
        for plan, is_usable in zip(plans, usable, strict=True)
    ]


def _quota_facts(plan: Row, families: dict[str, set[Decimal]]) -> dict[str, Any]:
    quota = plan["cpu_seconds_quota"]
    places = decimal_places(quota)
    family = families.get(_family(plan["code"]) or "")
    return {
        "quota_decimals": places,
        "quota_is_whole_core_hours": None if places is None else _is_core_hours(quota),
        "quotas_in_family": len(family) if family else None,
    }


def _rate_facts(rate: Decimal | None) -> dict[str, Any]:
    places = decimal_places(rate)
    return {
        "rate_to_bill": Decimal(0) if rate is not None and rate.is_nan() else rate,
        "rate_decimals": places,
        "rate_micro": int(rate.scaleb(6)) if rate is not None and _fits(places, 6) else None,
    }


def _price_facts(plan: Row) -> dict[str, Any]:
    sold = [plan[column] for column in CYCLE_PRICES.values() if plan[column] is not None]
    places = [count for price in sold if (count := decimal_places(price)) is not None]
    return {
        "cycles_sold": len(sold),
        "lowest_price": min(
            (price if price.is_finite() else _NO_NUMBER for price in sold), default=None
        ),
        "price_decimals": max(places, default=None),
    }


def _fits(places: int | None, most: int) -> bool:
    return places is not None and places <= most


def _is_core_hours(quota: Decimal) -> bool:
    return Fraction(quota) % SECONDS_PER_CORE_HOUR == 0


def _is_usable(quota: Decimal | None, rules: Suite) -> bool:
    """Say whether a quota breaks no critical rule."""
    if quota is None or not quota.is_finite():
        return False
    of_number = all(rules.rules[name].keeps(quota) for name in _QUOTA_RULES)
    return of_number and rules.rules["quota_not_whole"].keeps(decimal_places(quota))


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
        if family:
            families[family].add(plan["cpu_seconds_quota"])
    return dict(families)
