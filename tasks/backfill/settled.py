"""What a run found, kept in a file for as long as nothing changes."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from hashlib import sha256
from pathlib import Path
from sys import intern
from typing import Any

from pydantic import TypeAdapter

from tasks.backfill.accounts import COLUMNS, Accounts
from tasks.backfill.end_state import ATTENTION
from tasks.backfill.results import BackfillResults
from tasks.model.records import Outcome, SourceRow
from tasks.report.files import taking_place

SETTLED_FILE = "results.jsonl.gz"
#: Columns of which a few values fill all rows.
_REPEATED = frozenset({"table", "odoo_model", "code", "reason", "remedy"})
_LOADED = frozenset({Outcome.CREATED, Outcome.UPDATED})


def is_settled(results: BackfillResults) -> bool:
    """Say whether the same world would give the same results: all is loaded, and read back safe.

    What Odoo refused it may take the next time, and what a person changed there is told once.
    """
    return results.safe is True and not any(
        outcome is Outcome.FAILED or code in ATTENTION
        for _, outcome, code in Accounts.of(results.rows).counts
    )


def write_settled(results: BackfillResults, path: Path) -> None:
    """Write results for a run that finds nothing changed: what was loaded is there by then.

    Args:
        results: What the run found.
        path: The file; a line of JSON for all but the rows, then a line for each row.
    """
    whole = _whole().dump_python(replace(results, rows=()), mode="json")
    with (
        taking_place(path) as temporary,
        gzip.open(temporary, "xt", compresslevel=3, encoding="utf-8") as stream,
    ):
        stream.write(f"{json.dumps(whole)}\n")
        for row in results.rows:
            there = replace(row, outcome=Outcome.UNCHANGED) if row.outcome in _LOADED else row
            cells = [getattr(there, name) for name in COLUMNS]
            stream.write(f"{json.dumps(cells, ensure_ascii=False, separators=(',', ':'))}\n")


def settled_mark(path: Path) -> str | None:
    """Return the mark of a file; None if there is none."""
    try:
        with path.open("rb") as stream:
            digest = sha256()
            while block := stream.read(1 << 20):
                digest.update(block)
    except OSError:
        return None
    return digest.hexdigest()


def read_settled(path: Path, mark: str | None) -> BackfillResults | None:
    """Read what a run found; None if its file is not there any more, or is another.

    Args:
        path: The file.
        mark: Its mark, as the run gave it to Odoo.
    """
    if mark is None or settled_mark(path) != mark:
        return None
    with gzip.open(path, "rt", encoding="utf-8") as stream:
        results = _whole().validate_json(next(stream))
        return replace(results, rows=Accounts.of(map(_row, stream), results.findings))


def _row(line: str) -> SourceRow:
    return SourceRow(**dict(_cells(json.loads(line))))


def _cells(values: list[Any]) -> Iterator[tuple[str, Any]]:
    for name, value in zip(COLUMNS, values, strict=True):
        if name == "outcome":
            yield name, Outcome(value)
        else:
            yield name, intern(value) if name in _REPEATED and value else value


@cache
def _whole() -> TypeAdapter[BackfillResults]:
    return TypeAdapter(BackfillResults)
