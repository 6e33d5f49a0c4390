"""The lines that the page shows: the largest differences, and the largest of each cause."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import WrongSide
from tasks.reconcile.figures import major
from tasks.reconcile.pages import on_its_own
from tasks.reconcile.reporting.words import WRONG_NAMES, item_name
from tasks.reconcile.workbook.rows import day_text
from tasks.report import words

LINES_SHOWN = 100
"""Lines listed per cause on the page; the CSV files hold all of them."""

TOP_LINES = 10


@dataclass(frozen=True, slots=True)
class LineShown:
    """A line that differs, as the page tells it; an amount is None where a side has none."""

    service: str
    customer: str
    subscription: str
    item: str
    start: str
    end: str
    currency: str
    cause: str
    billed: Decimal | None
    due: Decimal | None
    odoo: Decimal | None
    wrong: str
    delta: Decimal
    evidence: str
    billed_ref: str
    odoo_ref: str


def lines_by_cause(pages: Iterable[pl.DataFrame], zone: ZoneInfo) -> dict[str, list[LineShown]]:
    """Pick the largest differences of each cause."""
    differing = (page.filter(pl.col("cause") != "") for page in pages)
    return _largest(differing, "cause", LINES_SHOWN, zone)


def top_lines(pages: Iterable[pl.DataFrame], zone: ZoneInfo) -> dict[str, list[LineShown]]:
    """Pick the largest differences of each currency that are not settled."""
    unsettled = (page.filter(pl.col("wrong_side") != WrongSide.NONE) for page in pages)
    return _largest(unsettled, "currency", TOP_LINES, zone)


def _largest(
    pages: Iterable[pl.DataFrame], key: str, count: int, zone: ZoneInfo
) -> dict[str, list[LineShown]]:
    """Pick by a column: the largest of all pages are among the largest of each."""
    largest = [on_its_own(_first(page, key, count)) for page in pages]
    found: dict[str, list[LineShown]] = {}
    rows = _first(pl.concat(largest), key, count).iter_rows(named=True) if largest else ()
    for row in rows:
        found.setdefault(row[key], []).append(_shown(row, zone))
    return found


def _first(lines: pl.DataFrame, key: str, count: int) -> pl.DataFrame:
    """Pick the largest; equal differences stand by their names, so that order changes nothing."""
    size = pl.col("delta_micro").abs().alias("size")
    names = ("service", "customer", "subscription", "item", "period_start", "external_ref")
    ordered = lines.with_columns(size).sort(
        "size", *names, descending=[True] + [False] * len(names)
    )
    return ordered.group_by(key, maintain_order=True).head(count)


def _shown(row: dict[str, Any], zone: ZoneInfo) -> LineShown:
    return LineShown(
        service=words.service_name(row["service"]),
        customer=row["customer"],
        subscription=row["subscription"],
        item=item_name(row["item"]),
        start=day_text(row["period_start"], zone),
        end=day_text(row["period_end"], zone),
        currency=row["currency"],
        cause=row["cause"],
        billed=None if row["external_micro"] is None else major(row["external_micro"]),
        due=None if row["expected_micro"] is None else major(row["expected_micro"]),
        wrong=WRONG_NAMES[WrongSide(row["wrong_side"])],
        odoo=None if row["odoo_micro"] is None else major(row["odoo_micro"]),
        delta=major(row["delta_micro"]),
        evidence=row["evidence"],
        billed_ref=row["external_ref"],
        odoo_ref=row["odoo_ref"],
    )
