"""Former reconciliations: what their ``summary.json`` tells, for the change since the last run."""

from __future__ import annotations

import json
from datetime import datetime
from decimal import Decimal, InvalidOperation
from pathlib import Path
from typing import Any

from tasks.reconcile.results import CurrencyFigures, PastRun

KEPT = 60
"""Former runs that are read: a year of weekly ones and some."""


def read_history(folder: Path) -> tuple[PastRun, ...]:
    """Read the runs beside a run's folder, oldest first; itself and what is unreadable left out.

    A run that another version wrote, or that broke off, is no reason to stop this one.
    """
    others = sorted(path for path in folder.parent.glob("*/summary.json") if _is_run(path, folder))
    found = (_read(path) for path in others[-KEPT:])
    return tuple(sorted(filter(None, found), key=lambda each: (each.started_at, each.run)))


def _is_run(path: Path, folder: Path) -> bool:
    return not path.parent.is_symlink() and path.parent.name != folder.name


def _read(path: Path) -> PastRun | None:
    try:
        return _past(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError, KeyError, TypeError, AttributeError, InvalidOperation):
        return None


def _past(told: dict[str, Any]) -> PastRun | None:
    if told["exit_code"] not in (0, 4):
        return None
    counts = told["rows"]["lines"]
    return PastRun(
        run=str(told["run"]),
        started_at=_moment(told["started_at"]),
        service=str(told["service"]),
        period_start=_moment(told["period"]["start"]),
        period_end=_moment(told["period"]["end"]),
        rows=int(counts["read"]),
        matched=int(told.get("settled_lines", counts["match"])),
        unexplained=int(told["unexplained_lines"]),
        currencies={code: _figures(each) for code, each in told["currencies"].items()},
    )


def _figures(told: dict[str, Any]) -> CurrencyFigures:
    return CurrencyFigures(
        unexplained=Decimal(told["unexplained"]),
        causes={code: int(cause["lines"]) for code, cause in told["causes"].items()},
    )


def _moment(text: str) -> datetime:
    """Read a moment; one without an offset is refused."""
    moment = datetime.fromisoformat(text)
    if moment.tzinfo is None:
        raise ValueError(text)
    return moment
