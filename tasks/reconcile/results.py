"""What a reconciliation found: both ledgers matched and explained, and how its run ends."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

import polars as pl

from tasks.model.end_state import EndState
from tasks.model.ledger import MICRO
from tasks.model.records import Finding, Outcome, RuleStat, Severity
from tasks.reconcile.figures import add_up
from tasks.reconcile.long_periods import LongPeriods
from tasks.reconcile.match.sides import minor_units

if TYPE_CHECKING:
    from collections.abc import Callable

    from tasks.check.result import CheckResult
    from tasks.reconcile.ledgers import Ledgers, OdooLedger
    from tasks.reconcile.pages import Compared
    from tasks.reconcile.window import ReconcileWindow
    from tasks.run.batches import Loaded


@dataclass(frozen=True, slots=True)
class LedgerSource:
    """One side's reading: ``origin`` is ``lago``, ``stripe``, ``nexacloud`` or ``odoo``.

    ``documents`` are the invoices read (orders for Odoo), None if they were not counted.
    ``lines`` were compared; ``kept_out`` could not be and stand in the findings. ``totals`` add
    ``lines`` up by currency as they were read: the comparison must foot to them, to the cent.
    ``note`` says in words how complete the reading is known to be; empty if there is nothing to
    say.
    """

    origin: str
    documents: int | None
    lines: int
    kept_out: int = 0
    note: str = ""
    totals: dict[str, Decimal] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class CurrencyFigures:
    """What one currency of a former run came to.

    ``unexplained`` is the sum of the sizes of differences without a cause, so that a plus never
    hides a minus; in the major unit, before tax. ``causes`` maps a cause to its rows.
    """

    unexplained: Decimal
    causes: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class PastRun:
    """A former run's figures, as its ``summary.json`` tells them."""

    run: str
    started_at: datetime
    service: str
    period_start: datetime
    period_end: datetime
    rows: int
    matched: int
    unexplained: int
    currencies: dict[str, CurrencyFigures]


@dataclass(frozen=True, slots=True)
class ReconcileResults:
    """All that a reconciliation's report is made of.

    ``period_start`` and ``period_end`` are the half-open range of period starts. ``tolerances``
    give by currency how far two amounts may be apart and still match, in its major unit.
    ``sources`` has Odoo's side last. ``lines`` is the comparison, ``history`` former runs, oldest
    first. ``long`` are the prices of periods longer than a month, compared apart: they are no part
    of ``lines``.
    """

    period_start: datetime
    period_end: datetime
    tolerances: dict[str, Decimal]
    sources: tuple[LedgerSource, ...]
    lines: Compared
    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    history: tuple[PastRun, ...]
    end: EndState
    long: LongPeriods = field(default_factory=LongPeriods)


def collect_results(
    lines: Compared,
    ledgers: Ledgers,
    *,
    long: LongPeriods,
    loaded: Loaded,
    checked: CheckResult | None,
    window: ReconcileWindow,
    history: tuple[PastRun, ...],
    end_of: Callable[..., EndState],
) -> ReconcileResults:
    """Gather what a reconciliation found, and decide how its run ends.

    Args:
        lines: The comparison.
        ledgers: What was read.
        long: The prices of periods longer than a month, compared.
        loaded: What Odoo answered to the differences.
        checked: How NexaCloud's invoices fared; None if they were not read.
        window: Which periods were compared.
        history: Former runs, oldest first.
        end_of: ``end_state`` for what the run was asked.
    """
    kept_out = _kept_out(checked)
    end = end_of(
        lines.sums,
        stopped=loaded.stopped,
        refused=[answer for answer in loaded.answers if answer.outcome is Outcome.FAILED],
        unrated=len(ledgers.odoo.failed),
        kept_out=kept_out,
    )
    return ReconcileResults(
        period_start=window.since,
        period_end=window.until,
        tolerances=_tolerances(lines.sums),
        sources=(*_external(lines.sums, ledgers, kept_out), _odoo(lines.sums, ledgers.odoo)),
        lines=lines,
        findings=checked.findings if checked else (),
        checks=checked.checks if checked else (),
        history=history,
        end=end,
        long=long,
    )


def _tolerances(sums: pl.DataFrame) -> dict[str, Decimal]:
    return {
        currency: Decimal(unit) / 2 / MICRO
        for currency, unit in sorted(minor_units(sums["currency"]).items())
    }


def _external(sums: pl.DataFrame, ledgers: Ledgers, kept_out: int) -> tuple[LedgerSource, ...]:
    nexacloud, lago = ledgers.nexacloud, ledgers.lago
    documents: dict[str, int] = dict(nexacloud.invoices) if nexacloud else {}
    notes: dict[str, str] = {}
    if nexacloud and nexacloud.void:
        notes = dict.fromkeys(
            documents, f"{nexacloud.void:,} void invoices and drafts are left out."
        )
    if lago:
        documents["lago"] = lago.invoices
        notes["lago"] = ". ".join(("Every invoice is the sum of its fees", *lago.notes)) + "."
    found: list[LedgerSource] = []
    for origin in sorted(documents):
        own = sums.filter(pl.col("external_origin") == origin)
        found.append(
            LedgerSource(
                origin=origin,
                documents=documents[origin],
                lines=int(own["external_lines"].sum()),
                # They have no lines, so their origin is not known here: the first one tells them.
                kept_out=kept_out if not found else 0,
                note=notes.get(origin, ""),
                totals=_totals(own, "external"),
            )
        )
    return tuple(found)


def _kept_out(checked: CheckResult | None) -> int:
    findings = checked.findings if checked else ()
    return len({each.key for each in findings if each.severity is Severity.CRITICAL_ROW})


def _odoo(sums: pl.DataFrame, odoo: OdooLedger) -> LedgerSource:
    return LedgerSource(
        origin="odoo",
        documents=odoo.orders,
        lines=int(sums["odoo_lines"].sum()),
        kept_out=len(odoo.failed),
        note=" ".join(filter(None, (_unrated(odoo), _switched(odoo)))),
        totals=_totals(sums, "odoo"),
    )


def _totals(sums: pl.DataFrame, side: str) -> dict[str, Decimal]:
    """Add up one side (``odoo`` or ``external``) by currency."""
    held = sums.filter(pl.col(f"{side}_lines") > 0)
    return {each.key[0]: getattr(each, side) for each in add_up(held, "currency")}


def _unrated(odoo: OdooLedger) -> str:
    if not odoo.failed:
        return ""
    first = odoo.failed[0]
    return (
        f"Odoo could not rate {len(odoo.failed):,} lines, so they are missing here; the first is"
        f" {first['metric']} of {first['subscription']}: {first['message']}"
    )


def _switched(odoo: OdooLedger) -> str:
    if not odoo.switched.height:
        return ""
    return (
        f"What Odoo alone bills of {odoo.switched.height:,} subscriptions since their cutover is"
        " left out."
    )
