"""A reconciliation as its report tells it: both ledgers matched, line by line, and explained."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import TYPE_CHECKING

from tasks.model.records import Finding, RuleStat

if TYPE_CHECKING:
    import polars as pl


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
    """What one currency of a run came to; amounts in its major unit, before tax.

    ``unexplained`` is the sum of the sizes of differences without a cause, so that a plus never
    hides a minus. ``covered`` and ``billed`` are sizes of external amounts: those that the model
    speaks of, and all. ``causes`` maps a cause to its rows and its share of the difference.
    """

    external: Decimal
    odoo: Decimal
    unexplained: Decimal
    covered: Decimal
    billed: Decimal
    causes: dict[str, tuple[int, Decimal]] = field(default_factory=dict)


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
class ReconcileReport:
    """All that a reconciliation's report tells; the page and the files are made from it alone.

    ``service`` is what was asked for (several codes are joined by commas), ``period_start`` and
    ``period_end`` the half-open range of period starts. ``tolerances`` give by currency how far
    two amounts may be apart and still match, in its major unit. ``sources`` has Odoo's side last.
    ``lines`` is the matched frame (``ledger.MATCHED_SCHEMA``), ``history`` former runs, oldest
    first. The other fields are those of ``RunReport``; ``links`` may also have
    ``odoo_reconciliation``, the list of these differences in Odoo.
    """

    flow: str
    run: str
    service: str
    source: str
    target: str
    company: str
    currency: str
    timezone: str
    dry_run: bool
    started_at: datetime
    finished_at: datetime
    state_name: str
    state_message: str
    exit_code: int
    period_start: datetime
    period_end: datetime
    tolerances: dict[str, Decimal]
    sources: tuple[LedgerSource, ...]
    lines: pl.DataFrame
    findings: tuple[Finding, ...]
    checks: tuple[RuleStat, ...]
    history: tuple[PastRun, ...] = ()
    timings: dict[str, float] = field(default_factory=dict)
    links: dict[str, str] = field(default_factory=dict)
    parameters: dict[str, str] = field(default_factory=dict)
