"""The addons' own tests, run by Odoo: an installable addon that miscounts is no use."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

from deployments.local.places import PROJECT
from deployments.local.processes import free_port
from deployments.local.scratch import Scratch

ADDONS = tuple(path.parent.name for path in PROJECT.glob("deployments/addons*/*/__manifest__.py"))


def test_addon_suites_on_a_clone_pass(
    scratch: Scratch, odoo_database: Callable[[], str], tmp_path: Path
) -> None:
    log = tmp_path / "addon-tests.log"
    scratch.odoo.run_script(
        "launcher.py",
        f"--config={scratch.odoo.settings}",
        f"--database={odoo_database()}",
        f"--http-port={free_port()}",
        f"--test-tags={','.join(f'/{name}' for name in ADDONS)}",
        "--stop-after-init",
        log=log,
    )
    # Odoo exits with 0 when no test matches, so the count is part of the verdict.
    verdict = re.search(r"(\d+) failed, (\d+) error\(s\) of (\d+) tests", log.read_text())
    assert verdict is not None, log.read_text()[-3000:]
    failed, errors, total = (int(number) for number in verdict.groups())
    assert (failed, errors) == (0, 0)
    assert total > 0
