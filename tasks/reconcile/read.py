"""Read both sides of a reconciliation from the systems that the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from tasks.clients.lago.billing import read_billing
from tasks.model.ledger import LEDGER_SCHEMA, LedgerLine, ledger_frame
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.coupons import DISCOUNT, Coupons, applied_coupons
from tasks.reconcile.ledger_lago import billing_lines, left_out
from tasks.reconcile.ledgers import Side
from tasks.reconcile.long_periods import LongSide, of_spans, with_billed
from tasks.reconcile.pages import on_its_own
from tasks.reconcile.read_nexacloud import (
    NexaCloudBills,
    NexaCloudLedger,
    billed_beyond,
    nexacloud_evidence,
    nexacloud_ledger,
    nexacloud_prices,
)
from tasks.reconcile.read_odoo import OdooLedger, odoo_evidence, odoo_ledger
from tasks.reconcile.read_source import lago_source, nexacloud_source, read_kept_out
from tasks.reconcile.sources import NEXACLOUD, SourcePlan
from tasks.reconcile.window import ReconcileWindow
from tasks.run.settings import load_settings


@dataclass(frozen=True, slots=True)
class LagoLedger:
    """What Lago says of some services, the invoices that they are of, and how the reading went.

    ``coupons`` says when each was first used, ``long`` what was billed and is due of periods longer
    than a month.
    """

    side: Side
    invoices: int
    notes: tuple[str, ...]
    long: LongSide = field(default_factory=LongSide)
    coupons: Coupons = field(default_factory=dict)


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
    return odoo_ledger(load_settings().odoo(), services, window, by_month=by_month)


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
            window,
            zone,
            as_of=as_of,
            kept_out=read_kept_out(settings.reports_dir, plan.service),
            spans=mine,
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
            lago,
            homes,
            billing,
            window,
            as_of=as_of,
            kept_out=kept_out,
            spans=spans,
            keep=side.add,
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
            odoo = settings.odoo()
            frames.append(odoo_evidence(odoo, plan.service, wanted))
    return pl.concat(frames)
