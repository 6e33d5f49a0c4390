"""The files that are kept in this folder, and how to compare with them or write them anew."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import unified_diff
from pathlib import Path
from shutil import rmtree

import pytest

FOLDER = Path(__file__).parent
#: Set it to 1 to write what is kept anew; then read the diff before you commit it.
UPDATE = "UPDATE_SNAPSHOTS"
MOST_LINES = 60


def difference(name: str, files: Mapping[str, str], root: Path = FOLDER) -> str:
    """Compare a run's files with those kept under its name; empty if they are the same.

    With ``UPDATE_SNAPSHOTS=1`` the files take the place of what was kept.
    """
    folder = root / name
    if os.environ.get(UPDATE) == "1":
        rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        for file, text in files.items():
            (folder / file).write_text(text, encoding="utf-8")
    kept = {path.name: path.read_text(encoding="utf-8") for path in sorted(folder.glob("*"))}
    told = []
    for file in sorted(kept.keys() | files.keys()):
        lines = list(
            unified_diff(
                kept.get(file, "").splitlines(),
                files.get(file, "").splitlines(),
                f"kept {name}/{file}",
                f"now {name}/{file}",
                lineterm="",
                n=1,
            )
        )
        told += [line[:300] for line in lines[:MOST_LINES]]
        if len(lines) > MOST_LINES:
            told.append(f"... and {len(lines) - MOST_LINES} lines more")
    return "\n".join(told)


def require_same(name: str, files: Mapping[str, str], root: Path) -> None:
    """Fail a test, with the lines that differ, where something is not as it was kept."""
    if told := difference(name, files, root):
        pytest.fail(told, pytrace=False)


def names() -> set[str]:
    """What is kept, like ``backfill/first``."""
    return {str(path.parent.relative_to(FOLDER)) for path in FOLDER.glob("*/*/*")}
