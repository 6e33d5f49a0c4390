"""The dual runs that a cutover rests on, run for real."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

from tasks.reconcile.window import reconcile_window

ZONE = ZoneInfo("America/Toronto")


def months_before(now: datetime, number: int) -> list[str]:
    """Name the latest months of which all periods have ended, the earliest first.

    >>> months_before(datetime(2026, 11, 29, tzinfo=UTC), 3)
    ['2026-07', '2026-08', '2026-09']
    """
    month = date.fromisoformat(f"{reconcile_window(None, as_of=now, zone=ZONE).period}-01")
    months = []
    for _ in range(number):
        months.insert(0, f"{month:%Y-%m}")
        month = (month - timedelta(days=1)).replace(day=1)
    return months


def run_dual_runs(service: str = "nexacloud", number: int = 3) -> None:
    """Run the latest months; whether the cycles are green is not asked."""
    from flows.dual_run import dual_run

    for month in months_before(datetime.now(UTC), number):
        state = dual_run(service=service, period=month, return_state=True)
        assert state.name in {"Completed", "CycleNotGreen"}, state.message
