"""deliver_webhooks: Odoo's billing events out to the apps, signed, retried, in order.

look for what time brought -> deliver, lane beside lane -> report. Odoo does the sending, so its
keys never leave it; a run shows what became of every message.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Annotated

from pydantic import Field

from tasks.report.publish import publish
from tasks.run.options import Count, Positive
from tasks.run.perform import perform
from tasks.run.run import Run
from tasks.webhooks.deliver import (
    Delivered,
    deliver_all,
    look_for_due,
    read_given_up,
    read_waiting,
    reckon_delivery,
    require_odoo,
)
from tasks.webhooks.records import WebhookReport


@perform("webhooks", publish)
def deliver_webhooks(
    run: Run,
    service: str | None = None,
    dry_run: bool = False,
    lanes: Annotated[int, Field(ge=1, le=16)] = 2,
    batch_messages: Annotated[int, Field(ge=1, le=5000)] = 500,
    max_messages: Positive = 100_000,
    max_given_up: Count = 0,
) -> WebhookReport:
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
        looked_at = 0 if dry_run else look_for_due()
        due, backlog = read_waiting(service)
    run.log.info("%s messages are due.", f"{backlog.due:,}")
    report = partial(
        reckon_delivery,
        run,
        looked_at=looked_at,
        due=due,
        service=service,
        odoo_url=run.settings.odoo_url,
        run_url=run.url,
        parameters=run.parameters,
        dry_run=dry_run,
        max_given_up=max_given_up,
    )
    if dry_run:
        return report(Delivered((), backlog), given_up=read_given_up(service))

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
    return report(replace(delivered, backlog=left), given_up=read_given_up(service))
