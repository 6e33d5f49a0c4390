"""Where a backfill's rows come from: the same steps for each source."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, tzinfo
from pathlib import Path
from typing import Any

from tasks.backfill.check_lago import check_lago
from tasks.backfill.check_nexacloud import check_tables
from tasks.backfill.map import map_tables
from tasks.backfill.mapping.lago import LagoSource, map_lago, wire_metrics
from tasks.backfill.mapping.lago_usage import BilledUsage, billed_usage, charge_names
from tasks.backfill.read import read_digest, read_with_digest
from tasks.backfill.read_lago import read_lago
from tasks.check.frames import rows_of
from tasks.check.result import CheckResult
from tasks.model.records import Mapped, Outcome
from tasks.model.source import Row
from tasks.run.batches import Loaded
from tasks.run.retries import Step, io_task, pure_task

Tables = dict[str, Sequence[Row]]
_THERE = frozenset({Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED})


@dataclass(frozen=True, slots=True)
class Source:
    """One source: each field is a step of the backfill over what ``read`` gave.

    Attributes:
        title: Its name in reports.
        read: Of a service code, a limit of customers and the moment that is now.
        digest: Of the same, what the rows are; None: whoever wants to know has to read them.
        mark: The digest of what was read; empty if there is none.
        tables: The source rows to account for.
        check: Which of them may be loaded.
        map: What Odoo is to hold.
        metrics: What the plans charge for, where Odoo may not know it.
        usage: What comes along with the orders that were loaded.
    """

    title: str
    read: Step
    digest: Step | None
    mark: Callable[[Any], str]
    tables: Callable[[Any], Tables]
    check: Step
    map: Callable[..., Mapped]
    metrics: Callable[[Any, Mapped], list[dict[str, str]]]
    usage: Callable[[Any, Mapped, Loaded, tzinfo], tuple[BilledUsage, ...]]


@dataclass(frozen=True, slots=True)
class NexaCloudRows:
    """NexaCloud's core tables, and the digest that its database made of them."""

    tables: Tables
    digest: str


def _read_nexacloud(_service: str, limit: int | None, as_of: datetime) -> NexaCloudRows:
    frames, digest = read_with_digest(limit, as_of=as_of)
    return NexaCloudRows({table: rows_of(frames.pop(table)) for table in tuple(frames)}, digest)


def _digest_nexacloud(_service: str, limit: int | None, as_of: datetime) -> str:
    return read_digest(limit, as_of=as_of)


def _read_lago(service: str, limit: int | None, _as_of: datetime) -> LagoSource:
    return read_lago(service, limit)


def _check_nexacloud(
    read: NexaCloudRows,
    *,
    currency: str,  # noqa: ARG001 - plans have currencies of their own
    as_of: datetime,
    timezone: tzinfo,  # noqa: ARG001 - NexaCloud's rules need none
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    return check_tables(read.tables, as_of=as_of, docs_dir=docs_dir, run_name=run_name)


def _check_lago(
    source: LagoSource,
    *,
    currency: str,  # noqa: ARG001 - orders have currencies of their own
    as_of: datetime,  # noqa: ARG001 - Lago says itself what is live
    **known: Any,
) -> CheckResult:
    return check_lago(source, **known)


def _billed_by_lago(
    source: LagoSource, mapped: Mapped, loaded: Loaded, timezone: tzinfo
) -> tuple[BilledUsage, ...]:
    there = {
        answer.external_id
        for answer in loaded.answers
        if answer.entity == "order" and answer.outcome in _THERE
    }
    return billed_usage(
        source.billing.invoices,
        source.billing.fees,
        orders={order.external_id: order for order in mapped.orders if order.external_id in there},
        charges=charge_names(source.all_plans),
        timezone=timezone,
    )


SOURCES = {
    "nexacloud": Source(
        title="NexaCloud (PostgreSQL)",
        read=io_task("read")(_read_nexacloud),
        digest=io_task("digest")(_digest_nexacloud),
        mark=lambda read: read.digest,
        tables=lambda read: read.tables,
        check=pure_task("check")(_check_nexacloud),
        map=lambda read, *accepted, **told: map_tables(read.tables, *accepted, **told),
        metrics=lambda _read, _mapped: [],
        usage=lambda *_: (),
    ),
    "lago": Source(
        title="Lago (API)",
        read=io_task("read-lago")(_read_lago),
        digest=None,
        mark=lambda _source: "",
        tables=LagoSource.tables,
        check=pure_task("check-lago")(_check_lago),
        map=map_lago,
        metrics=lambda source, mapped: wire_metrics(source, mapped.plans.values()),
        usage=_billed_by_lago,
    ),
}
