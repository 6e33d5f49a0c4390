"""What each customer's lines of a comparison came to, as Odoo is told."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.money import decimal_text
from tasks.reconcile.wire import long_periods_of

_KEYS = ("customer", "currency")
_SUMS = {"billed": "external_micro", "expected": "expected_micro", "odoo": "odoo_micro"}
#: What is looked at of the lines.
COLUMNS = (*_KEYS, "subscription", "outcome", "wrong_side", *_SUMS.values())


def customers_of(lines: pl.DataFrame, periods: pl.DataFrame) -> list[dict[str, Any]]:
    """Add a comparison up by customer and currency, and there by outcome and wrong side.

    An amount is None where no line of the group has that side. ``subscriptions`` are those that
    Odoo has a line of. Ordered by customer and currency, so that the same lines give the same.

    Args:
        lines: The comparison (``ledger.MATCHED_SCHEMA``) of one service.
        periods: Its periods longer than a month whose prices were compared
            (``long_periods.PERIODS_SCHEMA``). Who has nothing else has a row without sums.
    """
    grouped = (
        lines.group_by(*_KEYS, "outcome", "wrong_side")
        .agg(
            pl.len().alias("lines"),
            *(
                pl.when(pl.col(column).is_not_null().any()).then(pl.col(column).sum()).alias(name)
                for name, column in _SUMS.items()
            ),
        )
        .sort(*_KEYS, "outcome", "wrong_side")
    )
    held: dict[tuple[str, ...], list[str]] = {
        (customer, currency): sorted(subscriptions)
        for customer, currency, subscriptions in lines.filter(
            pl.col("odoo_micro").is_not_null() & (pl.col("subscription") != "")
        )
        .group_by(*_KEYS)
        .agg(pl.col("subscription").unique())
        .iter_rows()
    }
    long = {
        key: long_periods_of(theirs)
        for key, theirs in periods.partition_by(*_KEYS, as_dict=True).items()
    }
    named = {*grouped.select(_KEYS).iter_rows(), *long}
    rows: dict[tuple[str, ...], dict[str, Any]] = {
        key: {
            "customer": key[0],
            "currency": key[1],
            "sums": [],
            "subscriptions": held.get(key, []),
            "long_periods": long.get(key, []),
        }
        for key in sorted(named)
    }
    for row in grouped.iter_rows(named=True):
        told = rows[row["customer"], row["currency"]]
        told["sums"].append(
            {
                "outcome": row["outcome"],
                "wrong_side": row["wrong_side"],
                "lines": row["lines"],
                **{name: _amount(row[name]) for name in _SUMS},
            }
        )
    return list(rows.values())


def _amount(micro: int | None) -> str | None:
    return None if micro is None else decimal_text(Decimal(micro).scaleb(-6))
