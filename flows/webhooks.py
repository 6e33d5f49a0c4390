"""deliver_webhooks: Odoo's billing events out to the apps, signed, retried, in order.

look for what time brought -> deliver, lane beside lane -> report. Odoo does the sending, so its
keys never leave it; a run shows what became of every message.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field

from tasks.model.report import Report
from tasks.run.options import Count, Positive
from tasks.run.perform import perform
from tasks.run.run import Run
from tasks.webhooks.deliver import (
    deliver_all,
    look_for_due,
    read_given_up,
    read_waiting,
    require_odoo,
)
from tasks.webhooks.report import build_report
from tasks.webhooks.results import Delivered, collect_results


@perform("webhooks")
def deliver_webhooks(
    run: Run,
    service: str | None = None,
    dry_run: bool = False,
    lanes: Annotated[int, Field(ge=1, le=16)] = 2,
    batch_messages: Annotated[int, Field(ge=1, le=5000)] = 500,
    max_messages: Positive = 100_000,
    max_given_up: Count = 0,
) -> Report:
    """Deliver what is due to the apps' endpoints.

    Any number of runs may deliver at once, beside Odoo's own scheduled action too: each message
    is with one of them at a time. What an endpoint does not take comes again later, by itself.

    Args:
        service: Code of the one service to deliver for. Empty: all.
        dry_run: Only show what is due; nothing is sent.
        lanes: Calls to Odoo at once; as many as Odoo has free workers.
        batch_messages: Messages that one call takes.
        max_messages: After so many attempts the rest is left to the next run.
        max_given_up: So many messages may be given up without the run counting as failed.
    """
    require_odoo(service)
    with run.step("look"):
        if not dry_run:
            look_for_due()
        due, backlog = read_waiting(service)
    run.log.info("%s messages are due.", f"{backlog.due:,}")
    head = partial(
        run.head, service=service or "all services", source="Odoo's outbox", dry_run=dry_run
    )
    collect = partial(collect_results, due=due, dry_run=dry_run, max_given_up=max_given_up)
    if dry_run:
        results = collect(Delivered((), backlog), given_up=read_given_up(service))
        return build_report(head(), results)

    with run.step("deliver"):
        delivered = deliver_all(
            run,
            service=service,
            lanes=lanes,
            batch_messages=batch_messages,
            max_messages=max_messages,
        )
    # A lane's own count is older than what the lanes beside it did last.
    _, left = read_waiting(service)
    results = collect(replace(delivered, backlog=left), given_up=read_given_up(service))
    return build_report(head(), results)
