"""Read NexaCloud's invoices into ledger lines, and what the quality rules look at."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from itertools import chain, groupby
from typing import Any
from zoneinfo import ZoneInfo

import polars as pl
import pyarrow as pa

from tasks.check.suites import Rule, load_suite
from tasks.clients.nexacloud.invoices import InvoiceScope
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.addons import names_by_key
from tasks.model.ledger import LEDGER_SCHEMA, LedgerLine, ledger_frame
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
from tasks.reconcile.ledgers import Side
from tasks.reconcile.long_periods import BEYOND, FLAT, LongSide, bounds_of, by_length, of_spans
from tasks.reconcile.window import ReconcileWindow

#: Lines that are put into a frame at once: as Python objects they take a hundred times its text.
_FRAME_ROWS = 20_000
_BATCH_ROWS = 5_000
#: Usage around a line's period: records are as long as a month.
_AROUND = timedelta(days=62)
#: An invoice names the period of its items, or the one before.
_A_MONTH = timedelta(days=32)
_SUBSCRIPTIONS_AT_ONCE = 2_000
#: Each look for their bills goes over all invoices.
_SPANS_AT_ONCE = 20_000


@dataclass(frozen=True, slots=True)
class NexaCloudLedger:
    """NexaCloud's lines, and the invoices that a rule has something to say of.

    Attributes:
        lines: Of the invoices that count, of the asked origins, until they are on disk.
        invoices: Those read of these origins, void ones included.
        void: Those of them that are void, or a draft still.
        suspicious: Facts on invoices, for the quality rules.
        orphans: Facts on items of no invoice.
        side: The lines on disk, what is due by the terms, and what is known of whom.
        long: What was billed, and what is due, of periods longer than a month.
    """

    lines: pl.DataFrame
    invoices: dict[str, int]
    void: int
    suspicious: tuple[dict[str, Any], ...]
    orphans: tuple[dict[str, Any], ...]
    side: Side = field(default_factory=Side)
    long: LongSide = field(default_factory=LongSide)


def nexacloud_ledger(
    source: NexaCloud,
    service: str,
    window: ReconcileWindow,
    zone: ZoneInfo,
    origins: Iterable[str] | None = None,
) -> NexaCloudLedger:
    """Read a window's invoices inside an entered snapshot.

    Args:
        source: NexaCloud.
        service: Code of the service.
        window: Lines whose period starts in it, and some around it.
        zone: The company's time zone.
        origins: Who must have billed an invoice for it to be read; None reads all.
    """
    wanted = None if origins is None else frozenset(origins)
    frames = [pl.DataFrame(schema=LEDGER_SCHEMA)]
    lines: list[LedgerLine] = []
    counts: dict[str, int] = {}
    suspicious: list[dict[str, Any]] = []
    void = 0
    addons, plans = addon_names(source), plan_names(source)
    rules = load_suite("invoices")
    # An invoice may name the period before the one that its items tell, as Stripe's do.
    scope = InvoiceScope(window.read_from - _A_MONTH, window.read_until)
    rows = _rows(source.invoice_items(scope, batch_rows=_BATCH_ROWS))
    for _, group in groupby(rows, key=lambda row: row["invoice_id"]):
        items = list(group)
        origin = origin_of(items[0]["stripe_invoice_id"])
        if wanted is not None and origin not in wanted:
            continue
        facts = invoice_facts(items)
        broken = rules.broken(facts)
        found = _lines(service, items, facts, broken, zone, (addons, plans))
        inside = [
            line
            for line in found or ()
            if window.read_from <= line.period_start < window.read_until
        ]
        if not inside and _is_before(facts, window):
            continue
        counts[origin] = counts.get(origin, 0) + 1
        if broken:
            suspicious.append(facts)
        if found is None:
            void += 1
        lines += inside
        if len(lines) >= _FRAME_ROWS:
            frames.append(ledger_frame(lines))
            lines = []
    orphans = tuple(map(item_facts, _rows(source.orphan_items())))
    frames.append(ledger_frame(lines))
    return NexaCloudLedger(pl.concat(frames), counts, void, tuple(suspicious), orphans)


def nexacloud_prices(
    source: NexaCloud,
    service: str,
    spans: pl.DataFrame,
    zone: ZoneInfo,
    origins: Iterable[str] | None = None,
) -> pl.DataFrame:
    """Read what was billed of some periods inside an entered snapshot.

    Args:
        source: NexaCloud.
        service: Code of the service.
        spans: The periods: ``long_periods.SPANS_SCHEMA``.
        zone: The company's time zone.
        origins: Who must have billed an invoice for it to be read; None reads all.
    """
    wanted = None if origins is None else frozenset(origins)
    frames = [pl.DataFrame(schema=LEDGER_SCHEMA)]
    names, rules = (addon_names(source), plan_names(source)), load_suite("invoices")
    for part in chain.from_iterable(
        each.iter_slices(_SPANS_AT_ONCE) for each in by_length(spans) if each.height
    ):
        lines: list[LedgerLine] = []
        since, until = bounds_of(part)
        longest = part.select((pl.col("until") - pl.col("since")).max()).item()
        scope = InvoiceScope(since - longest, until)
        batches = source.price_items(scope, part["subscription"].to_list(), batch_rows=_BATCH_ROWS)
        for _, group in groupby(_rows(batches), key=lambda row: row["invoice_id"]):
            items = list(group)
            if wanted is None or origin_of(items[0]["stripe_invoice_id"]) in wanted:
                facts = invoice_facts(items)
                lines += _lines(service, items, facts, rules.broken(facts), zone, names) or ()
            if len(lines) >= _FRAME_ROWS:
                frames.append(of_spans(ledger_frame(lines), part))
                lines = []
        frames.append(of_spans(ledger_frame(lines), part))
    return pl.concat(frames)


def _is_before(facts: Mapping[str, Any], window: ReconcileWindow) -> bool:
    """Say whether an invoice has a period of an earlier time, whatever its items tell."""
    start = facts["period_start"]
    return start is not None and facts["period_end"] is not None and start < window.read_from


def billed_beyond(
    source: NexaCloud, service: str, zone: ZoneInfo, origins: Iterable[str] | None = None
) -> pl.DataFrame:
    """Read the prices that were billed beyond the period that their subscription's row names.

    Odoo goes by the row: it would bill them once more. Arguments as of ``nexacloud_prices``.
    """
    wanted = None if origins is None else frozenset(origins)
    names, rules = (addon_names(source), plan_names(source)), load_suite("invoices")
    lines: list[LedgerLine] = []
    rows = _rows(source.beyond_items(batch_rows=_BATCH_ROWS))
    for _, group in groupby(rows, key=lambda row: row["invoice_id"]):
        items = list(group)
        if wanted is None or origin_of(items[0]["stripe_invoice_id"]) in wanted:
            facts = invoice_facts(items)
            found = _lines(service, items, facts, rules.broken(facts), zone, names) or ()
            lines += (line._replace(item=BEYOND) for line in found if line.item == FLAT)
    return ledger_frame(lines)


def _lines(
    service: str,
    items: list[dict[str, Any]],
    facts: Mapping[str, Any],
    broken: Iterable[Rule],
    zone: ZoneInfo,
    names: tuple[Mapping[str, str], Collection[str]],
) -> Iterable[LedgerLine] | None:
    """Give the lines of an invoice's rows; None if it is void, or a draft."""
    # Without what a critical rule asks for its amounts could not be compared.
    if any(rule.severity is not Severity.WARNING for rule in broken):
        line = kept_out_line(service, facts)
        return [line] if line else []
    invoice = _invoice(items)
    return nexacloud_lines(service, invoice, zone, *names) if invoice.counts else None


def nexacloud_evidence(source: NexaCloud, service: str, needed: pl.DataFrame) -> pl.DataFrame:
    """Read the usage records around the lines that ``evidence_needed`` names."""
    wanted = needed.filter(
        pl.col("service") == service, pl.col("item") == f"usage:{METRIC}"
    ).select("subscription", "since", "until")
    frames = [pl.DataFrame(schema=EVIDENCE_SCHEMA)]
    if not wanted.height:
        return frames[0]
    bounds = wanted.select(pl.col("since").min(), pl.col("until").max()).row(0)
    names = wanted["subscription"].unique().sort().to_list()
    for first in range(0, len(names), _SUBSCRIPTIONS_AT_ONCE):
        batches = source.usage_rows(
            names[first : first + _SUBSCRIPTIONS_AT_ONCE], bounds[0] - _AROUND, bounds[1] + _AROUND
        )
        found = [
            (
                service,
                row["subscription_id"],
                f"usage:{METRIC}",
                row["period_start"],
                row["period_end"],
                row["cpu_seconds"],
            )
            for row in _rows(batches)
        ]
        frames.append(pl.DataFrame(found, schema=EVIDENCE_SCHEMA, orient="row"))
    return pl.concat(frames)


def counted_invoices(batches: Iterable[pa.RecordBatch]) -> Iterator[Invoice]:
    """Yield the invoices that count, from rows of ``INVOICE_ITEMS``; not those that a rule bars."""
    rules = load_suite("invoices")
    for _, group in groupby(_rows(batches), key=lambda row: row["invoice_id"]):
        items = list(group)
        broken = rules.broken(invoice_facts(items))
        if all(rule.severity is Severity.WARNING for rule in broken):
            invoice = _invoice(items)
            if invoice.counts:
                yield invoice


def addon_names(source: NexaCloud) -> dict[str, str]:
    """Return the names of the add-ons that NexaCloud sells; a name that many have is held once."""
    names: set[str | None] = set()
    for batch in source.stream("deployment_addons", columns=("name",), batch_rows=_BATCH_ROWS):
        names.update(batch.column("name").to_pylist())
    return names_by_key(names)


def plan_names(source: NexaCloud) -> frozenset[str]:
    """Return the names of NexaCloud's plans, as ``plan_key`` gives them."""
    batches = source.stream("plans", columns=("name",), batch_rows=_BATCH_ROWS)
    names = (name for batch in batches for name in batch.column("name").to_pylist())
    return frozenset(plan_key(name) for name in names if name and name.strip())


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


def _rows(batches: Iterable[pa.RecordBatch]) -> Iterator[dict[str, Any]]:
    for batch in batches:
        yield from batch.to_pylist()
