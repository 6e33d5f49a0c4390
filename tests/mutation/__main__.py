"""Do the pure tests notice when the pure code is changed? ``python -m tests.mutation [number]``.

Takes a random sample of all small changes that cosmic-ray can make to the pure files, makes each in
a copy of the project, and runs the pure tests of its room: no database, no Odoo, no Prefect server.
Prints the changes that no test noticed, and the share of those that one did.
"""

from __future__ import annotations

import argparse
import os
import random
import shutil
import sys
import tempfile
import tomllib
from collections import defaultdict
from collections.abc import Iterator
from pathlib import Path

from cosmic_ray.commands import init
from cosmic_ray.config import ConfigDict
from cosmic_ray.mutating import mutate_and_test
from cosmic_ray.work_db import WorkDB, use_db
from cosmic_ray.work_item import TestOutcome, WorkItem

ROOT = Path(__file__).parents[2]
ROOMS = tomllib.loads(Path(__file__).with_name("rooms.toml").read_text(encoding="utf-8"))
COPIED = ("flows", "tasks", "tests", "expectations", "deployments", "pyproject.toml")
PYTEST = (
    f"{sys.executable} -m pytest -q -x -n0 -p no:cacheprovider --hypothesis-profile=mutation"
    " -m 'pure and not soak'"
)
TIMEOUT_SECONDS = 900


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
        sample = _sample(rooms, asked.number, seed)
        print(f"{len(sample)} changes, seed {seed}", flush=True)
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
    every: dict[str, list[tuple[str, WorkItem]]] = defaultdict(list)
    for room, settings in rooms.items():
        with use_db(":memory:", WorkDB.Mode.create) as changes:
            init(list(_files(settings["pure"])), changes, ConfigDict())
            every[room] = [(room, item) for item in changes.work_items]
    picked = [each for items in every.values() for each in items if _can_matter(each[1])]
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
    """Leave out what is never evaluated: `X | None` in a signature is text."""
    (change,) = item.mutations
    line = change.module_path.read_text(encoding="utf-8").splitlines()[change.start_pos[0] - 1]
    is_annotation = "BinaryOperator_BitOr" in change.operator_name and (
        "None" in line or ":" in line.partition("|")[0]
    )
    return not is_annotation


def _is_noticed(room: str, item: WorkItem) -> bool:
    command = f"{PYTEST} {' '.join(ROOMS[room]['tests'])}"
    result = mutate_and_test(item.mutations, command, TIMEOUT_SECONDS)
    noticed = result.test_outcome is not TestOutcome.SURVIVED
    (change,) = item.mutations
    word = "noticed " if noticed else "SURVIVED"
    print(f"{word} {change.module_path}:{change.start_pos[0]} {change.operator_name}", flush=True)
    if not noticed:
        print(result.diff, flush=True)
    return noticed


if __name__ == "__main__":
    sys.exit(main())
