"""Batches into Odoo, a bounded number at a time, and what Odoo answered.

People see a load in Odoo's log of import runs, and its progress on the run's page in Prefect.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain, takewhile
from typing import Any, cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact
from prefect.runtime import flow_run

from tasks.model.errors import FusionError, RetryableError, TooLargeError
from tasks.model.records import LoadedRow
from tasks.run.limits import odoo_calls
from tasks.run.retries import io_task
from tasks.run.settings import load_settings

#: Rows that Odoo's log shows of a run; all of them are in outcomes.csv.
LOGGED_ROWS = 10_000


@dataclass(frozen=True, slots=True)
class Loaded:
    """All answers.

    ``stopped`` says why the load is not whole (None: every bundle was answered). ``is_gone``: Odoo
    could not be reached any more, so that it is no use to ask it anything.
    """

    answers: tuple[LoadedRow, ...] = ()
    stopped: str | None = None
    is_gone: bool = False


@dataclass(frozen=True, slots=True)
class Loading:
    """How a run loads into Odoo.

    Attributes:
        service: Code of the service in Odoo.
        dry_run: Odoo does all the work and rolls it back.
        batch_rows: Rows in one call.
        workers: Calls under way at once.
    """

    service: str
    dry_run: bool
    batch_rows: int
    workers: int


def load_all(
    first: Sequence[dict[str, Any]],
    rest: Iterable[dict[str, Any]],
    *,
    submit: Callable[[dict[str, Any]], Any],
    workers: int,
    progress: Callable[[int], None],
    keep: Callable[[list[LoadedRow]], None] | None = None,
) -> Loaded:
    """Load the first bundles one by one, then the rest with at most ``workers`` under way.

    A bundle that Odoo refuses leaves its rows unanswered and the others go on; once Odoo
    cannot be reached, nothing further is sent.

    Args:
        first: What the others build on (plans).
        rest: Made as they are needed, so that memory holds ``workers`` of them.
        submit: Starts a bundle and gives its future (``load_bundle.submit``).
        workers: Bundles under way at once, if Odoo is free for so many calls.
        progress: Told the number of customers and orders answered for, after each bundle.
        keep: Given each bundle's answers, which are not given back then (None: all are).
    """
    with odoo_calls(workers) as calls:
        return _load_all(first, rest, submit, calls, progress, keep)


def load_pages(
    first: Sequence[dict[str, Any]],
    pages: Iterable[Iterable[dict[str, Any]]],
    *,
    submit: Callable[[dict[str, Any]], Any],
    workers: int,
    progress: Callable[[int], None],
) -> Iterator[Loaded]:
    """Load pages of bundles one after the other, each as ``load_all`` does.

    Args:
        first: As of ``load_all``; their answers come with the first page's.
        pages: None is begun once Odoo cannot be reached.
        submit: As of ``load_all``.
        workers: As of ``load_all``.
        progress: As of ``load_all``.
    """
    with odoo_calls(workers) as calls:
        for rest in pages:
            loaded = _load_all(first, rest, submit, calls, progress)
            first = ()
            yield loaded
            if loaded.is_gone:
                return


def _load_all(
    first: Sequence[dict[str, Any]],
    rest: Iterable[dict[str, Any]],
    submit: Callable[[dict[str, Any]], Any],
    workers: int,
    progress: Callable[[int], None],
    keep: Callable[[list[LoadedRow]], None] | None = None,
) -> Loaded:
    answers: list[LoadedRow] = []
    keep = keep or answers.extend
    unreachable: list[str] = []
    refused: list[str] = []
    reachable = takewhile(lambda _: not unreachable, rest)
    for future in chain(_window(submit, first, 1), _window(submit, reachable, workers)):
        try:
            rows = future.result()
        except RetryableError as error:
            unreachable.append(str(error))
        except FusionError as error:
            refused.append(str(error))
        else:
            keep(rows)
            progress(sum(1 for row in rows if row.entity != "plan"))
    stopped = next(iter(unreachable + refused), None)
    return Loaded(tuple(answers), stopped, is_gone=bool(unreachable))


def _window(
    submit: Callable[[dict[str, Any]], Any], wires: Iterable[dict[str, Any]], workers: int
) -> Iterator[Any]:
    """Give every future once, oldest first, with at most ``workers`` under way."""
    pending: deque[Any] = deque()
    for wire in wires:
        pending.append(submit(wire))
        if len(pending) >= workers:
            yield pending.popleft()
    yield from pending


def in_parts(
    wire: dict[str, Any], send: Callable[[dict[str, Any]], list[LoadedRow]], *, split_at: str
) -> list[LoadedRow]:
    """Send a batch, in halves where it is too large for something on the way.

    Args:
        wire: The batch; ``key`` names it.
        send: Sends one and gives the answers.
        split_at: The name of the list that is halved; what else it holds travels each time,
            ended orders with the first half alone.

    Raises:
        TooLargeError: A single row is too large still.
    """
    try:
        return send(wire)
    except TooLargeError:
        rows = wire[split_at]
        if len(rows) < 2:
            raise
    middle = len(rows) // 2
    first = {**wire, split_at: rows[:middle], "key": f"{wire['key']}a"}
    second = {**wire, split_at: rows[middle:], "key": f"{wire['key']}b"}
    second.pop("ended", None)
    return [
        *in_parts(first, send, split_at=split_at),
        *in_parts(second, send, split_at=split_at),
    ]


@io_task("open-import-log")
def open_log(run_key: str, service: str, source: str, started_at: str, url: str | None) -> None:
    """Open the run's entry in Odoo's import log."""
    load_settings().odoo().start_run(
        {
            "service": service,
            "key": run_key,
            "source": source,
            "started_at": started_at,
            "url": url,
            # Odoo knows a run that was started there by the outermost one.
            "flow_run": flow_run.root_flow_run_id,
        }
    )


def progress_bar(key: str, total: int) -> Callable[[int], None]:
    """Show progress on the run's page; call the result with the rows done since last time."""
    artifact = cast("UUID", create_progress_artifact(progress=0.0, key=key))
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        update_progress_artifact(artifact_id=artifact, progress=100.0 * done / max(total, 1))

    return advance
