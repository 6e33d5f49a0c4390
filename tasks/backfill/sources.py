"""Where a backfill's rows come from: the same steps for each source."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from tasks.backfill.check_lago import check_lago
from tasks.backfill.check_nexacloud import check_pages
from tasks.backfill.map import map_tables
from tasks.backfill.mapped import MappedPages
from tasks.backfill.mapping.lago import map_lago
from tasks.backfill.mapping.lago_metrics import wire_metrics
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.backfill.mapping.lago_usage import BilledUsage, billed_usage, charge_names
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.read import read_digest
from tasks.backfill.read_lago import read_lago
from tasks.backfill.read_pages import SourcePages, Tables, read_source_pages
from tasks.backfill.verdicts import CheckedPages, Verdict
from tasks.model.counts import LOADED
from tasks.model.records import Mapped
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
    pages: Callable[[Any], Sequence[Any]]
    tables: Callable[[Any], Iterable[Tables]]
    check: Step
    map: Callable[..., Mapped]
    metrics: Callable[[Any, MappedPages], list[dict[str, str]]]
    usage: Callable[[Any, MappedPages, LoadedPages, tzinfo], tuple[BilledUsage, ...]]


def _read_nexacloud(_service: str, limit: int | None, as_of: datetime) -> SourcePages:
    return read_source_pages(limit, as_of=as_of)


def _digest_nexacloud(_service: str, limit: int | None, as_of: datetime) -> str:
    return read_digest(limit, as_of=as_of)


def _read_lago(service: str, limit: int | None, _as_of: datetime) -> LagoSource:
    return read_lago(service, limit)


def _check_nexacloud(
    pages: SourcePages,
    *,
    currency: str,  # noqa: ARG001 - plans have currencies of their own
    as_of: datetime,
    timezone: tzinfo,  # noqa: ARG001 - NexaCloud's rules need none
    docs_dir: Path | None,
    run_name: str,
) -> CheckedPages:
    return check_pages(pages, as_of=as_of, docs_dir=docs_dir, run_name=run_name)


def _check_lago(
    source: LagoSource,
    *,
    currency: str,  # noqa: ARG001 - orders have currencies of their own
    as_of: datetime,  # noqa: ARG001 - Lago says itself what is live
    **known: Any,
) -> CheckedPages:
    checked = check_lago(source, **known)
    return CheckedPages(checked, (Verdict(checked.accepted, checked.out_of_scope),))


def _billed_by_lago(
    source: LagoSource, mapped: MappedPages, loaded: LoadedPages, timezone: tzinfo
) -> tuple[BilledUsage, ...]:
    there = {
        answer.external_id
        for answer in loaded
        if answer.entity == "order" and answer.outcome in LOADED
    }
    orders = (order for page in mapped.pages for order in page.orders)
    return billed_usage(
        source.billing.invoices,
        source.billing.fees,
        orders={order.external_id: order for order in orders if order.external_id in there},
        charges=charge_names(source.all_plans),
        timezone=timezone,
    )


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
        counts=lambda source: {name: len(rows) for name, rows in source.tables().items()},
        # One page: which of its rows hang together is not asked.
        pages=lambda source: [source],
        tables=lambda source: [source.tables()],
        check=pure_task("check-lago")(_check_lago),
        map=map_lago,
        metrics=lambda source, mapped: wire_metrics(source, mapped.plans.values()),
        usage=_billed_by_lago,
    ),
}
