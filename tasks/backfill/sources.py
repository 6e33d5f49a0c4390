"""Where a backfill's rows come from: the same steps for each source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from typing import Any

from tasks.backfill.check_lago import check_lago_pages
from tasks.backfill.check_nexacloud import check_pages
from tasks.backfill.map import MappedPages, map_tables
from tasks.backfill.mapping.lago import map_lago
from tasks.backfill.mapping.lago_plans import wire_metrics
from tasks.backfill.mapping.lago_source import LagoSource, counts_of, source_pages, tables_of
from tasks.backfill.mapping.lago_usage import BilledUsage, billed_usage, charge_names
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.quarantine import CheckedPages
from tasks.backfill.read import SourcePages, Tables, read_digest, read_source_pages
from tasks.backfill.read_lago import read_lago
from tasks.model.counts import LOADED
from tasks.model.records import Mapped
from tasks.model.spool import RowList
from tasks.run.retries import Step, io_task, pure_task


@dataclass(frozen=True, slots=True)
class Source:
    """One source: each field is a step of the backfill over what ``read`` gave.

    Attributes:
        title: Its name in reports.
        read: Of a service code, a limit of customers and the moment that is now.
        digest: Of the same, what the rows are; None: whoever wants to know has to read them.
        mark: The digest of what was read; empty if there is none.
        counts: Rows that were read, by table.
        pages: What was read, page by page.
        tables: The source rows to account for, page by page.
        check: Which of them may be loaded.
        map: What Odoo is to hold of a page.
        metrics: What the plans charge for, where Odoo may not know it.
        usage: What comes along with the orders that were loaded.
    """

    title: str
    read: Step
    digest: Step | None
    mark: Callable[[Any], str]
    counts: Callable[[Any], Mapping[str, int]]
    pages: Callable[[Any], Iterable[Any]]
    tables: Callable[[Any], Iterable[Tables]]
    check: Step
    map: Callable[..., Mapped]
    metrics: Callable[[Any, MappedPages], list[dict[str, str]]]
    usage: Callable[[Any, MappedPages, LoadedPages, tzinfo], Sequence[BilledUsage]]


def _read_nexacloud(_service: str, limit: int | None, as_of: datetime) -> SourcePages:
    return read_source_pages(limit, as_of=as_of)


def _digest_nexacloud(_service: str, limit: int | None, as_of: datetime) -> str:
    return read_digest(limit, as_of=as_of)


def _read_lago(service: str, limit: int | None, _as_of: datetime) -> LagoSource:
    return read_lago(service, limit)


def _check_nexacloud(
    pages: SourcePages,
    *,
    timezone: tzinfo,  # noqa: ARG001 - NexaCloud's rules need none
    **known: Any,
) -> CheckedPages:
    return check_pages(pages, **known)


def _check_lago(
    source: LagoSource,
    *,
    as_of: datetime,  # noqa: ARG001 - Lago says itself what is live
    **known: Any,
) -> CheckedPages:
    return check_lago_pages(source, **known)


def _billed_by_lago(
    source: LagoSource, mapped: MappedPages, loaded: LoadedPages, timezone: tzinfo
) -> Sequence[BilledUsage]:
    there = {
        answer.external_id
        for answer in loaded
        if answer.entity == "order" and answer.outcome in LOADED
    }
    orders = source.billing.divided(
        (customer.external_id, order)
        for page in mapped.pages
        for customer in page.customers
        for order in customer.orders
        if order.external_id in there
    )
    charges = charge_names(source.all_plans)
    usage = RowList(BilledUsage)
    for billing, theirs in zip(source.billing.pages(), orders.pages(), strict=True):
        for each in billed_usage(
            billing.invoices,
            billing.fees,
            orders={order.external_id: order for order in theirs},
            charges=charges,
            timezone=timezone,
        ):
            usage.append(each)
    return usage


SOURCES = {
    "nexacloud": Source(
        title="NexaCloud (PostgreSQL)",
        read=io_task("read")(_read_nexacloud),
        digest=io_task("digest")(_digest_nexacloud),
        mark=lambda pages: pages.digest,
        counts=lambda pages: pages.counts,
        pages=lambda pages: pages,
        tables=SourcePages.to_account_for,
        check=pure_task("check")(_check_nexacloud),
        map=map_tables,
        metrics=lambda _pages, _mapped: [],
        usage=lambda *_: (),
    ),
    "lago": Source(
        title="Lago (API)",
        read=io_task("read-lago")(_read_lago),
        digest=None,
        mark=lambda _source: "",
        counts=counts_of,
        pages=source_pages,
        tables=tables_of,
        check=pure_task("check-lago")(_check_lago),
        map=map_lago,
        metrics=lambda source, mapped: wire_metrics(source, mapped.plans.values()),
        usage=_billed_by_lago,
    ),
}
