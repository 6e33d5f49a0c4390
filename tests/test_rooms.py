"""What the checker of layers cannot say (pyproject, ``importlinter``): files, doors and addons."""

from __future__ import annotations

import ast
import re
import subprocess
import sys
import tomllib
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("flows", "tasks", "deployments", "expectations", "tests")
VENDOR_OF_DOOR = {
    "tasks/clients/nexacloud/": "psycopg2",
    "tasks/clients/odoo/": "odoorpc",
    "tasks/clients/lago/": "lago_python_client",
    "tasks/clients/stripe/": "stripe",
    "tasks/check/": "great_expectations",
    "tasks/reconcile/workbook/": "xlsxwriter",
}

FLOWS = ("backfill", "usage", "reconcile", "cards", "webhooks", "dual_run", "cutover", "watch")
# What touches the world is named for the step that it is.
STEP = re.compile(
    r"tasks\.\w+\.(__init__|read\w*|load\w*|verify\w*|metering|rate|deliver|sources|record"
    r"|approval|evidence|switch)"
)

# The one library that pure modules may use: a million ledger lines are matched in frames.
FRAMES = "polars"
FRAME_MODULES = ("tasks/model/ledger.py",)


def imports(path: Path) -> set[str]:
    """Every module that a file imports, anywhere in it."""
    found: set[str] = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if isinstance(node, ast.Import):
            found |= {alias.name for alias in node.names}
        elif isinstance(node, ast.ImportFrom) and node.module:
            found |= {node.module} | {f"{node.module}.{alias.name}" for alias in node.names}
    return found


def room(folder: str) -> list[Path]:
    files = sorted((ROOT / folder).rglob("*.py"))
    assert files, f"no files in {folder}"
    return files


def name_of(path: Path) -> str:
    return str(path.relative_to(ROOT))


def tops(path: Path) -> set[str]:
    return {name.partition(".")[0] for name in imports(path)}


@pytest.mark.parametrize("path", room("tasks/model"), ids=name_of)
def test_the_model_imports_only_itself_and_the_standard_library(path):
    allowed = {FRAMES} if name_of(path).startswith(FRAME_MODULES) else set()
    foreign = {
        name
        for name in imports(path)
        if name.partition(".")[0] not in sys.stdlib_module_names | allowed
        and not name.startswith("tasks.model")
    }
    assert not foreign


@pytest.mark.parametrize(("door", "vendor"), VENDOR_OF_DOOR.items())
def test_a_vendor_is_imported_behind_its_one_door(door, vendor):
    users = {str(p.relative_to(ROOT)) for p in room("tasks") + room("flows") if vendor in tops(p)}
    assert users
    assert all(user.startswith(door) for user in users)


@pytest.mark.parametrize("folder", ["deployments/addons", "deployments/addons_community"])
def test_the_addons_import_nothing_of_the_project(folder):
    for path in room(folder):
        assert not tops(path) & set(OURS), path


def test_the_model_loads_without_prefect_or_pandas():
    modules = [
        str(path.relative_to(ROOT).with_suffix("")).replace("/", ".")
        for path in room("tasks/model")
        if path.name != "__init__.py"
    ]
    program = f"import sys, {', '.join(modules)}; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    assert not {"prefect", "pandas", "psycopg2", "odoorpc"} & set(loaded)


def test_a_file_of_a_flow_is_named_for_a_step_with_io_or_only_thinks():
    contracts = tomllib.loads((ROOT / "pyproject.toml").read_text())["tool"]["importlinter"]
    named = next(each for each in contracts["contracts"] if "only thinks" in each["name"])
    thinks = set(named["source_modules"]) - {"tasks.model"}
    modules = {
        f"tasks.{flow}.{path.stem}"
        for flow in FLOWS
        for path in (ROOT / "tasks" / flow).iterdir()
        if path.suffix == ".py" or (path.is_dir() and (path / "__init__.py").exists())
    }
    assert thinks <= modules
    assert not {name for name in modules - thinks if not STEP.fullmatch(name)}


def test_loading_one_flow_loads_no_report_of_another():
    program = "import sys, tasks.backfill.load; print(*sys.modules)"
    loaded = subprocess.run(
        [sys.executable, "-c", program], cwd=ROOT, capture_output=True, text=True, check=True
    ).stdout.split()
    others = tuple(f"tasks.{flow}" for flow in FLOWS if flow != "backfill")
    assert not {name for name in loaded if name.startswith((*others, "tasks.backfill.report"))}
