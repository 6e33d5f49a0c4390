"""A year of Odoo's scheduled actions, day by day, on subscriptions as strict as the real ones.

``FC_YEAR_CUSTOMERS`` is how many live through it; the log has a line a month.
"""

from __future__ import annotations

import os
import re
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.local.processes import free_port
from deployments.local.scratch import Scratch

CUSTOMERS = os.environ.get("FC_YEAR_CUSTOMERS", "200")


@pytest.mark.soak
@pytest.mark.timeout(3 * 60 * 60)
def test_year_bills_every_day_once_and_closes_nobody_who_paid(
    scratch: Scratch, odoo_database: Callable[[], str], tmp_path: Path
) -> None:
    log = tmp_path / "year.log"
    scratch.odoo.run_script(
        "launcher.py",
        f"--config={scratch.odoo.settings}",
        f"--database={odoo_database()}",
        f"--http-port={free_port()}",
        "--test-tags=year",
        "--stop-after-init",
        log=log,
        FC_YEAR_CUSTOMERS=CUSTOMERS,
    )
    verdict = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log.read_text())
    assert verdict is not None, log.read_text()[-3000:]
    assert verdict.groups() == ("0", "0", "1")
