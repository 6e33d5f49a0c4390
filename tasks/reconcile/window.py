"""Which periods a reconciliation speaks of."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import polars as pl

from tasks.model.ledger import FLAT, MOMENT
from tasks.model.window import usage_window

#: Both sides are read beyond the window, so that a period that begins on another day there
#: still finds its partner.
_MARGIN = timedelta(days=3)

#: From when on Odoo bills a subscription's price and its usage.
SWITCHED_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "flat_from": MOMENT,
    "usage_from": MOMENT,
}


@dataclass(frozen=True, slots=True)
class ReconcileWindow:
    """Periods that start in [since, until); ``period`` is how a person asks for them."""

    since: datetime
    until: datetime
    period: str

    @property
    def read_from(self) -> datetime:
        """From where both sides are read."""
        return self.since - _MARGIN

    @property
    def read_until(self) -> datetime:
        """Until where both sides are read."""
        return self.until + _MARGIN

    def has_ended(self, as_of: datetime, zone: ZoneInfo) -> bool:
        """Say whether every period that starts in the window has ended: the last take a month."""
        return self.until <= reconcile_window(None, as_of=as_of, zone=zone).until


def reconcile_window(period: str | None, *, as_of: datetime, zone: ZoneInfo) -> ReconcileWindow:
    """Choose the window of a run.

    >>> toronto = ZoneInfo("America/Toronto")
    >>> now = datetime(2026, 11, 22, tzinfo=toronto)
    >>> reconcile_window(None, as_of=now, zone=toronto).period
    '2026-09'

    Args:
        period: ``2026-10`` or ``2026-05..2026-10``; None for the last month of which all
            periods have ended, and so have been billed.
        as_of: When the run began.
        zone: The company's time zone.

    Raises:
        ConfigError: ``period`` is not a month or a range of months.
    """
    if period is None:
        this_month = as_of.astimezone(zone).date().replace(day=1)
        last = (this_month - timedelta(days=1)).replace(day=1)
        period = f"{last - timedelta(days=1):%Y-%m}"
    window = usage_window(period, full=False, metered_until=None, zone=zone)
    if window.since is None or window.until is None:
        raise AssertionError("a period has bounds")
    return ReconcileWindow(window.since, window.until, period)


def due(ledger: pl.DataFrame, as_of: datetime) -> pl.DataFrame:
    """Leave out usage and minimums of periods that had not ended: nobody billed them yet."""
    in_arrears = pl.col("item").str.contains("^(usage:|minimum)")
    return ledger.filter(~in_arrears | (pl.col("period_end") <= as_of))


def contested(matched: pl.DataFrame, switched: pl.DataFrame) -> pl.DataFrame:
    """Leave out what Odoo alone bills since a cutover: there is no other side to it any more.

    What the old side bills for the same time stays, with or without Odoo's line.
    """
    since = pl.when(pl.col("item") == FLAT).then("flat_from").otherwise("usage_from")
    alone = (pl.col("external_lines") == 0) & (pl.col("period_start") >= since)
    return (
        matched.join(switched, on=["service", "subscription"], how="left", maintain_order="left")
        .filter(~alone.fill_null(value=False))
        .select(matched.columns)
    )


def inside(matched: pl.DataFrame, window: ReconcileWindow) -> pl.DataFrame:
    """Keep what starts in the window: Odoo's line where there is one, else the other side's."""
    return matched.filter(pl.col("period_start").is_between(window.since, window.until, "left"))
