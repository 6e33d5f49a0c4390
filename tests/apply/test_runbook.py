"""Every command of the runbook: run, or where it acts on production, known with its options."""

from __future__ import annotations

import re
import shlex
from functools import cache
from pathlib import Path

import pytest

from tests.apply.conftest import ROOT, Operation

pytestmark = pytest.mark.soak

RUNBOOK = (ROOT / "docs" / "runbook.md").read_text(encoding="utf-8")
_BLOCK = re.compile(r"```console( production)?\n(.*?)```", re.DOTALL)
#: Other programs: nobody has them on a test machine.
FOREIGN = {"psql", "odoo", "docker", "pg_dump", "pg_restore"}
#: Flow runs, which other tests look at: tests/apply/test_operation.py and the tests of each flow.
RUN_ELSEWHERE = ("prefect deployment run", "python -m flows backfill", "python -m flows cutover")


def commands(*, production: bool) -> list[str]:
    found = [
        line
        for marked, block in _BLOCK.findall(RUNBOOK)
        if bool(marked) is production
        for line in block.splitlines()
        if line.strip()
    ]
    return list(dict.fromkeys(found))


def module_and_arguments(command: str) -> list[str]:
    """Cut a command into a module of Python's path and its arguments."""
    words = shlex.split(command)
    if words[:2] == ["python", "-m"]:
        return words[2:]
    assert words[0] == "prefect", command
    return words


@pytest.mark.parametrize(
    "command",
    [each for each in commands(production=False) if not each.startswith(RUN_ELSEWHERE)],
)
def test_command_does_what_the_runbook_says(deployed: Operation, command: str):
    done = deployed.shell(*module_and_arguments(command))
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Traceback" not in done.stderr


def test_every_deployment_that_the_runbook_names_is_there(deployed: Operation):
    named = set(
        re.findall(r"\b((?:backfill|usage|reconcile|dual-run|cutover|webhooks)/[a-z-]+)", RUNBOOK)
    )
    with deployed.client as client:
        found = {client.read_deployment_by_name(name).id for name in named}
    assert len(found) == len(named) > 5


@cache
def help_of(*words: str) -> str:
    import os
    import subprocess
    import sys

    return subprocess.run(
        [sys.executable, "-m", *words, "--help"],
        cwd=ROOT,
        env=os.environ | {"COLUMNS": "200", "NO_COLOR": "1"},
        capture_output=True,
        text=True,
        check=True,
    ).stdout


@pytest.mark.parametrize(
    "command",
    [
        *commands(production=True),
        *filter(lambda c: c.startswith(RUN_ELSEWHERE), commands(production=False)),
    ],
)
def test_production_command_exists_with_its_options(command: str):
    if shlex.split(command)[0] in FOREIGN:
        for path in re.findall(r"deployments/\S+", command):
            assert (ROOT / path).exists()
        return
    words = module_and_arguments(command)
    verbs = words[: next((n for n, w in enumerate(words) if w.startswith("-")), len(words))]
    verbs = [verb for verb in verbs if "0000" not in verb]
    known = help_of(*verbs)
    for option in (word for word in words if word.startswith("--")):
        assert option in known, option


def test_every_state_that_a_run_can_fail_with_is_explained():
    failing = set()
    for path in [*Path(ROOT / "tasks").rglob("*.py"), *Path(ROOT / "flows").rglob("*.py")]:
        text = path.read_text(encoding="utf-8")
        failing |= set(re.findall(r'EndState\(\s*"([A-Z]\w+)"', text))
        failing |= set(re.findall(r'return "([A-Z][a-z]+[A-Z]\w+)", ', text))
    told = {name for name in failing if not name.startswith("Completed")}
    assert told
    assert [name for name in sorted(told) if f"`{name}`" not in RUNBOOK] == []
