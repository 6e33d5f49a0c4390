"""The largest consequence of a comparison, as a sentence: what Odoo would bill otherwise."""

from __future__ import annotations

from decimal import Decimal

import polars as pl

from tasks.model.ledger import MICRO, LineOutcome, WrongSide
from tasks.reconcile.reporting.words import cents, joined
from tasks.report import words

#: From here on cents only hide the amount.
_WHOLE_FROM = 1000


def consequence(sums: pl.DataFrame) -> str:
    """Say how much more or less Odoo would bill, and how much of it Odoo does not have at all.

    Lines that are settled count nothing: a subscription that has ended leaves no bill behind.

    Args:
        sums: The comparison, added up (``figures.condense``).

    Returns:
        A sentence without its full stop; empty where every line is settled.
    """
    unsettled = sums.filter(pl.col("wrong_side") != WrongSide.NONE.value)
    count = int(unsettled["rows"].sum())
    if not count:
        return ""
    billed = dict(sums.group_by("currency").agg(pl.col("external").sum()).iter_rows())
    absent = pl.col("outcome") == LineOutcome.MISSING_IN_ODOO.value
    apart = unsettled.group_by("currency").agg(
        pl.col("delta").sum(), absent=pl.col("delta").filter(absent).sum()
    )
    moved = apart.filter(pl.col("delta") != 0).sort(
        pl.col("delta").abs(), "currency", descending=[True, False]
    )
    if not moved.height:
        differ = "differs" if count == 1 else "differ"
        return f"{words.counted(count, 'line')} {differ}, and the sums are the same"
    rows = moved.rows(named=True)
    told = joined([_apart(row["delta"], billed[row["currency"]], row["currency"]) for row in rows])
    largest = rows[0]
    if largest["absent"] >= 0:
        return f"Odoo would bill {told}"
    share = "all of it" if largest["absent"] == largest["delta"] else ""
    share = share or f"{_amount(-largest['absent'], largest['currency'])} of what was billed"
    if largest["delta"] < largest["absent"]:
        share = f"{_amount(-largest['absent'], largest['currency'])} of it"
    return f"Odoo would bill {told}; {share} is not in Odoo at all"


def _apart(delta: int, billed: int, currency: str) -> str:
    share = f" ({abs(delta) / abs(billed) * 100:.1f} %)" if billed else ""
    return f"{_amount(abs(delta), currency)}{share} {'more' if delta > 0 else 'less'}"


def _amount(micro: int, currency: str) -> str:
    amount = Decimal(micro) / MICRO
    if amount >= _WHOLE_FROM:
        return f"{round(amount):,} {currency}"
    return cents(amount, currency)
