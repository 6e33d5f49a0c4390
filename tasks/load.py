"""load: bundles into Odoo, a bounded number at a time, and what Odoo answered."""

from __future__ import annotations

from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from functools import partial
from itertools import chain, takewhile
from typing import Any

from prefect.utilities.annotations import quote

from tasks.domain.bundles import pack_customers, pack_ended, pack_plans, to_wire
from tasks.domain.errors import FusionError, RetryableError
from tasks.domain.records import LoadedRow, Mapped, Outcome, RunReport
from tasks.options import io_task
from tasks.pace import odoo_calls
from tasks.publish import progress_bar
from tasks.run import Run
from tasks.settings import load_settings

#: Rows that Odoo's log shows of a run; all of them are in outcomes.csv.
LOGGED_ROWS = 1000


@io_task("load-bundle", run_name="load-{wire[key]}", resumable=True)
def load_bundle(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one bundle; sending it twice leaves one set of records."""
    return load_settings().odoo().load_bundle(wire)


@dataclass(frozen=True, slots=True)
class Loaded:
    """All answers, and why the load is not whole (None: every bundle was answered)."""

    answers: tuple[LoadedRow, ...]
    stopped: str | None


NOT_LOADED = Loaded((), None)


def load(
    run: Run,
    mapped: Mapped,
    *,
    service: str,
    dry_run: bool,
    full_compare: bool,
    batch_rows: int,
    workers: int,
    url: str | None,
    source: str = "nexacloud",
    metrics: Sequence[dict[str, str]] = (),
) -> Loaded:
    """Load everything that was mapped; Odoo's log tells of the run unless it is a dry one.

    Args:
        run: The run that the bundles belong to.
        mapped: Customers with their orders, and plans.
        service: Code of the service in Odoo.
        dry_run: Odoo does all the work and rolls it back.
        full_compare: Odoo also looks for edits made there.
        batch_rows: Customers and orders in one bundle.
        workers: Bundles under way at once.
        url: The run's page in Prefect.
        source: Where the rows come from, for Odoo's log.
        metrics: What the plans charge for, where Odoo may not know it yet.
    """
    if not dry_run:
        open_log(run.key, service, source, run.started_at.isoformat(), url)
    wire = partial(
        to_wire,
        service=service,
        run=None if dry_run else run.key,
        dry_run=dry_run,
        full_compare=full_compare,
        metrics=metrics,
    )
    plans = pack_plans(tuple(mapped.plans.values()))
    bundles = pack_customers(mapped.customers, mapped.plans, batch_rows)
    return load_all(
        [wire(plans)] if plans.plans else [],
        map(wire, chain(bundles, pack_ended(mapped.ended))),
        submit=lambda bundle: load_bundle.submit(quote(bundle)),
        workers=workers,
        progress=progress_bar(f"{run.flow}-progress", mapped.rows),
    )


def load_all(
    first: Sequence[dict[str, Any]],
    rest: Iterable[dict[str, Any]],
    *,
    submit: Callable[[dict[str, Any]], Any],
    workers: int,
    progress: Callable[[int], None],
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
    """
    with odoo_calls(workers) as calls:
        return _load_all(first, rest, submit, calls, progress)


def _load_all(
    first: Sequence[dict[str, Any]],
    rest: Iterable[dict[str, Any]],
    submit: Callable[[dict[str, Any]], Any],
    workers: int,
    progress: Callable[[int], None],
) -> Loaded:
    answers: list[LoadedRow] = []
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
            answers.extend(rows)
            progress(sum(1 for row in rows if row.entity != "plan"))
    return Loaded(tuple(answers), next(iter(unreachable + refused), None))


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
        }
    )


@io_task("close-import-log")
def close_log(report: RunReport) -> None:
    """Close it with the verdict and the rows that were not loaded (the first 1,000)."""
    shown = [row for row in report.rows if row.outcome in {Outcome.FAILED, Outcome.QUARANTINED}]
    ended_well = "partial" if shown else "done"
    load_settings().odoo().finish_run(
        report.run,
        {
            "state": "failed" if report.exit_code else ended_well,
            "message": report.state_message,
            "read": len(report.rows),
            "quarantined": sum(row.outcome is Outcome.QUARANTINED for row in shown),
            "rows": [
                {
                    "entity": row.table,
                    "external_id": row.source_id,
                    "outcome": row.outcome.value,
                    "code": row.code,
                    "message": row.reason,
                }
                for row in shown[:LOGGED_ROWS]
            ],
        },
    )
