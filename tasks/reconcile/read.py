"""Read both sides of a reconciliation from the systems that the settings name."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import partial
from typing import Any

import polars as pl

from tasks.clients.lago.billing import read_billing
from tasks.clients.odoo.connection import Odoo
from tasks.clients.odoo.ledger import (
    UsageKey,
    ledger_page,
    lines_of,
    long_period_page,
    switched_of,
    usage_rows,
)
from tasks.model.ledger import DISCOUNT, LEDGER_SCHEMA, USAGE, LedgerLine, ledger_frame
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.coupons import applied_coupons
from tasks.reconcile.ledger_lago import billing_lines, left_out
from tasks.reconcile.ledgers import LagoLedger, NexaCloudLedger, OdooLedger, Side
from tasks.reconcile.long_periods import LongSide, of_spans, with_billed
from tasks.reconcile.pages import OnDisk, on_its_own
from tasks.reconcile.read_nexacloud import (
    NexaCloudBills,
    billed_beyond,
    nexacloud_evidence,
    nexacloud_ledger,
    nexacloud_prices,
)
from tasks.reconcile.read_source import Asked, lago_source, nexacloud_source, read_kept_out
from tasks.reconcile.sources import NEXACLOUD, SourcePlan
from tasks.reconcile.window import SWITCHED_SCHEMA, ReconcileWindow
from tasks.run.settings import load_settings

_PAGE_ROWS = 1000


def read_odoo(
    services: Sequence[str], window: ReconcileWindow, by_month: Sequence[str] = ()
) -> OdooLedger:
    """Read Odoo's ledger of some services.

    Args:
        services: Their codes.
        window: What starts in it is compared, and some around it.
        by_month: Those of them of which the latest price of who pays by the month is asked for.

    Raises:
        ConfigError: Odoo is not there, or its addon is too old.
        RetryableError: It cannot be reached now.
    """
    odoo = load_settings().odoo()
    lines = OnDisk(LEDGER_SCHEMA)
    orders = 0
    failed: list[dict[str, Any]] = []
    switched: list[tuple[object, ...]] = []
    # A charge of its own key counts some of a metric's units: the other side says the metric.
    named = pl.col("item").str.replace(r"^((?:usage|minimum):.+)\[.*\]$", "$1")
    for service in services:
        for page in _pages(ledger_page, odoo, service, window.read_from, window.read_until):
            frame = ledger_frame(lines_of(service, page)).with_columns(item=named)
            lines.add(frame)
            # An order is in one page.
            orders += frame.n_unique(["subscription", "ref"])
            failed += page["failed"]
            switched += switched_of(service, page)
    return OdooLedger(
        lines,
        orders,
        tuple(failed),
        pl.DataFrame(switched, schema=SWITCHED_SCHEMA, orient="row"),
        pl.concat(
            _long_periods(odoo, service, window, months=service in by_month) for service in services
        ),
    )


def read_nexacloud(
    plan: SourcePlan, window: ReconcileWindow, as_of: datetime, spans: pl.DataFrame
) -> NexaCloudLedger:
    """Read NexaCloud's invoices, and what is due by its terms, from one snapshot.

    Args:
        plan: Of which service, and whose invoices.
        window: What starts in it is compared, and some around it.
        as_of: What is not over by then is not due in arrears.
        spans: Periods whose price is asked for beside them (``long_periods.SPANS_SCHEMA``).

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    settings = load_settings()
    with settings.nexacloud() as source:
        source.check_schema()
        zone = settings.timezone
        bills = NexaCloudBills(source, plan.service, zone, plan.nexacloud_origins)
        ledger = nexacloud_ledger(bills, window)
        mine = spans.filter(pl.col("service") == plan.service)
        told, long = nexacloud_source(
            source,
            plan.service,
            Asked(window, as_of, mine),
            zone,
            read_kept_out(settings.reports_dir, plan.service),
        )
        billed = with_billed(long, nexacloud_prices(bills, mine))
        return replace(
            ledger,
            side=replace(ledger.side, rest=ledger.side.add(told)),
            long=replace(billed, beyond=billed_beyond(bills)),
        )


def read_lago(
    services: Sequence[str],
    window: ReconcileWindow,
    as_of: datetime,
    homes: Sequence[str],
    spans: pl.DataFrame,
) -> LagoLedger:
    """Read what Lago billed, and what is due by its terms; it tells all services at once.

    Args:
        services: Codes of the services.
        window: What starts in it is compared, and some around it.
        as_of: What is not over by then is not due in arrears.
        homes: Those of the services whose terms are Lago's.
        spans: Periods longer than a month that are asked for too (``long_periods.SPANS_SCHEMA``).

    Raises:
        ConfigError: Lago is not there, or refuses the key.
        RetryableError: It cannot be reached now, or its data do not stand still.
    """
    settings = load_settings()
    lago = settings.lago()
    billing = read_billing(lago)
    in_window = pl.col("period_start").is_between(window.read_from, window.read_until, "left")
    side, refs = Side(), [pl.Series(dtype=pl.UInt64)]
    billed: list[pl.DataFrame] = []
    discounts: list[LedgerLine] = []
    void = 0
    for page in billing.pages():
        for service in services:
            lines = billing_lines(service, page, settings.timezone)
            discounts += (line for line in lines if line.item.startswith(DISCOUNT))
            whole = ledger_frame(lines)
            inside = whole.filter(in_window)
            side.lines.add(inside)
            refs.append(inside["ref"].unique().hash())
            billed.append(on_its_own(of_spans(whole, spans)))
            void += sum(left_out(service, page).values())
    notes = [*billing.notes]
    if void:
        notes.append(f"{void:,} invoices that are no bill (draft, void, failed) are left out")
    kept_out: dict[tuple[str, str], str] = {}
    for service in homes:
        kept_out |= read_kept_out(settings.reports_dir, service)
    due = pl.DataFrame(schema=LEDGER_SCHEMA)
    if homes:
        rest, due = lago_source(
            lago, homes, billing, Asked(window, as_of, spans), kept_out=kept_out, keep=side.add
        )
        side = replace(side, rest=rest)
    coupons = applied_coupons(billing.coupons, discounts)
    long = LongSide(billed=pl.concat(billed), expected=due)
    return LagoLedger(side, pl.concat(refs).n_unique(), tuple(notes), long, coupons)


def read_evidence(plans: Iterable[SourcePlan], needed: pl.DataFrame) -> pl.DataFrame:
    """Read the usage behind the lines that need it: NexaCloud's own records, else Odoo's."""
    settings = load_settings()
    frames = [pl.DataFrame(schema=EVIDENCE_SCHEMA)]
    for plan in plans:
        wanted = needed.filter(pl.col("service") == plan.service)
        if not wanted.height:
            continue
        if plan.service == NEXACLOUD and plan.from_nexacloud:
            with settings.nexacloud() as source:
                frames.append(nexacloud_evidence(source, plan.service, wanted))
        else:
            frames.append(_odoo_evidence(settings.odoo(), plan.service, wanted))
    return pl.concat(frames)


def _long_periods(
    odoo: Odoo, service: str, window: ReconcileWindow, *, months: bool
) -> pl.DataFrame:
    ask = partial(long_period_page, months=months)
    pages = _pages(ask, odoo, service, window.since, window.until)
    frames = (ledger_frame(lines_of(service, page)) for page in pages)
    return pl.concat([pl.DataFrame(schema=LEDGER_SCHEMA), *frames])


def _pages(
    ask: Callable[..., dict[str, Any]], odoo: Odoo, service: str, since: datetime, until: datetime
) -> Iterator[dict[str, Any]]:
    after_id: int | None = 0
    while after_id is not None:
        page = ask(
            odoo,
            service,
            since.isoformat(),
            until.isoformat(),
            after_id=after_id,
            page_rows=_PAGE_ROWS,
        )
        yield page
        after_id = page["next_after_id"]


def _odoo_evidence(odoo: Odoo, service: str, needed: pl.DataFrame) -> pl.DataFrame:
    """Read the usage that Odoo holds of the lines that ``evidence_needed`` names."""
    keys: list[UsageKey] = [
        (subscription, item.removeprefix(USAGE), since.isoformat(), until.isoformat())
        for subscription, item, since, until in needed.filter(pl.col("service") == service)
        .select("subscription", "item", "since", "until")
        .unique(maintain_order=True)
        .iter_rows()
    ]
    rows = [
        (service, subscription, f"{USAGE}{metric}", start, end, quantity)
        for subscription, metric, start, end, quantity in usage_rows(odoo, service, keys)
    ]
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row").unique()
