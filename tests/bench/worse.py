"""What got worse since the figures that were committed, as ratios that travel between machines."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from deployments.local.places import PROJECT

KEPT = PROJECT / "docs" / "figures.json"
#: CPU seconds of one build on one machine differ by so much.
NOISE = 1.15
#: The head of a ratio of two figures of one run, which needs no yardstick; more is better.
RATIO = "figure"
#: Walls depend on what else the machine does: they are printed, not compared.
_BETTER_LOW = ("CPU s", "MB")
_BETTER_HIGH = ("/CPU-s", RATIO)
_CONTESTANT = "contestant"
_OURS = "this project"
_NUMBER = "0123456789.,x%"


@dataclass(frozen=True)
class Table:
    """A bench's printed table: a title, the columns' heads, and cells as text.

    The first ``keys`` columns say what a row is of, also where they are numbers.
    """

    title: str
    heads: list[str]
    rows: list[list[str]]
    keys: int = 1


@dataclass(frozen=True)
class Measured:
    """One bench's figures, by what they are of.

    ``yardstick`` is the CPU seconds that a fixed piece of work took just before: what a
    CPU second is worth differs between machines, and on one that is shared from hour to hour.
    """

    yardstick: float
    figures: dict[str, float]


def yardstick() -> float:
    """Measure the fixed piece of work: median CPU seconds of five."""
    return median(_work() for _ in range(5))


def figures_of(tables: Iterable[Table]) -> dict[str, float]:
    """Take this project's comparable figures out of tables, each under a name of its own."""
    found = {}
    for table in tables:
        for row in table.rows:
            cells = dict(zip(table.heads, row, strict=True))
            if not cells.get(_CONTESTANT, _OURS).startswith(_OURS):
                continue
            words = (cell for cell in row[table.keys :] if cell and not _is_number(cell))
            about = [*filter(None, row[: table.keys]), *words]
            for head, cell in cells.items():
                if head not in table.heads[: table.keys] and _direction(head) and _is_number(cell):
                    name = " | ".join((table.title, *about, head))
                    found[name] = float(cell.strip("x%").replace(",", ""))
    return found


def worsened(before: Measured, now: Measured) -> dict[str, float]:
    """Say how many times worse each figure got that both know, ratios first; above 1 is worse.

    CPU seconds, and rows a CPU second, are taken in yardsticks of their own run.
    """
    both = sorted(
        before.figures.keys() & now.figures, key=lambda name: (_head(name) != RATIO, name)
    )
    return {name: _times_worse(name, before, now) for name in both}


def unmeasured(before: Measured, now: Measured) -> list[str]:
    """Name what was measured once and is no longer, so that no figure is lost in silence."""
    return sorted(before.figures.keys() - now.figures)


def load(path: Path = KEPT) -> dict[str, Measured]:
    """Read the committed figures, by bench; nothing where there are none yet."""
    if not path.exists():
        return {}
    kept = json.loads(path.read_text(encoding="utf-8"))
    return {bench: Measured(**measured) for bench, measured in kept.items()}


def keep(measured: Mapping[str, Measured], path: Path = KEPT) -> None:
    """Write figures in the place of those of the same benches; the others stay."""
    kept = load(path) | dict(measured)
    text = json.dumps({bench: vars(each) for bench, each in sorted(kept.items())}, indent=2)
    path.write_text(f"{text}\n", encoding="utf-8")


def _times_worse(name: str, before: Measured, now: Measured) -> float:
    old, new, head = before.figures[name], now.figures[name], _head(name)
    pace = now.yardstick / before.yardstick
    if "/CPU-s" in head:
        new *= pace
    elif "CPU s" in head:
        new /= pace
    if not old or not new:
        return 1.0
    return new / old if _direction(head) == "low" else old / new


def _direction(head: str) -> str | None:
    if any(mark in head for mark in _BETTER_HIGH):
        return "high"
    return "low" if any(mark in head for mark in _BETTER_LOW) else None


def _head(name: str) -> str:
    return name.rpartition(" | ")[2]


def _is_number(cell: str) -> bool:
    return bool(cell) and set(cell) <= set(_NUMBER)


def _work() -> float:
    began = time.process_time()
    held: dict[str, int] = {}
    for number in range(300_000):
        text = str(number % 9_973)
        held[text] = held.get(text, 0) + len(text)
    return time.process_time() - began
