"""A check waits for no package that it does not use."""

from __future__ import annotations

import subprocess
import sys

import pytest

pytestmark = pytest.mark.pure


def _run(code):
    return subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True
    ).stdout.split()


def test_check_loads_neither_drawing_nor_statistics_nor_a_database():
    loaded = _run(
        "import sys; from tasks.check.run import check_rows;"
        "check_rows([('odoo_counts', [{'entity': 'orders', 'expected': 1, 'found': 2,"
        " 'found_minus_expected': 1}])], docs_dir=None, run_name='a run'); print(*sys.modules)"
    )
    assert "great_expectations" in loaded
    assert {"altair.vegalite", "scipy.stats._stats_py", "sqlalchemy"}.isdisjoint(loaded)


def test_what_was_put_off_is_there_for_who_asks():
    (half,) = _run(
        "from tasks.check.validation import warm_up; warm_up();"
        "import scipy.stats; print(scipy.stats.norm.cdf(0))"
    )
    assert float(half) == 0.5


def test_what_is_left_out_is_there_for_who_needs_it():
    (found,) = _run(
        "from tasks.check.validation import warm_up; warm_up();"
        "import sqlalchemy; print(sqlalchemy.select(sqlalchemy.literal(1)).is_select)"
    )
    assert found == "True"


def test_backfill_from_nexacloud_waits_for_no_client_of_lago():
    loaded = _run("import sys, flows.backfill; print(*sys.modules)")
    assert {"lago_python_client", "great_expectations", "pandas", "pyarrow"}.isdisjoint(loaded)
