"""Lago's units: what a "cent" is, what its metrics are called here, and what says nothing."""

from __future__ import annotations

import re
from collections.abc import Mapping
from decimal import Decimal
from functools import lru_cache
from typing import Any

from tasks.model.money import minor_digits

#: What a "cent" of these is depends on the version of Lago's money library, or is a fifth, or
#: is another than Odoo's, which has none of a Taiwan dollar and a ten-thousandth of UYI and UYW.
UNCERTAIN_CURRENCIES = frozenset({"HUF", "MGA", "MRO", "MRU", "BYR", "TWD", "UYI", "UYW"})
#: Lago's metric -> ours, and how many of our units one of Lago's is.
METRICS = {"cpu_core_hours": ("cpu_seconds", Decimal(3600))}
#: Of a million fees most have no filter and no group: they share one mapping.
NO_VALUES: Mapping[str, Any] = {}
#: What a field holds where Lago says nothing; 0 is no price.
NOTHING: tuple[Any, ...] = (None, "", False, 0, "0", "0.0", [], {})
_ZERO_TEXT = re.compile(r"[+-]?0*\.?0*", re.ASCII)


def is_nothing(value: object) -> bool:
    """Say whether a field holds nothing that could change an amount.

    >>> is_nothing(None), is_nothing("0.00"), is_nothing({}), is_nothing("0.01"), is_nothing(["x"])
    (True, True, True, False, False)
    """
    return value in NOTHING or (isinstance(value, str) and bool(_ZERO_TEXT.fullmatch(value)))


@lru_cache(maxsize=1 << 14, typed=True)
def major(subunits: int, currency: str) -> Decimal:
    """Give an amount of subunits ("cents") in the currency's major unit.

    >>> major(313, "CAD"), major(9800, "JPY"), major(1500, "KWD")
    (Decimal('3.13'), Decimal('9800'), Decimal('1.5'))
    """
    return Decimal(subunits) / Decimal(10) ** minor_digits(currency)


def metric_of(code: str, units: Decimal) -> tuple[str, Decimal]:
    """Name a metric as the ledger does, with the units in the ledger's unit."""
    ours, factor = METRICS.get(code, (code, Decimal(1)))
    return ours, units * factor


def keyed_metric(metric: str, key: str) -> str:
    """Name what a charge counts of a metric where the metric alone does not tell the charge.

    >>> keyed_metric("api_calls", "team/read:region=eu")
    'api_calls[team/read:region=eu]'
    """
    return f"{metric}[{key}]"
