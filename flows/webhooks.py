"""deliver_webhooks: Odoo's billing events out to the apps, signed, retried, in order.

look for what time brought -> deliver, lane beside lane -> report. Odoo does the sending, so its
keys never leave it; a run shows what became of every message.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Annotated, Any

from prefect import flow, get_run_logger
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.utilities.annotations import quote
from pydantic import Field

from tasks.model.errors import ConfigError
from tasks.report.publish import publish
from tasks.run.naming import run_name
from tasks.run.run import RunResult, new_run
from tasks.run.runner import task_runner
from tasks.run.settings import load_settings
from tasks.run.states import final_state, not_configured
from tasks.webhooks.deliver import (
    Delivered,
    deliver_all,
    look_for_due,
    read_given_up,
    read_waiting,
    reckon_delivery,
    require_odoo,
)


@flow(
    name="webhooks",
    flow_run_name=run_name("webhooks"),
    task_runner=task_runner(),
    persist_result=False,
)
def deliver_webhooks(
    service: str | None = None,
    dry_run: bool = False,
    lanes: Annotated[int, Field(ge=1, le=16)] = 2,
    batch_messages: Annotated[int, Field(ge=1, le=5000)] = 500,
    max_messages: Annotated[int, Field(ge=1)] = 100_000,
    max_given_up: Annotated[int, Field(ge=0)] = 0,
) -> State[Any]:
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
    parameters = {name: str(value) for name, value in locals().items() if value is not None}
    log = get_run_logger()
    try:
        settings = load_settings()
        require_odoo(service)
        run = new_run("webhooks", settings.reports_dir)
    except ConfigError as error:
        return not_configured(error)

    with run.step("look"):
        looked_at = 0 if dry_run else look_for_due()
        due, backlog = read_waiting(service)
    log.info("%s messages are due.", f"{backlog.due:,}")
    with run.step("deliver"):
        delivered = (
            Delivered((), backlog)
            if dry_run
            else deliver_all(
                run,
                service=service,
                lanes=lanes,
                batch_messages=batch_messages,
                max_messages=max_messages,
                told=lambda done: log.info(
                    "%s attempts so far; %s messages still due.",
                    f"{len(done.attempts):,}",
                    f"{done.backlog.due:,}",
                ),
            )
        )
    # A lane's own count is older than what the lanes beside it did last.
    _, left = (due, backlog) if dry_run else read_waiting(service)
    report = reckon_delivery(
        run,
        replace(delivered, backlog=left),
        looked_at=looked_at,
        due=due,
        given_up=read_given_up(service),
        service=service,
        odoo_url=settings.odoo_url,
        run_url=flow_run.get_flow_run_ui_url(),
        parameters=parameters,
        dry_run=dry_run,
        max_given_up=max_given_up,
    )
    publish(quote(report), run.folder)
    return final_state(RunResult(run.folder, report))
