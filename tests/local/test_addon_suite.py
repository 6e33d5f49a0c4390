"""The addons' own tests, run by Odoo: an installable addon that miscounts is no use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from deployments.local.places import PROJECT
from deployments.local.processes import free_port
from deployments.local.scratch import Scratch

ADDONS = tuple(path.parent.name for path in PROJECT.glob("deployments/addons*/*/__manifest__.py"))


def run_odoo_tests(
    scratch: Scratch, database: str, tags: str, log: Path, **environment: str
) -> tuple[int, ...]:
    """Run tests in Odoo; gives how many failed, how many broke, and how many there were."""
    scratch.odoo.run_script(
        "launcher.py",
        f"--config={scratch.odoo.settings}",
        f"--database={database}",
        f"--http-port={free_port()}",
        f"--test-tags={tags}",
        "--stop-after-init",
        log=log,
        **environment,
    )
    # Odoo exits with 0 when no test matches, so the count is part of the verdict.
    verdict = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log.read_text())
    assert verdict is not None, log.read_text()[-3000:]
    return tuple(int(number) for number in verdict.groups())


def test_addon_suites_on_a_clone_pass(
    scratch: Scratch, odoo_database: Callable[[], str], tmp_path: Path
) -> None:
    tags = ",".join(f"/{name}" for name in ADDONS)
    failed, errors, total = run_odoo_tests(scratch, odoo_database(), tags, tmp_path / "tests.log")
    assert (failed, errors) == (0, 0)
    assert total > 0
