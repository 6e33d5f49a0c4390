"""A year of Odoo's scheduled actions, day by day, on subscriptions as strict as the real ones.

``FC_YEAR_CUSTOMERS`` is how many live through it; the log has a line a month.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.local.scratch import Scratch
from tests.local.test_addon_suite import run_odoo_tests

CUSTOMERS = os.environ.get("FC_YEAR_CUSTOMERS", "200")


@pytest.mark.soak
@pytest.mark.timeout(3 * 60 * 60)
def test_year_bills_every_day_once_and_closes_nobody_who_paid(
    scratch: Scratch, odoo_database: Callable[[], str], tmp_path: Path
) -> None:
    known = {"FC_YEAR_CUSTOMERS": CUSTOMERS}
    verdict = run_odoo_tests(scratch, odoo_database(), "year", tmp_path / "year.log", **known)
    assert verdict == (0, 0, 1)
