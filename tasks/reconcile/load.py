"""Tell Odoo the differences, in batches; sending one twice leaves one set of records."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import partial
from typing import Any

from prefect.utilities.annotations import quote

from tasks.clients.odoo.ledger import load_reconciliation
from tasks.model.records import LoadedRow, Outcome
from tasks.model.spool import Spool
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.pages import Compared
from tasks.reconcile.window import ReconcileWindow
from tasks.reconcile.wire import reconciliation_batches
from tasks.run.batches import Loaded, load_all, progress_bar
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.run.settings import load_settings


@io_task("load-reconciliation", run_name="load-{wire[key]}", resumable=True)
def load_batch(wire: dict[str, Any]) -> list[LoadedRow]:
    """Send one batch."""
    return load_reconciliation(load_settings().odoo(), wire)


def load_differences(
    run: Run,
    lines: Compared,
    long: LongPeriods,
    *,
    services: Sequence[str],
    window: ReconcileWindow,
    dry_run: bool,
    batch_rows: int,
) -> Loaded:
    """Load the differences, service by service, one batch after the other.

    The last batch of a service settles what it had and has no more, so it has to be last.

    Args:
        run: The run that the batches belong to.
        lines: The comparison.
        long: The prices of periods longer than a month, compared.
        services: Codes of the services that were compared.
        window: Which periods were compared.
        dry_run: Odoo does all the work and rolls it back.
        batch_rows: Differences in one batch.

    Returns:
        Of the answers those alone that refuse a difference.
    """
    told = partial(
        reconciliation_batches,
        lines,
        long,
        run=run.key,
        window=window,
        dry_run=dry_run,
        batch_rows=batch_rows,
    )
    batches = Spool(batch for service in services for batch in told(service=service))
    refused: list[LoadedRow] = []
    loaded = load_all(
        batches,
        (),
        submit=lambda batch: load_batch.submit(quote(batch)),
        workers=1,
        progress=progress_bar(f"{run.flow}-progress", sum(len(each["rows"]) for each in batches)),
        keep=lambda answers: refused.extend(
            each for each in answers if each.outcome is Outcome.FAILED
        ),
    )
    return replace(loaded, answers=tuple(refused))
