"""The rows of the workbook's lines: all of them, or as many as a person can work with."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import MATCHED_SCHEMA
from tasks.reconcile.compared import Compared
from tasks.reconcile.pages import on_its_own
from tasks.reconcile.reporting.sorting import in_order, largest_first

MOST_ROWS = 50_000
"""Rows of the workbook; Excel itself ends at 1,048,576 and is slow long before."""

_TOGETHER = ("service", "currency", "month", "outcome", "cause", "wrong_side")
AMOUNTS = ("external_micro", "expected_micro", "odoo_micro", "delta_micro")


@dataclass(frozen=True, slots=True)
class SheetRows:
    """Lines one by one, and the others added up: together they are all lines.

    ``rest`` has a row per service, currency, month, outcome, cause and wrong side; ``count`` says
    how many lines it stands for.
    """

    lines: pl.DataFrame
    rest: pl.DataFrame

    @property
    def height(self) -> int:
        """Rows on the sheet."""
        return self.lines.height + self.rest.height


def sheet_rows(lines: Compared, most: int = MOST_ROWS) -> SheetRows:
    """Choose the rows: the largest difference first, what matches last.

    Args:
        lines: All lines.
        most: So many may be shown one by one; if there are more, those that match are not.
    """
    differs = pl.col("cause") != ""
    shown = _largest((page.filter(differs) for page in lines), most)
    if lines.height > most:
        return SheetRows(shown, _others(lines.sums, shown))
    agreeing = in_order([page.filter(~differs) for page in lines])
    return SheetRows(pl.concat([shown, *agreeing]), _others(lines.sums.clear(), shown.clear()))


def _largest(pages: Iterable[pl.DataFrame], most: int) -> pl.DataFrame:
    best = pl.DataFrame(schema=MATCHED_SCHEMA)
    for page in pages:
        best = on_its_own(largest_first(pl.concat([best, page])).head(most))
    return best


def day_text(moment: datetime | None, zone: ZoneInfo) -> str:
    """Write the day on which a period starts or ends; its time too, if it is not midnight.

    Midnight in UTC counts as well: that is how a side without time zones cuts its periods.

    >>> toronto = ZoneInfo("America/Toronto")
    >>> day_text(datetime(2026, 8, 1, 4, tzinfo=UTC), toronto)
    '2026-08-01'
    >>> day_text(datetime(2026, 8, 1, tzinfo=UTC), toronto)
    '2026-08-01'
    >>> day_text(datetime(2026, 8, 1, 16, 30, tzinfo=UTC), toronto)
    '2026-08-01 12:30'
    """
    if moment is None:
        return ""
    local = moment.astimezone(zone)
    if moment.astimezone(UTC).time() == time(0):
        return f"{moment.astimezone(UTC):%Y-%m-%d}"
    return f"{local:%Y-%m-%d}" if local.time() == time(0) else f"{local:%Y-%m-%d %H:%M}"


def _others(sums: pl.DataFrame, shown: pl.DataFrame) -> pl.DataFrame:
    """Add up all lines but those that are shown."""
    amounts = ("external", "expected", "odoo", "delta")
    all_lines = sums.select(
        *_TOGETHER,
        pl.col("rows").alias("count"),
        *(pl.col(name).alias(f"{name}_micro") for name in amounts),
    )
    taken = shown.select(*_TOGETHER, pl.lit(-1, pl.Int64).alias("count"), -pl.col(AMOUNTS))
    rest = pl.concat([all_lines, taken]).group_by(_TOGETHER).agg(pl.col("count", *AMOUNTS).sum())
    return rest.filter(pl.col("count") > 0).sort(_TOGETHER)
