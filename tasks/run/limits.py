"""Protect Odoo: over all runs, no more calls at once than its operator allows."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from prefect.client.orchestration import get_client
from prefect.concurrency.sync import concurrency
from prefect.exceptions import ObjectNotFound
from prefect.runtime import flow_run

#: Prefect's global concurrency limit; ``deployments/apply`` makes it.
ODOO_LIMIT = "odoo"
#: A killed run's calls count for so long; the least that Prefect allows.
_LEASE_SECONDS = 60


@contextmanager
def odoo_calls(wanted: int) -> Iterator[int]:
    """Wait until Odoo is free for calls, and hold them; yields how many there may be at once.

    They are held once for a whole load, because asking Prefect takes a third of a second. Where
    nobody made the limit, as with a temporary server, there is none.

    Args:
        wanted: Calls at once; more than the limit are cut down to it.
    """
    limit = _limit() if flow_run.id else None
    if limit is None:
        yield wanted
        return
    granted = min(wanted, limit)
    with concurrency(ODOO_LIMIT, occupy=granted, lease_duration=_LEASE_SECONDS):
        yield granted


def _limit() -> int | None:
    """Give the size of the limit, or None if there is none or it is off."""
    with get_client(sync_client=True) as client:
        try:
            found = client.read_global_concurrency_limit_by_name(ODOO_LIMIT)
        except ObjectNotFound:
            return None
    return found.limit if found.active else None
