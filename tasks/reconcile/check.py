"""The check of a reconciliation's sources: NexaCloud's invoices and their items."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasks.check.result import CheckResult
from tasks.check.run import check_rows
from tasks.model.source import Row

TABLE = "invoices"


def check_invoices(
    suspicious: Sequence[Row],
    orphans: Sequence[Row],
    *,
    invoices: int,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Name the rules that NexaCloud's invoices break.

    Args:
        suspicious: Facts on the invoices of which a rule has something to say.
        orphans: Facts on items of no invoice.
        invoices: All invoices that were looked through.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Returns:
        Findings keyed by the invoice's or item's id. An invoice that breaks a rule critical for
        the row has no ledger lines.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    rows = {TABLE: suspicious, "invoice_items": orphans}
    checked = check_rows(rows.items(), docs_dir=docs_dir, run_name=run_name)
    counted = tuple(
        replace(stat, checked=invoices) if stat.suite == TABLE else stat for stat in checked.checks
    )
    return replace(checked, checks=counted)
