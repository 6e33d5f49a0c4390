"""The proof for a real Odoo Enterprise, run on the stand-in: it must hold the contract too."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from deployments.local.places import PROJECT
from deployments.local.scratch import Scratch


@pytest.mark.soak
def test_contract_holds_on_a_copy_that_is_dropped_again(
    scratch: Scratch, odoo_database: Callable[[], str], tmp_path: Path
) -> None:
    odoo, database, log = scratch.odoo, odoo_database(), tmp_path / "odoo.log"
    variables = [f"{name}={value}" for name, value in odoo.environment().items()]
    launcher = PROJECT / "deployments" / "local" / "odoo_side" / "launcher.py"
    command = ["env", *variables, str(odoo.python), str(launcher)]
    options = [f"--odoo={' '.join(command)}", f"--config={odoo.settings}", f"--log={log}"]
    ended = subprocess.run(
        [
            sys.executable,
            "-m",
            "deployments.enterprise",
            "--only-contract",
            f"--database={database}",
            *options,
        ],
        capture_output=True,
        text=True,
        check=False,
        cwd=PROJECT,
    )
    assert ended.returncode == 0, ended.stdout + ended.stderr + log.read_text()[-3000:]
    assert "this run proves nothing" in ended.stdout
    assert "facts hold" in ended.stdout
    left = odoo.cluster.sql("SELECT datname FROM pg_database WHERE datname LIKE '%_contract_%'")
    assert not left
