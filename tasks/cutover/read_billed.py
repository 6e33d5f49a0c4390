"""Ask the old side what it bills now."""

from __future__ import annotations

from tasks.backfill.read import read_rows
from tasks.backfill.read_lago import read_lago
from tasks.cutover.billed import Billed, KeptOut, billed_by_lago, billed_by_nexacloud
from tasks.cutover.lago_boundary import whom_lago_bills_first
from tasks.model.source import Row, Source, billed_subscriptions
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.retries import io_task
from tasks.run.settings import Settings, load_settings


def nexacloud_rows(settings: Settings) -> tuple[Row, ...]:
    """Read the subscriptions that NexaCloud bills now."""
    with settings.nexacloud() as source:
        source.check_schema()
        deployments = read_rows(source, "deployments")
        subscriptions = read_rows(source, "subscriptions")
    return billed_subscriptions(Source((), (), deployments, subscriptions))


@io_task("read-billed")
def read_billed(service: str, out: KeptOut) -> Billed:
    """Ask the old side what it bills now, and what a switch would not take over yet."""
    settings = load_settings()
    if sources_of(settings).get(service) == NEXACLOUD:
        return billed_by_nexacloud(nexacloud_rows(settings), out)
    source = read_lago(service)
    waiting = whom_lago_bills_first(source, source.read_at)
    return billed_by_lago(source.subscriptions, out, waiting)
