"""Read NexaCloud's invoices into ledger lines, and what the quality rules look at."""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from itertools import chain, groupby
from operator import itemgetter
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from tasks.check.suites import Rule, load_suite
from tasks.clients.nexacloud.invoices import InvoiceScope
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.addons import names_by_key
from tasks.model.ledger import BEYOND, FLAT, LEDGER_SCHEMA, LedgerLine, ledger_frame
from tasks.model.money import amount_of
from tasks.model.nexacloud import METRIC
from tasks.model.records import Severity
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.facts import invoice_facts, item_facts
from tasks.reconcile.ledger_nexacloud import (
    Invoice,
    InvoiceItem,
    kept_out_line,
    nexacloud_lines,
    origin_of,
    plan_key,
)
from tasks.reconcile.ledgers import NexaCloudLedger, Side
from tasks.reconcile.long_periods import bounds_of, by_length, of_spans
from tasks.reconcile.window import ReconcileWindow

#: Lines that are put into a frame at once: as Python objects they take a hundred times its text.
FRAME_ROWS = 20_000
BATCH_ROWS = 5_000
#: Usage around a line's period: records are as long as a month.
_AROUND = timedelta(days=62)
#: An invoice names the period of its items, or the one before.
_A_MONTH = timedelta(days=32)
_SUBSCRIPTIONS_AT_ONCE = 2_000
#: Each look for their bills goes over all invoices.
_SPANS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class _Bill:
    """An invoice: who made it, the facts on it, the rules that it breaks, and its lines.

    ``lines`` are None if it is void, or a draft.
    """

    origin: str
    facts: dict[str, Any]
    broken: Collection[Rule]
    lines: Iterable[LedgerLine] | None


class NexaCloudBills:
    """Makes bills of rows inside an entered snapshot.

    Args:
        source: NexaCloud.
        service: Code of the service.
        zone: The company's time zone.
        origins: Who must have billed an invoice for it to be read; None reads all.
    """

    def __init__(
        self,
        source: NexaCloud,
        service: str,
        zone: ZoneInfo,
        origins: Iterable[str] | None = None,
    ) -> None:
        self.source = source
        self._service = service
        self._zone = zone
        self._origins = None if origins is None else frozenset(origins)
        self._rules = load_suite("invoices")
        addons, plans = (
            {row["name"] for row in rows_of(source.stream(table, columns=("name",)))}
            for table in ("deployment_addons", "plans")
        )
        self._addons = names_by_key(addons)
        self._plans = frozenset(plan_key(name) for name in plans if name and name.strip())

    def of(self, batches: Iterable[pa.RecordBatch]) -> Iterator[_Bill]:
        """Yield the bills of rows of ``INVOICE_ITEMS``, an invoice's one after the other."""
        for _, group in groupby(rows_of(batches), key=lambda row: row["invoice_id"]):
            items = list(group)
            origin = origin_of(items[0]["stripe_invoice_id"])
            if self._origins is None or origin in self._origins:
                facts = invoice_facts(items)
                broken = self._rules.broken(facts)
                yield _Bill(origin, facts, broken, self._lines(items, facts, broken))

    def _lines(
        self, items: list[dict[str, Any]], facts: Mapping[str, Any], broken: Iterable[Rule]
    ) -> Iterable[LedgerLine] | None:
        # Without what a critical rule asks for its amounts could not be compared.
        if any(rule.severity is not Severity.WARNING for rule in broken):
            line = kept_out_line(self._service, facts)
            return [line] if line else []
        invoice = _invoice(items)
        if not invoice.counts:
            return None
        return nexacloud_lines(self._service, invoice, self._zone, self._addons, self._plans)


def nexacloud_ledger(bills: NexaCloudBills, window: ReconcileWindow) -> NexaCloudLedger:
    """Read a window's invoices: lines whose period starts in it, and some around it."""
    side = Side()
    lines: list[LedgerLine] = []
    counts: Counter[str] = Counter()
    suspicious: list[dict[str, Any]] = []
    void = 0
    # An invoice may name the period before the one that its items tell, as Stripe's do.
    scope = InvoiceScope(window.read_from - _A_MONTH, window.read_until)
    for bill in bills.of(bills.source.invoice_items(scope, batch_rows=BATCH_ROWS)):
        inside = [
            line
            for line in bill.lines or ()
            if window.read_from <= line.period_start < window.read_until
        ]
        if not inside and _is_before(bill.facts, window):
            continue
        counts[bill.origin] += 1
        if bill.broken:
            suspicious.append(bill.facts)
        if bill.lines is None:
            void += 1
        lines += inside
        if len(lines) >= FRAME_ROWS:
            side.lines.add(ledger_frame(lines))
            lines = []
    side.lines.add(ledger_frame(lines))
    orphans = tuple(map(item_facts, rows_of(bills.source.orphan_items())))
    return NexaCloudLedger(side, dict(counts), void, tuple(suspicious), orphans)


def nexacloud_prices(bills: NexaCloudBills, spans: pl.DataFrame) -> pl.DataFrame:
    """Read what was billed of some periods (``long_periods.SPANS_SCHEMA``)."""
    frames = [pl.DataFrame(schema=LEDGER_SCHEMA)]
    for part in chain.from_iterable(
        each.iter_slices(_SPANS_AT_ONCE) for each in by_length(spans) if each.height
    ):
        lines: list[LedgerLine] = []
        since, until = bounds_of(part)
        longest = part.select((pl.col("until") - pl.col("since")).max()).item()
        scope = InvoiceScope(since - longest, until)
        names = part["subscription"].to_list()
        for bill in bills.of(bills.source.price_items(scope, names, batch_rows=BATCH_ROWS)):
            lines += bill.lines or ()
            if len(lines) >= FRAME_ROWS:
                frames.append(of_spans(ledger_frame(lines), part))
                lines = []
        frames.append(of_spans(ledger_frame(lines), part))
    return pl.concat(frames)


def billed_beyond(bills: NexaCloudBills) -> pl.DataFrame:
    """Read the prices that were billed beyond the period that their subscription's row names.

    Odoo goes by the row: it would bill them once more.
    """
    return ledger_frame(
        line._replace(item=BEYOND)
        for bill in bills.of(bills.source.beyond_items(batch_rows=BATCH_ROWS))
        for line in bill.lines or ()
        if line.item == FLAT
    )


def _is_before(facts: Mapping[str, Any], window: ReconcileWindow) -> bool:
    """Say whether an invoice has a period of an earlier time, whatever its items tell."""
    start = facts["period_start"]
    return start is not None and facts["period_end"] is not None and start < window.read_from


def nexacloud_evidence(source: NexaCloud, service: str, needed: pl.DataFrame) -> pl.DataFrame:
    """Read the usage records around the lines that ``evidence_needed`` names."""
    item = f"usage:{METRIC}"
    wanted = needed.filter(pl.col("service") == service, pl.col("item") == item)
    frames = [pl.DataFrame(schema=EVIDENCE_SCHEMA)]
    if not wanted.height:
        return frames[0]
    since, until = wanted.select(pl.col("since").min(), pl.col("until").max()).row(0)
    names = wanted["subscription"].unique().sort().to_list()
    told = itemgetter("period_start", "period_end", "cpu_seconds")
    for first in range(0, len(names), _SUBSCRIPTIONS_AT_ONCE):
        some = names[first : first + _SUBSCRIPTIONS_AT_ONCE]
        rows = rows_of(source.usage_rows(some, since - _AROUND, until + _AROUND))
        found = [(service, row["subscription_id"], item, *told(row)) for row in rows]
        frames.append(pl.DataFrame(found, schema=EVIDENCE_SCHEMA, orient="row"))
    return pl.concat(frames)


def _invoice(rows: list[dict[str, Any]]) -> Invoice:
    head = rows[0]
    return Invoice(
        invoice_id=head["invoice_id"],
        customer=head["user_id"],
        subscription=head["subscription_id"],
        origin_id=head["stripe_invoice_id"],
        status=head["status"] or "",
        currency=head["currency"].upper(),
        subtotal=Decimal(head["subtotal"]),
        tax=Decimal(head["tax"]),
        total=Decimal(head["total"]),
        start=head["period_start"],
        end=head["period_end"],
        paid_at=head["paid_at"],
        items=tuple(_item(row) for row in rows if row["item_id"] is not None),
    )


def _item(row: dict[str, Any]) -> InvoiceItem:
    return InvoiceItem(
        description=row["description"],
        quantity=amount_of(row["quantity"]),
        unit_price=amount_of(row["unit_price"]),
        amount=amount_of(row["amount"]) or Decimal(0),
    )


def rows_of(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    """Yield rows one by one."""
    for batch in batches:
        yield from batch.to_pylist()
