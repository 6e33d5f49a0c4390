"""Read both sides of a reconciliation from the systems that the settings name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

import polars as pl

from tasks.clients.lago.billing import read_billing
from tasks.model.ledger import ledger_frame
from tasks.reconcile.causes.explain import EVIDENCE_SCHEMA
from tasks.reconcile.ledger_lago import billing_lines, left_out
from tasks.reconcile.read_nexacloud import (
    NexaCloudLedger,
    nexacloud_evidence,
    nexacloud_ledger,
)
from tasks.reconcile.read_odoo import OdooLedger, odoo_evidence, odoo_ledger
from tasks.reconcile.sources import NEXACLOUD, SourcePlan
from tasks.reconcile.window import ReconcileWindow
from tasks.run.settings import load_settings


@dataclass(frozen=True, slots=True)
class LagoLedger:
    """Lago's lines of some services, the invoices that they are of, and how the reading went."""

    lines: pl.DataFrame
    invoices: int
    notes: tuple[str, ...]


def read_odoo(services: Sequence[str], window: ReconcileWindow) -> OdooLedger:
    """Read Odoo's ledger of some services.

    Raises:
        ConfigError: Odoo is not there, or its addon is too old.
        RetryableError: It cannot be reached now.
    """
    odoo = load_settings().odoo()
    found = [odoo_ledger(odoo, service, window) for service in services]
    return OdooLedger(
        pl.concat(each.lines for each in found),
        sum(each.orders for each in found),
        tuple(row for each in found for row in each.failed),
        pl.concat(each.switched for each in found),
    )


def read_nexacloud(plan: SourcePlan, window: ReconcileWindow) -> NexaCloudLedger:
    """Read NexaCloud's invoices from one snapshot.

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    settings = load_settings()
    with settings.nexacloud() as source:
        source.check_schema()
        return nexacloud_ledger(
            source, plan.service, window, settings.timezone, plan.nexacloud_origins
        )


def read_lago(services: Sequence[str], window: ReconcileWindow) -> LagoLedger:
    """Read what Lago billed; it tells all of its services at once.

    Raises:
        ConfigError: Lago is not there, or refuses the key.
        RetryableError: It cannot be reached now, or its data do not stand still.
    """
    settings = load_settings()
    billing = read_billing(settings.lago())
    lines = [
        line for service in services for line in billing_lines(service, billing, settings.timezone)
    ]
    frame = ledger_frame(lines).filter(
        pl.col("period_start").is_between(window.read_from, window.read_until, "left")
    )
    void = sum(sum(left_out(service, billing).values()) for service in services)
    notes = [*billing.notes]
    if void:
        notes.append(f"{void:,} invoices that are no bill (draft, void, failed) are left out")
    return LagoLedger(frame, frame["ref"].n_unique(), tuple(notes))


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
