"""A sample of NexaCloud in memory, as the pure functions of both of its ledgers want it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from deployments.sample.sample import SampleSpec, generate
from tasks.model.addons import addon_key, names_by_key
from tasks.model.ledger import LedgerLine
from tasks.model.nexacloud import HOUSE_RATE_PER_CORE_HOUR
from tasks.model.source import ENDED_STATUSES
from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    PlanRow,
    SubscriptionRow,
    Told,
    UsageRow,
)
from tasks.reconcile.ledger_nexacloud import Invoice, InvoiceItem, nexacloud_lines
from tasks.reconcile.window import ReconcileWindow

ZONE = ZoneInfo("America/Toronto")
Row = dict[str, Any]


@dataclass(frozen=True)
class Ledgers:
    """Billed and expected lines of a window, what could not be priced, and the sample's tables."""

    billed: list[LedgerLine]
    expected: list[LedgerLine]
    unpriced: Counter[str]
    tables: dict[str, list[Row]]


def tables_of(spec: SampleSpec) -> dict[str, list[Row]]:
    """A sample's rows by table, as texts and None."""
    found = {}
    for table, text in generate(spec).items():
        lines = text.data().decode().splitlines()
        found[table] = [
            {
                name: None if value == r"\N" else value.replace(r"\n", "\n").replace("\\\\", "\\")
                for name, value in zip(text.columns, line.split("\t"), strict=True)
            }
            for line in lines
        ]
    return found


def ledgers_of(spec: SampleSpec, window: ReconcileWindow) -> Ledgers:
    """Both ledgers of a clean sample, without a database."""
    tables = tables_of(spec)
    as_of = datetime.combine(spec.as_of, time(), UTC)
    terms = NexaCloudTerms(
        "nexacloud",
        {row["id"]: plan_row(row) for row in tables["plans"]},
        since=window.since,
        until=window.until,
        as_of=as_of,
        zone=ZONE,
    )
    lines = invoice_lines(tables)
    expected: list[LedgerLine] = []
    unpriced: Counter[str] = Counter()
    for rows, told in deployments_of(tables, lines, as_of):
        due = terms.due(rows, told)
        expected += due.lines
        unpriced += due.unpriced
    inside = [line for line in lines if window.since <= line.period_start < window.until]
    return Ledgers(inside, expected, unpriced, tables)


def deployments_of(
    tables: dict[str, list[Row]], lines: list[LedgerLine], as_of: datetime
) -> Iterator[tuple[DeploymentRows, Told]]:
    """Each deployment with what its invoices settled."""
    subscriptions = {row["id"]: row for row in tables["subscriptions"]}
    told: dict[str, Told] = _told(lines, subscriptions)
    by = {name: _by(tables[name], "deployment_id") for name in (
        "subscriptions", "deployment_addons", "usage_records"
    )}  # fmt: skip
    for deployment in tables["deployments"]:
        key = deployment["id"]
        rows = DeploymentRows(
            subscriptions=[subscription_row(row) for row in by["subscriptions"][key]],
            addons=[
                AddonRow(row["name"], _number(row["price_monthly"]))
                for row in by["deployment_addons"][key]
            ],
            usage=[
                UsageRow(moment(row["period_start"]), Decimal(row["cpu_hours"]) * 3600)
                for row in by["usage_records"][key]
                if moment(row["period_end"]) <= as_of
            ],
            is_deleted=deployment["deleted_at"] is not None or deployment["status"] == "deleted",
            deleted_at=_moment(deployment["deleted_at"]),
        )
        yield rows, told.get(key, Told())


def plan_row(row: Row) -> PlanRow:
    prices = {"monthly": row["price_monthly"], "yearly": row["price_yearly"]}
    return PlanRow(
        plan_id=row["id"],
        name=row["name"],
        code=row["code"],
        currency=row["currency"],
        prices={cycle: Decimal(price) for cycle, price in prices.items() if price is not None},
        quota=_number(row["cpu_seconds_quota"]),
        rate=_number(row["cpu_rate_per_core_hour"]) or HOUSE_RATE_PER_CORE_HOUR,
    )


def subscription_row(row: Row) -> SubscriptionRow:
    return SubscriptionRow(
        subscription_id=row["id"],
        customer=row["user_id"],
        plan_id=row["plan_id"],
        status=row["status"],
        cycle=row["billing_cycle"],
        started_at=_moment(row["started_at"]),
        period_end=_moment(row["current_period_end"]),
        canceled_at=_moment(row["canceled_at"]),
    )


def moment(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def invoice_lines(tables: dict[str, list[Row]]) -> list[LedgerLine]:
    """All lines that were billed, of any time."""
    items = _by(tables["invoice_items"], "invoice_id")
    addons = names_by_key(row["name"] for row in tables["deployment_addons"])
    lines: list[LedgerLine] = []
    for row in tables["invoices"]:
        invoice = Invoice(
            invoice_id=row["id"],
            customer=row["user_id"],
            subscription=row["subscription_id"],
            origin_id=row["stripe_invoice_id"],
            status=row["status"],
            currency=row["currency"],
            subtotal=Decimal(row["subtotal"]),
            tax=Decimal(row["tax"]),
            total=Decimal(row["total"]),
            start=moment(row["period_start"]),
            end=moment(row["period_end"]),
            paid_at=_moment(row["paid_at"]),
            items=tuple(
                InvoiceItem(
                    item["description"],
                    Decimal(item["quantity"]),
                    Decimal(item["unit_price"]),
                    Decimal(item["amount"]),
                )
                for item in items[row["id"]]
            ),
        )
        if invoice.counts:
            lines += nexacloud_lines("nexacloud", invoice, ZONE, addons)
    return lines


def _told(lines: list[LedgerLine], subscriptions: dict[str, Row]) -> dict[str, Told]:
    prorations: dict[str, list[LedgerLine]] = defaultdict(list)
    billed: dict[str, set[Any]] = defaultdict(set)
    for line in lines:
        row = subscriptions.get(line.subscription)
        if row is None:
            continue
        kind, _, name = line.item.partition(":")
        if kind == "proration":
            prorations[row["deployment_id"]].append(line)
        elif row["status"] in ENDED_STATUSES:
            item = f"{kind}:{addon_key(name)}" if kind == "addon" else line.item
            day = line.period_start.astimezone(ZONE).date()
            billed[row["deployment_id"]].add((line.subscription, item, day))
    return {
        key: Told(prorations[key], frozenset(billed[key]))
        for key in prorations.keys() | billed.keys()
    }


def _by(rows: list[Row], column: str) -> dict[str, list[Row]]:
    found: dict[str, list[Row]] = defaultdict(list)
    for row in rows:
        found[row[column]].append(row)
    return found


def _moment(text: str | None) -> datetime | None:
    return None if text is None else moment(text)


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)
