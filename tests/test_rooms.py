"""Who may import whom (README, "The house"): a newcomer can trust what a folder's name says."""

from __future__ import annotations

import ast
import subprocess
import sys
from pathlib import Path

import pytest

ROOT = Path(__file__).parent.parent
OURS = ("flows", "tasks", "deployments", "expectations", "tests")
VENDOR_OF_DOOR = {
    "tasks/clients/nexacloud/": "psycopg2",
    "tasks/clients/odoo/": "odoorpc",
    "tasks/clients/lago/": "lago_python_client",
    "tasks/check/": "great_expectations",
    "tasks/reconcile/workbook/": "xlsxwriter",
}

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


@pytest.mark.parametrize("path", room("tasks/clients"), ids=name_of)
def test_clients_know_neither_prefect_nor_settings_nor_each_other(path):
    own_door = f"tasks.clients.{path.relative_to(ROOT / 'tasks/clients').parts[0]}"
    known = {n for n in imports(path) if n.startswith(("tasks.", "flows", "prefect"))}
    assert all(n.startswith(("tasks.model", own_door)) for n in known)


@pytest.mark.parametrize("path", room("tasks"), ids=name_of)
def test_tasks_never_import_flows_or_deployments(path):
    assert not tops(path) & {"flows", "deployments", "tests"}


@pytest.mark.parametrize("path", room("flows"), ids=name_of)
def test_flows_import_no_vendor_and_no_client(path):
    assert not {n for n in imports(path) if n.startswith("tasks.clients")}
    assert not tops(path) & set(VENDOR_OF_DOOR.values())


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
