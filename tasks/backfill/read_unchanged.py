"""An unchanged world: where source and copy are as a run left them, what it found still holds."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import datetime
from functools import cache, partial
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any, cast

from tasks.backfill.load import close_log
from tasks.backfill.report import build_report
from tasks.backfill.results import BackfillResults, still_hold
from tasks.backfill.settled import SETTLED_FILE, read_settled
from tasks.backfill.sources import Source
from tasks.check.data_docs import start_page
from tasks.check.suites import EXPECTATIONS_DIR
from tasks.model.report import Head, Report
from tasks.run.batches import open_log
from tasks.run.retries import ask, io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

_PROJECT = Path(__file__).parents[2]


@io_task("look-at-copy")
def look_at_copy(service: str, source_mark: str) -> dict[str, Any]:
    """Ask Odoo for the mark of this source and the copy now, and the last run with the same."""
    return load_settings().odoo().look_at_copy(service, source_mark)


def source_mark(digest: str, asked: Mapping[str, Any]) -> str:
    """Return the mark of the rows and of all else that decides what a run makes of them.

    That is what was asked for, this program, its rules, and who evaluates them.

    Args:
        digest: Of the rows.
        asked: What the run was told, and what Odoo says of itself; JSON types.
    """
    told = (digest, asked, program_digest(), version("great_expectations"))
    return sha256(json.dumps(told, sort_keys=True).encode()).hexdigest()


@cache
def program_digest() -> str:
    """Return a digest of the files that make results of rows: the code, and the rules."""
    digest = sha256()
    files = [*(_PROJECT / "tasks").rglob("*.py"), *EXPECTATIONS_DIR.glob("*.json")]
    for file in sorted(files):
        content = file.read_bytes()
        digest.update(f"{file.name} {len(content)} ".encode())
        digest.update(content)
    return digest.hexdigest()


def find_unchanged(
    origin: Source, asked: Mapping[str, Any], as_of: datetime, runs: Path
) -> BackfillResults | None:
    """Return what the last run found, if nothing has changed since; None: there is work to do.

    No row is read from the source and none is asked for in Odoo: both make a digest.

    Args:
        origin: Where the rows are.
        asked: As of ``source_mark``, with ``service`` and ``limit``.
        as_of: The moment that separates past from future.
        runs: The folder with the folders of the runs.
    """
    if origin.digest is None:
        return None
    digest = origin.digest(asked["service"], asked["limit"], as_of)
    looked = _look(asked["service"], source_mark(digest, asked))
    found = looked and looked["run"]
    if not found:
        return None
    kept = read_settled(runs / found["key"] / SETTLED_FILE, found["results_mark"])
    return kept and replace(kept, since=found["key"])


def mark_world(service: str, digest: str, asked: Mapping[str, Any]) -> str | None:
    """Return the mark of the rows that were read and of the copy as it is now.

    None if the source makes no digest, or Odoo gives no answer.
    """
    if not digest:
        return None
    looked = _look(service, source_mark(digest, asked))
    return str(looked["world_mark"]) if looked else None


def _look(service: str, mark: str) -> dict[str, Any] | None:
    """Look at the copy; an Odoo that gives no answer costs the shortcut, not the run."""
    looked, _ = ask(look_at_copy, service, mark)
    return cast("dict[str, Any] | None", looked)


def repeat(
    run: Run, found: BackfillResults, head: Callable[..., Head], source: str, max_failed_rows: int
) -> Report:
    """Report what an earlier run found as what this one did; Odoo's log tells of it, too.

    Args:
        run: This one.
        found: With ``since``.
        head: Begins the report, of ``docs``.
        source: Where the rows are, for Odoo's log.
        max_failed_rows: Failed rows that still count as completed.
    """
    results = still_hold(found, max_failed_rows)
    begun = head(docs=start_page(run.data_docs["docs_dir"]))
    open_log(run.key, begun.service, source, run.started_at.isoformat(), run.url)
    run.on_published.append(partial(close_log, folder=run.folder))
    run.log.info("Nothing has changed since run %s.", found.since)
    return build_report(begun, results)
