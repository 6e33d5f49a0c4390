"""The rows of the workbook's lines: all of them, or as many as a person can work with."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import UTC, datetime, time
from zoneinfo import ZoneInfo

import polars as pl

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


def sheet_rows(lines: pl.DataFrame, most: int = MOST_ROWS) -> SheetRows:
    """Choose the rows: the largest difference first, what matches last.

    Args:
        lines: All lines, in order.
        most: So many may be shown one by one; if there are more, those that match are not.
    """
    differs = pl.col("cause") != ""
    differing = lines.filter(differs).sort(
        pl.col("delta_micro").abs(), descending=True, maintain_order=True
    )
    if lines.height <= most:
        return SheetRows(pl.concat([differing, lines.filter(~differs)]), _added_up(lines.clear()))
    needed = (*_TOGETHER, *AMOUNTS)
    matching = lines.select(needed).filter(~differs)
    rest = pl.concat([differing.select(needed)[most:], matching])
    return SheetRows(differing.head(most), _added_up(rest))


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


def _added_up(lines: pl.DataFrame) -> pl.DataFrame:
    return (
        lines.group_by(_TOGETHER)
        .agg(pl.len().alias("count"), pl.col(AMOUNTS).sum())
        .sort(_TOGETHER)
    )
