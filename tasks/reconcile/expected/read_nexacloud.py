"""Read NexaCloud's rows and give what its terms say is due: the read side of ``nexacloud``."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from itertools import groupby
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl

from tasks.check.suites import load_suite
from tasks.clients.nexacloud.invoices import InvoiceScope
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.nexacloud.usage import UsageScope
from tasks.model.addons import addon_key
from tasks.model.ledger import LEDGER_SCHEMA, LedgerLine, ledger_frame
from tasks.model.money import amount_of, number_of
from tasks.model.nexacloud import CYCLE_PRICES, HOUSE_RATE_PER_CORE_HOUR
from tasks.model.periods import monthly_boundaries
from tasks.model.source import is_deleted
from tasks.reconcile.expected.nexacloud import Due, LeftOut, NexaCloudTerms
from tasks.reconcile.expected.nexacloud_long import long_due
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)
from tasks.reconcile.long_periods import (
    SPANS_SCHEMA,
    Changed,
    LongSide,
    bounds_of,
    by_length,
    of_spans,
)
from tasks.reconcile.read_nexacloud import BATCH_ROWS, FRAME_ROWS, NexaCloudBills, rows_of
from tasks.reconcile.source import LEFT_OUT_SCHEMA
from tasks.reconcile.window import ReconcileWindow

#: Before this nothing was billed.
_FIRST_YEAR = 1970
#: A record is never further from its billing period's start.
_A_MONTH = timedelta(days=32)
#: An invoice of a yearly period may settle a change late in it.
_A_YEAR = timedelta(days=366)


@dataclass(frozen=True, slots=True)
class Expected:
    """What is due, and what the terms cannot price.

    Attributes:
        lines: Of ``LEDGER_SCHEMA``, of origin ``terms``, sorted.
        unpriced: How many things have no price, by reason.
        left_out: Each of them: ``LEFT_OUT_SCHEMA``.
        long: What is due of long periods, without what was billed of them.
    """

    lines: pl.DataFrame
    unpriced: Mapping[str, int]
    left_out: pl.DataFrame
    long: LongSide = field(default_factory=LongSide)


@dataclass(slots=True)
class _Deployment:
    """The rows of one deployment while they are being read."""

    subscriptions: list[SubscriptionRow] = field(default_factory=list)
    addons: list[AddonRow] = field(default_factory=list)
    is_known: bool = False
    is_deleted: bool = False
    deleted_at: datetime | None = None
    prorations: list[LedgerLine] = field(default_factory=list)
    billed: set[Any] = field(default_factory=set)

    def rows(self, usage: Iterable[UsageRow] = ()) -> DeploymentRows:
        return DeploymentRows(
            subscriptions=self.subscriptions,
            addons=self.addons,
            usage=tuple(usage),
            is_deleted=self.is_deleted,
            deleted_at=self.deleted_at,
            is_known=self.is_known,
        )

    def told(self) -> Told:
        return Told(self.prorations, frozenset(self.billed))


def nexacloud_expected(
    source: NexaCloud,
    service: str,
    window: ReconcileWindow,
    zone: ZoneInfo,
    *,
    as_of: datetime | None = None,
    spans: pl.DataFrame | None = None,
) -> Expected:
    """Work out what is due in a window, and some around it, inside an entered snapshot.

    Args:
        source: NexaCloud.
        service: Code of the service.
        window: Lines whose period starts in it, and some around it, as the other ledgers.
        zone: The company's time zone.
        as_of: What is not over by then is not due in arrears (None: now).
        spans: Periods longer than a month that are asked for too (``long_periods.SPANS_SCHEMA``).

    Raises:
        ConfigError: A table or a column is missing.
        RetryableError: The connection was lost, or a statement took too long.
    """
    as_of = as_of or datetime.now(UTC)
    terms = NexaCloudTerms(
        service,
        _plans(source),
        since=window.read_from,
        until=window.read_until,
        as_of=as_of,
        zone=zone,
    )
    deployments = _deployments(source)
    _read_settled(
        source, service, zone, deployments, InvoiceScope(window.read_from - _A_YEAR, as_of)
    )
    long = _Long(terms, spans)
    frames = [pl.DataFrame(schema=LEDGER_SCHEMA)]
    lines: list[LedgerLine] = []
    left_out: list[LeftOut] = []
    scope = UsageScope(
        zone=zone.key,
        boundaries=monthly_boundaries(as_of, zone),
        as_of=as_of,
        most_cores=load_suite("usage").rules["usage_absurd"].limits["most_cores"],
        starts_from=window.read_from - _A_MONTH,
        starts_before=window.read_until + _A_MONTH,
    )
    for deployment, usage in _with_usage(source, scope, deployments):
        due = terms.due(deployment.rows(usage), deployment.told())
        long.add(deployment)
        lines += due.lines
        left_out += due.left_out
        if len(lines) >= FRAME_ROWS:
            frames.append(ledger_frame(lines))
            lines = []
    frames.append(ledger_frame(lines))
    order = ("customer", "subscription", "item", "period_start", "amount", "ref")
    counts = Counter(each.reason for each in left_out)
    return Expected(
        pl.concat(frames).sort(order),
        dict(sorted(counts.items())),
        _left_out(service, left_out),
        long.side(service),
    )


class _Long:
    """Works out what is due of the periods that were due last, deployment by deployment."""

    def __init__(self, terms: NexaCloudTerms, spans: pl.DataFrame | None) -> None:
        self._spans = pl.DataFrame(schema=SPANS_SCHEMA) if spans is None else spans
        # A year has many months: of who pays by the month only the last ones are worked out.
        self._asked = [
            (frozenset(part["subscription"]), replace(terms, since=since, until=until))
            for part in by_length(self._spans)
            if part.height
            for since, until in [bounds_of(part)]
        ]
        self._due = Due()
        self._frames = [pl.DataFrame(schema=LEDGER_SCHEMA)]
        self._changed: dict[str, Changed] = {}

    def add(self, deployment: _Deployment) -> None:
        theirs = [row.subscription_id for row in deployment.subscriptions]
        for asked, terms in self._asked:
            if mine := asked.intersection(theirs):
                due, changed = long_due(terms, deployment.rows(), deployment.told(), mine)
                self._due.lines += due.lines
                self._due.left_out |= due.left_out
                self._changed |= changed
        if len(self._due.lines) >= FRAME_ROWS:
            self._keep()

    def _keep(self) -> None:
        """Keep what is of the periods that are asked for, as a frame."""
        self._frames.append(of_spans(ledger_frame(self._due.lines), self._spans))
        self._due.lines = []

    def side(self, service: str) -> LongSide:
        self._keep()
        rests = [each.expected for each in self._changed.values()]
        return LongSide(
            expected=pl.concat([*self._frames, ledger_frame(rests)]),
            left_out=_left_out(service, self._due.left_out),
            changed=self._changed,
        )


def _left_out(service: str, found: Iterable[LeftOut]) -> pl.DataFrame:
    rows = {(service, each.subscription, each.item) for each in found}
    return pl.DataFrame(sorted(rows), schema=LEFT_OUT_SCHEMA, orient="row")


def _with_usage(
    source: NexaCloud, scope: UsageScope, deployments: dict[str, _Deployment]
) -> Iterator[tuple[_Deployment, Iterator[UsageRow]]]:
    """Yield each deployment with its records; those without any come last."""
    records = rows_of(source.usage_records(scope, batch_rows=BATCH_ROWS))
    for key, group in groupby(records, key=lambda row: row["deployment_id"]):
        deployment = deployments.pop(key, None)
        if deployment is not None:
            yield (
                deployment,
                (UsageRow(row["period_start"], Decimal(row["cpu_seconds"])) for row in group),
            )
    for deployment in deployments.values():
        yield deployment, iter(())


def _plans(source: NexaCloud) -> dict[str, PlanRow]:
    found = {}
    for row in rows_of(source.stream("plans", batch_rows=BATCH_ROWS)):
        prices = {cycle: amount_of(row[column]) for cycle, column in CYCLE_PRICES.items()}
        rate = row["cpu_rate_per_core_hour"]
        found[row["id"]] = PlanRow(
            plan_id=row["id"],
            name=row["name"] or "",
            code=row["code"] or "",
            currency=row["currency"] or "",
            prices={cycle: price for cycle, price in prices.items() if price is not None},
            quota=number_of(row["cpu_seconds_quota"]),
            rate=HOUSE_RATE_PER_CORE_HOUR if rate is None else amount_of(rate),
        )
    return found


def _deployments(source: NexaCloud) -> dict[str, _Deployment]:
    """Read all subscriptions and add-ons by their deployment's id, and what was deleted.

    A subscription of no deployment stands alone, by its own id.
    """
    users = {row["id"] for row in rows_of(source.stream("users", columns=("id",)))}
    found: dict[str, _Deployment] = defaultdict(_Deployment)
    columns: tuple[str, ...] = (
        "id", "user_id", "deployment_id", "plan_id", "status", "billing_cycle", "started_at",
        "current_period_end", "canceled_at",
    )  # fmt: skip
    for row in rows_of(source.stream("subscriptions", columns=columns, batch_rows=BATCH_ROWS)):
        found[row["deployment_id"] or row["id"]].subscriptions.append(
            SubscriptionRow(
                subscription_id=row["id"],
                customer=row["user_id"] if row["user_id"] in users else None,
                plan_id=row["plan_id"],
                status=row["status"] or "",
                cycle=row["billing_cycle"] or "",
                started_at=_moment(row["started_at"]),
                period_end=_moment(row["current_period_end"]),
                canceled_at=_moment(row["canceled_at"]),
            )
        )
    billed = dict(found)
    columns = ("id", "status", "deleted_at")
    for row in rows_of(source.stream("deployments", columns=columns, batch_rows=BATCH_ROWS)):
        deployment = billed.get(row["id"])
        if deployment is not None:
            deployment.is_known = True
            deployment.deleted_at = _moment(row["deleted_at"])
            deployment.is_deleted = is_deleted(row)
    columns = ("deployment_id", "name", "price_monthly")
    for row in rows_of(source.stream("deployment_addons", columns=columns, batch_rows=BATCH_ROWS)):
        if row["deployment_id"] in billed:
            addon = AddonRow(row["name"], amount_of(row["price_monthly"]))
            billed[row["deployment_id"]].addons.append(addon)
    return billed


def _read_settled(
    source: NexaCloud,
    service: str,
    zone: ZoneInfo,
    deployments: Mapping[str, _Deployment],
    scope: InvoiceScope,
) -> None:
    """Note with each deployment what its invoices settled by days, or at an early end."""
    homes = {
        row.subscription_id: deployment
        for deployment in deployments.values()
        for row in deployment.subscriptions
    }
    bills = NexaCloudBills(source, service, zone)
    for bill in bills.of(source.settling_items(scope, batch_rows=BATCH_ROWS)):
        for line in bill.lines or ():
            deployment = homes.get(line.subscription)
            if deployment is None:
                continue
            kind, _, name = line.item.partition(":")
            if kind == "proration":
                deployment.prorations.append(line)
            else:
                item = f"{kind}:{addon_key(name)}" if kind == "addon" else line.item
                day = line.period_start.astimezone(zone).date()
                deployment.billed.add((line.subscription, item, day))


def _moment(value: datetime | None) -> datetime | None:
    """Leave out what is mistyped: in another zone it may be no moment at all."""
    return value if value is not None and value.year >= _FIRST_YEAR else None
