"""``make bench`` names what got worse, whatever the machine's pace, and only that."""

from __future__ import annotations

import subprocess
import sys

import pytest

from deployments.local.places import PROJECT
from tests.bench.peak import peak_bytes
from tests.bench.worse import Measured, Table, figures_of, keep, load, unmeasured, worsened

pytestmark = pytest.mark.pure

ENGINES = Table(
    "Engines",
    ["engine", "workers", "rows", "client CPU s"],
    [["threads", "1", "900", "4"], ["threads", "2", "900", "5"], ["dask", "2", "", "9"]],
    keys=2,
)
BACKFILL = Table(
    "Backfill",
    ["customers", "run", "rows", "wall s", "client CPU s", "client MB"],
    [["500", "first", "2,467", "20.1", "8.4", "378"], ["500", "again", "2,467", "15", "8", "378"]],
)
LOADING = Table(
    "Loading",
    ["case", "contestant", "rows/s", "rows/CPU-s of Odoo"],
    [["partners", "this project", "2,965", "1,500"], ["partners", "fluvo", "910", "714"]],
)
RATIOS = Table("Ratios", ["what", "figure"], [["partners, rows/CPU-s", "2.50x"]])


def test_what_is_compared_is_cpu_memory_and_ratios_of_this_project():
    assert figures_of([BACKFILL, LOADING, RATIOS]) == {
        "Backfill | 500 | first | client CPU s": 8.4,
        "Backfill | 500 | first | client MB": 378,
        "Backfill | 500 | again | client CPU s": 8,
        "Backfill | 500 | again | client MB": 378,
        "Loading | partners | this project | rows/CPU-s of Odoo": 1500,
        "Ratios | partners, rows/CPU-s | figure": 2.5,
    }


def test_rows_that_differ_in_a_number_alone_are_figures_of_their_own():
    assert figures_of([ENGINES]) == {
        "Engines | threads | 1 | client CPU s": 4,
        "Engines | threads | 2 | client CPU s": 5,
        "Engines | dask | 2 | client CPU s": 9,
    }


def test_figure_that_is_no_longer_measured_is_named():
    old, new = Measured(1, {"a | CPU s": 1, "b | CPU s": 1}), Measured(1, {"b | CPU s": 1})
    assert unmeasured(old, new) == ["a | CPU s"]


def test_small_process_is_not_told_the_memory_of_the_one_that_started_it():
    held = bytearray(b"x") * 300_000_000
    program = "from tests.bench.peak import peak_bytes; print(peak_bytes())"
    told = subprocess.run(
        [sys.executable, "-c", program], cwd=PROJECT, capture_output=True, text=True, check=True
    ).stdout
    assert int(told) < len(held) / 2
    assert peak_bytes() > len(held)


def test_ratios_which_need_no_yardstick_come_first():
    figures = figures_of([BACKFILL, RATIOS])
    assert next(iter(worsened(Measured(1, figures), Measured(1, figures)))).startswith("Ratios")


def test_slower_machine_is_not_taken_for_worse_code():
    figures = figures_of([BACKFILL, LOADING, RATIOS])
    slow = {
        name: value * {"client CPU s": 2, "rows/CPU-s of Odoo": 0.5}.get(name.split(" | ")[-1], 1)
        for name, value in figures.items()
    }
    times = worsened(Measured(0.1, figures), Measured(0.2, slow))
    assert times == pytest.approx(dict.fromkeys(figures, 1.0))


@pytest.mark.parametrize(
    ("figure", "value"),
    [
        ("Backfill | 500 | first | client CPU s", 16.8),
        ("Backfill | 500 | first | client MB", 756),
        ("Loading | partners | this project | rows/CPU-s of Odoo", 750),
        ("Ratios | partners, rows/CPU-s | figure", 1.25),
    ],
)
def test_what_costs_twice_as_much_is_twice_as_bad(figure, value):
    figures = figures_of([BACKFILL, LOADING, RATIOS])
    times = worsened(Measured(0.1, figures), Measured(0.1, figures | {figure: value}))
    assert times.pop(figure) == pytest.approx(2)
    assert set(times.values()) == {1.0}


def test_figures_that_only_one_side_knows_are_not_compared():
    old, new = Measured(1, {"a | CPU s": 1}), Measured(1, {"b | CPU s": 1})
    assert worsened(old, new) == {}


def test_keeping_one_bench_leaves_the_others_as_they_are(tmp_path):
    path = tmp_path / "figures.json"
    keep({"load": Measured(0.1, {"a": 1}), "usage": Measured(0.1, {"b": 2})}, path)
    keep({"load": Measured(0.2, {"a": 3})}, path)
    assert load(path) == {"load": Measured(0.2, {"a": 3}), "usage": Measured(0.1, {"b": 2})}
    assert load(tmp_path / "none.json") == {}
