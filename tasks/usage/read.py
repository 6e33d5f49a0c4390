"""Read what is metered: NexaCloud's sums and faults from one snapshot, and Odoo's orders."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import chain
from typing import Any
from zoneinfo import ZoneInfo

import pyarrow as pa

from tasks.check.suites import load_suite
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.nexacloud.usage import UsageScope
from tasks.clients.odoo.connection import Odoo
from tasks.model.errors import ConfigError
from tasks.model.nexacloud import whole_microseconds
from tasks.model.periods import monthly_boundaries
from tasks.model.window import UsageWindow
from tasks.run.settings import load_settings
from tasks.usage.pages import SumPages
from tasks.usage.records import MeteredOrder, UsageSum

USAGE_TABLE = "usage_records"
#: As Python objects a row takes a hundred times its text: few are held at once.
BATCH_ROWS = 1000


@dataclass(frozen=True, slots=True)
class UsageSource:
    """What one snapshot of NexaCloud says.

    Attributes:
        pages: Sums, one per deployment and billing period of the window.
        faults: The records of which a rule has something to say, with the rules' facts.
        table_rows: All usage records, in or out of the window.
    """

    pages: SumPages
    faults: tuple[dict[str, Any], ...]
    table_rows: int

    @property
    def sums(self) -> Iterator[UsageSum]:
        """All sums, one after the other."""
        return chain.from_iterable(page.sums for page in self.pages)

    @property
    def records(self) -> int:
        """Records read, good or not."""
        return self.pages.records


def read_usage(
    window: UsageWindow, orders: Sequence[MeteredOrder], *, timezone: str, as_of: datetime
) -> UsageSource:
    """Read the window's usage from the NexaCloud that the settings name.

    Args:
        window: Which billing periods.
        orders: Odoo's orders, to find those that are new since the last run.
        timezone: Name of the company's time zone.
        as_of: When the run began; what ends later has not been used yet.

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    with load_settings().nexacloud() as source:
        source.check_schema()
        return usage_of(source, _scope(window, orders, timezone, as_of))


def usage_of(source: NexaCloud, scope: UsageScope) -> UsageSource:
    """Read a scope's usage inside an entered snapshot."""
    suspicious: dict[str | None, None] = {}

    def sums() -> Iterator[UsageSum]:
        moments: dict[datetime, datetime] = {}
        for row in _rows(source.usage_periods(scope, batch_rows=BATCH_ROWS)):
            if int(row["suspicious"]):
                suspicious[row["deployment_id"]] = None
            yield _sum(row, moments)

    pages = SumPages(sums())
    named = [key for key in suspicious if key is not None]
    faults = source.usage_faults(scope, named) if suspicious else ()
    return UsageSource(
        pages=pages,
        faults=tuple(_fault(row) for row in _rows(faults)),
        table_rows=source.count(USAGE_TABLE),
    )


def metered_until(about: Mapping[str, Any], service: str) -> datetime | None:
    """Give when the last complete run read the source, from Odoo's ``about``."""
    for known in about["services"]:
        if known["code"] == service and known["usage_metered_until"]:
            return datetime.fromisoformat(known["usage_metered_until"]).replace(tzinfo=UTC)
    return None


def read_orders(service: str) -> tuple[MeteredOrder, ...]:
    """Read the orders of a service that are not canceled, in order of their id.

    Raises:
        ConfigError: There are none.
    """
    odoo = load_settings().odoo()
    orders = tuple(_orders(odoo, service))
    if not orders:
        raise ConfigError(
            f"Odoo holds no order of service {service!r}, so there is nothing to meter into."
            " Run the backfill first: python -m flows backfill"
        )
    return orders


def _orders(odoo: Odoo, service: str) -> Iterator[MeteredOrder]:
    ours = [
        ("x_fc_service_id.code", "=", service),
        ("x_fc_external_id", "!=", False),
        ("state", "!=", "cancel"),
    ]
    for row in odoo.search_pages(
        "sale.order",
        ours,
        ["x_fc_external_id", "client_order_ref", "name", "create_date", "start_date"],
        5000,
    ):
        yield MeteredOrder(
            odoo_id=row["id"],
            deployment_id=row["x_fc_external_id"],
            name=row["client_order_ref"] or row["name"],
            created_at=datetime.fromisoformat(row["create_date"]).replace(tzinfo=UTC),
            first_day=date.fromisoformat(row["start_date"]) if row["start_date"] else None,
        )


def _scope(
    window: UsageWindow, orders: Sequence[MeteredOrder], timezone: str, as_of: datetime
) -> UsageScope:
    new = window.new_after
    return UsageScope(
        zone=timezone,
        boundaries=monthly_boundaries(as_of, ZoneInfo(timezone)),
        as_of=as_of,
        most_cores=load_suite("usage").rules["usage_absurd"].limits["most_cores"],
        starts_from=window.since,
        starts_before=window.until,
        changed_after=window.changed_after,
        whole=[each.deployment_id for each in orders if new and each.created_at >= new],
    )


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()


def _sum(row: dict[str, Any], moments: dict[datetime, datetime]) -> UsageSum:
    def shared(moment: datetime | None) -> datetime | None:
        # A month has few boundaries and many deployments: each moment is kept once.
        return moment and moments.setdefault(moment, moment.astimezone(UTC))

    return UsageSum(
        deployment_id=row["deployment_id"],
        known=row["deployment_is_known"],
        ended=row["is_ended"],
        start=shared(row["metered_from"]),
        end=shared(row["metered_until"]),
        records=int(row["records"]),
        quarantined=int(row["quarantined"]),
        seconds=whole_microseconds(Decimal(row["cpu_seconds"])),
    )


def _fault(row: dict[str, Any]) -> dict[str, Any]:
    hours = row["cpu_hours"]
    return {**row, "cpu_hours": None if hours is None else Decimal(hours)}
