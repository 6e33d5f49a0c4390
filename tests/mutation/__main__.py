"""Do the pure tests notice when the pure code is changed? ``python -m tests.mutation [number]``.

Takes a random sample of all small changes that cosmic-ray can make to the pure files, makes each in
a copy of the project, and runs the pure tests of its room: no database, no Odoo, no Prefect server.
Prints the changes that no test noticed, and the share of those that one did.
"""

from __future__ import annotations

import argparse
import ast
import os
import random
import shutil
import sys
import tempfile
import tomllib
from collections.abc import Iterator
from difflib import unified_diff
from functools import cache
from importlib import import_module
from multiprocessing import get_context
from pathlib import Path

import pytest
from cosmic_ray.commands import init
from cosmic_ray.config import ConfigDict
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text(encoding="utf-8"))
COPIED = ("flows", "tasks", "tests", "expectations", "deployments", "pyproject.toml")
PYTEST = (
    "-qx",
    "-n0",
    "-pno:cacheprovider",
    "-Wignore::pytest.PytestAssertRewriteWarning",
    "--hypothesis-profile=mutation",
    "-mpure and not soak",
)
EXAMPLES = "tests/test_doctests.py"
TIMEOUT_SECONDS = 900
OUTPUT = "tests.log"
#: What takes long to import is imported once.
LIBRARIES = ("hypothesis", "pandas", "polars", "prefect", "psycopg2", "pyarrow")


def main() -> int:
    """Sample, mutate, test and tell; 1 if fewer than the wanted share were noticed."""
    parser = argparse.ArgumentParser(prog="python -m tests.mutation", description=__doc__)
    parser.add_argument("number", nargs="?", type=int, default=60, help="changes to try (60)")
    parser.add_argument("--seed", type=int, help="of the sample; by default another each time")
    parser.add_argument("--room", choices=ROOMS, help="only changes of one room")
    parser.add_argument("--least", type=float, default=0.9, help="share to be noticed (0.9)")
    asked = parser.parse_args()
    seed = random.randrange(10_000) if asked.seed is None else asked.seed
    rooms = {asked.room: ROOMS[asked.room]} if asked.room else ROOMS
    with tempfile.TemporaryDirectory() as folder:
        os.chdir(_copy(Path(folder)))
        # A change may come in the same second as the one before: nothing compiled is kept.
        sys.dont_write_bytecode = True
        for library in LIBRARIES:
            import_module(library)
        sample = _sample(rooms, asked.number, seed)
        print(f"{len(sample)} changes, seed {seed}", flush=True)
        for room in sorted({room for room, _ in sample}):
            if _fails(ROOMS[room]["tests"]):
                print(Path(OUTPUT).read_text(encoding="utf-8"))
                raise SystemExit(f"The tests of {room} fail as the code stands: mend that first.")
        noticed = sum(_is_noticed(room, item) for room, item in sample)
    share = noticed / len(sample)
    print(f"Noticed: {noticed} of {len(sample)} ({share:.0%})")
    return int(share < asked.least)


def _copy(folder: Path) -> Path:
    """Copy what the tests need: a change must never stay in the project."""
    for name in COPIED:
        source = ROOT / name
        if source.is_dir():
            shutil.copytree(source, folder / name, ignore=shutil.ignore_patterns("__pycache__"))
        else:
            shutil.copy(source, folder / name)
    return folder


def _sample(
    rooms: dict[str, dict[str, list[str]]], number: int, seed: int
) -> list[tuple[str, WorkItem]]:
    """Pick among all changes of all rooms; the order is that of the seed, too."""
    picked: list[tuple[str, WorkItem]] = []
    for room, settings in rooms.items():
        with use_db(":memory:", WorkDB.Mode.create) as changes:
            init(list(_files(settings["pure"])), changes, ConfigDict())
            picked += [(room, item) for item in changes.work_items if _can_matter(item)]
    # Names of changes are random in themselves: their place in the code is not.
    picked.sort(key=lambda each: repr(each[1].mutations))
    return random.Random(seed).sample(picked, min(number, len(picked)))


def _files(patterns: list[str]) -> Iterator[Path]:
    for pattern in patterns:
        found = sorted(Path().glob(pattern))
        if not found:
            raise SystemExit(f"{pattern}: no such file; correct tests/mutation/rooms.toml")
        yield from found


def _can_matter(item: WorkItem) -> bool:
    """Leave out what changes nothing that runs: annotations, how a record is declared, caches."""
    (change,) = item.mutations
    return not any(
        start <= change.start_pos < end for start, end in _declarations(change.module_path)
    )


@cache
def _declarations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
            found += [each for each in node.decorator_list if _is_cache(each)]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.ClassDef):
            found += node.decorator_list
    return [
        ((each.lineno, each.col_offset), (each.end_lineno or 0, each.end_col_offset or 0))
        for each in found
        if each is not None
    ]


def _is_cache(decorator: ast.expr) -> bool:
    """Say whether it remembers answers: how many changes the speed alone."""
    return ast.unparse(decorator).split("(")[0] in {"cache", "lru_cache"}


def _is_noticed(room: str, item: WorkItem) -> bool:
    (change,) = item.mutations
    operator = get_operator(change.operator_name)(**change.operator_args)
    with use_mutation(change.module_path, operator, change.occurrence) as (before, after):
        noticed = _fails(ROOMS[room]["tests"])
    print(f"{'noticed ' if noticed else 'SURVIVED'} {change.module_path}:{change.start_pos[0]}")
    if not noticed:
        diff = unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
        print("\n".join(list(diff)[2:]))
    sys.stdout.flush()
    return noticed


def _fails(tests: list[str]) -> bool:
    """Run tests in a child that has the libraries already, and nothing of ours."""
    child = get_context("fork").Process(target=_run, args=(tests,))
    child.start()
    child.join(TIMEOUT_SECONDS)
    if child.is_alive():
        child.kill()
        child.join()
    if child.exitcode == pytest.ExitCode.NO_TESTS_COLLECTED:
        raise SystemExit(f"No pure test among {' '.join(tests)}: correct tests/mutation/rooms.toml")
    return child.exitcode != pytest.ExitCode.OK


def _run(tests: list[str]) -> None:
    with Path(OUTPUT).open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.exit(pytest.main([*PYTEST, EXAMPLES, *tests]))


if __name__ == "__main__":
    sys.exit(main())
