"""How the six addons hang together: one may be read, changed or left out without the others."""

from __future__ import annotations

import ast
from collections import defaultdict
from graphlib import CycleError, TopologicalSorter
from pathlib import Path

import pytest

ADDONS = Path(__file__).parent.parent / "deployments" / "addons"
BASE = "fusion_centralize_billing"
NAMES = sorted(path.parent.name for path in ADDONS.glob("*/__manifest__.py"))


def manifest(name: str) -> dict:
    return ast.literal_eval((ADDONS / name / "__manifest__.py").read_text())


def below(name: str) -> set[str]:
    """The addons of ours that one depends on, and those that these depend on."""
    direct = {one for one in manifest(name)["depends"] if one in NAMES}
    return direct.union(*map(below, direct))


def imports(path: Path) -> set[str]:
    """The modules that a file of an addon imports, as dotted names from the addons' folder."""
    package = path.relative_to(ADDONS).parent.parts
    found = set()
    for node in ast.walk(ast.parse(path.read_text())):
        if not isinstance(node, ast.ImportFrom):
            continue
        if node.level:
            parts = package[: len(package) - node.level + 1]
            module = ".".join([*parts, *filter(None, [node.module])])
            found |= {f"{module}.{alias.name}" for alias in node.names} | {module}
        elif node.module and node.module.startswith("odoo.addons.fusion"):
            found.add(node.module.removeprefix("odoo.addons."))
    return found


def files(name: str, *, tests: bool) -> list[Path]:
    paths = (ADDONS / name).rglob("*.py")
    return [path for path in paths if tests or "tests" not in path.relative_to(ADDONS).parts]


@pytest.mark.parametrize("name", NAMES)
def test_an_addon_imports_only_addons_that_it_depends_on(name):
    allowed = {name, *below(name)}
    for path in files(name, tests=True):
        assert {one.partition(".")[0] for one in imports(path)} <= allowed, path


@pytest.mark.parametrize("name", NAMES)
def test_an_addon_refers_only_to_records_of_addons_that_it_depends_on(name):
    known = {name, *below(name)}
    for path in (ADDONS / name).rglob("*.xml"):
        for other in set(NAMES) - known:
            assert f"{other}." not in path.read_text(), path


@pytest.mark.parametrize("name", NAMES)
def test_no_two_rooms_of_an_addon_import_each_other(name):
    graph = defaultdict(set)
    for path in files(name, tests=False):
        room = path.relative_to(ADDONS).parts[1]
        for module in imports(path):
            addon, _, rest = module.partition(".")
            other = rest.partition(".")[0]
            if addon == name and other != room and (ADDONS / name / other / "__init__.py").exists():
                graph[room].add(other)
    graph.pop("__init__.py", None)
    try:
        TopologicalSorter(graph).prepare()
    except CycleError as circle:
        pytest.fail(f"{name}: {' -> '.join(circle.args[1])}")


def test_installing_the_base_brings_the_others():
    alone = [name for name in NAMES if not manifest(name).get("auto_install")]
    assert alone == [BASE]
    assert all(BASE in below(name) for name in NAMES if name != BASE)


def test_the_addons_move_together():
    assert len({manifest(name)["version"] for name in NAMES}) == 1
