"""What a contestant costs: wall seconds, and CPU seconds of Odoo and PostgreSQL together.

The machine is shared and noisy; CPU seconds tell more than wall seconds do.
"""

from __future__ import annotations

import time
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass

import psutil

from tests.bench.worse import RATIO, Table


@dataclass
class Cost:
    """Seconds that a piece of work took; filled in when the work is done."""

    wall: float = 0.0
    server_cpu: float = 0.0


@contextmanager
def measured(server_pids: Iterable[int]) -> Iterator[Cost]:
    """Measure the block: wall clock here, CPU of these processes and all under them."""
    cost, pids = Cost(), list(server_pids)
    cpu, began = _cpu_seconds(pids), time.perf_counter()
    yield cost
    cost.wall = time.perf_counter() - began
    cost.server_cpu = _cpu_seconds(pids) - cpu


def _cpu_seconds(pids: Iterable[int]) -> float:
    """Add up the processes' trees; reaped children count through their parents."""
    total = 0.0
    for pid in pids:
        root = psutil.Process(pid)
        for process in (root, *root.children(recursive=True)):
            try:
                used = process.cpu_times()
            except psutil.NoSuchProcess:
                continue
            total += used.user + used.system + used.children_user + used.children_system
    return total


#: The tables of this process so far.
PRINTED: list[Table] = []


def print_ratios(rows: list[tuple[str, float]]) -> None:
    """Print ratios of figures of this run: what they are of, and how many times; more is better."""
    print_table("Ratios", ["what", RATIO], [[what, f"{ratio:.2f}x"] for what, ratio in rows])


def print_table(title: str, heads: list[str], rows: list[list[str]], keys: int = 1) -> None:
    """Print an aligned table; the first column is text, the others are figures.

    The first ``keys`` columns say what a row is of.
    """
    PRINTED.append(Table(title, heads, rows, keys))
    grid = [heads, *rows]
    widths = [max(len(line[column]) for line in grid) for column in range(len(heads))]
    print(f"\n{title}")
    for line in grid:
        first, *rest = line
        cells = [first.ljust(widths[0])]
        cells += [cell.rjust(width) for cell, width in zip(rest, widths[1:], strict=True)]
        print("  " + "  ".join(cells))
