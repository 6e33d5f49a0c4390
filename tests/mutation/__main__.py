"""Do the pure tests notice when the pure code is changed? ``python -m tests.mutation [number]``.

Takes a random sample of all small changes that cosmic-ray can make to the pure files, makes each in
a copy of the project, and runs the pure tests of its room that run the changed function: no
database, no Odoo, no Prefect server.
Prints the changes that no test noticed, and the share of those that one did.
"""

from __future__ import annotations

import argparse
import ast
import compileall
import json
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
from py_compile import PycInvalidationMode
from typing import Any

import pytest
from cosmic_ray.commands import init
from cosmic_ray.config import ConfigDict
from cosmic_ray.mutating import use_mutation
from cosmic_ray.plugins import get_operator
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import WorkItem

from tests.mutation.callers import Callers, Chosen, Recorder

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text(encoding="utf-8"))
COPIED = ("flows", "tasks", "tests", "expectations", "deployments", "pyproject.toml")
PYTEST = (
    "-qx",
    "-n0",
    "-pno:cacheprovider",
    "--assert=plain",
    "--hypothesis-profile=mutation",
    "-mpure and not soak",
)
EXAMPLES = "tests/test_doctests.py"
OUTPUT, BOOK = "tests.log", "calls.json"
#: Of what is compared by identity (None, True, a class) the same.
SAME = {"core/ReplaceComparisonOperator_Is_Eq", "core/ReplaceComparisonOperator_IsNot_NotEq"}
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
        # A change may come in the same second as the one before: what is compiled is known by its
        # text, not by its time.
        compileall.compile_dir(".", quiet=1, invalidation_mode=PycInvalidationMode.CHECKED_HASH)
        sys.dont_write_bytecode = True
        for library in LIBRARIES:
            import_module(library)
        sample = _sample(rooms, asked.number, seed)
        print(f"{len(sample)} changes, seed {seed}", flush=True)
        callers = {room: _callers(room) for room in sorted({room for room, _ in sample})}
        noticed = sum(_is_noticed(callers[room], item) for room, item in sample)
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
    """Leave out what changes nothing that runs.

    That is: annotations, how a record is declared, caches, the star before arguments with names,
    and ``is None`` made ``== None``.
    """
    (change,) = item.mutations
    line, column = change.start_pos
    return not (
        change.operator_name in SAME
        or _text(change.module_path).splitlines()[line - 1].startswith("*,", column)
        or any(start <= change.start_pos < end for start, end in _declarations(change.module_path))
    )


@cache
def _text(path: Path) -> str:
    return path.read_text(encoding="utf-8")


@cache
def _declarations(path: Path) -> list[tuple[tuple[int, int], tuple[int, int]]]:
    found: list[ast.expr | None] = []
    for node in ast.walk(ast.parse(_text(path))):
        if isinstance(node, ast.FunctionDef):
            found.append(node.returns)
            found += [each for each in node.decorator_list if _is_cache(each)]
        elif isinstance(node, ast.arg | ast.AnnAssign):
            found.append(node.annotation)
        elif isinstance(node, ast.ClassDef):
            found += node.decorator_list
    return [
        # The sign before a decorator is a part of it.
        ((each.lineno, each.col_offset - 1), (each.end_lineno or 0, each.end_col_offset or 0))
        for each in found
        if each is not None
    ]


def _is_cache(decorator: ast.expr) -> bool:
    """Say whether it remembers answers: how many changes the speed alone."""
    return ast.unparse(decorator).split("(")[0] in {"cache", "lru_cache"}


def _callers(room: str) -> Callers:
    """Run all tests of a room, as the code stands."""
    recorder = Recorder(Path.cwd(), Path(BOOK).absolute())
    if _fails([EXAMPLES, *ROOMS[room]["tests"]], recorder):
        print(Path(OUTPUT).read_text(encoding="utf-8"))
        raise SystemExit(f"The tests of {room} fail as the code stands: mend that first.")
    return Callers(**json.loads(Path(BOOK).read_text(encoding="utf-8")))


def _is_noticed(callers: Callers, item: WorkItem) -> bool:
    (change,) = item.mutations
    operator = get_operator(change.operator_name)(**change.operator_args)
    tests = callers.of(change.module_path, change.start_pos[0])
    files = dict.fromkeys(test.split("::")[0] for test in tests)
    with use_mutation(change.module_path, operator, change.occurrence) as (before, after):
        noticed = bool(tests) and _fails(list(files), Chosen(tests))
    print(f"{'noticed ' if noticed else 'SURVIVED'} {change.module_path}:{change.start_pos[0]}")
    if not noticed:
        diff = unified_diff(before.splitlines(), after.splitlines(), n=1, lineterm="")
        print("\n".join(list(diff)[2:]))
    sys.stdout.flush()
    return noticed


def _fails(tests: list[str], plugin: Any) -> bool:
    """Run tests in a child that has the libraries already, and nothing of ours."""
    child = get_context("fork").Process(target=_run, args=(tests, plugin))
    child.start()
    child.join()
    return child.exitcode != pytest.ExitCode.OK


def _run(tests: list[str], plugin: Any) -> None:
    with Path(OUTPUT).open("w") as output:
        os.dup2(output.fileno(), 1)
        os.dup2(output.fileno(), 2)
        sys.exit(pytest.main([*PYTEST, *tests], plugins=[plugin]))


if __name__ == "__main__":
    sys.exit(main())
