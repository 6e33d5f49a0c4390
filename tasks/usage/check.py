"""The checks of a metering run: the usage records before the load, and Odoo's usage after it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from tasks.check.result import CheckResult
from tasks.check.run import check_rows
from tasks.model.source import Row

TABLE = "usage"


def check_usage(
    faults: Sequence[Row],
    *,
    records: int,
    table_rows: int,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Name the rules that the suspicious records break.

    Args:
        faults: Records with the facts that the rules look at; NexaCloud's database found them.
        records: All records that were looked through, suspicious or not.
        table_rows: Rows of the table, in or out of what was read.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Returns:
        Findings keyed by the record's id. What may be metered is not told here: it is
        already added up.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    rows = {
        "usage_table": [{"table": "usage_records", "records": table_rows}],
        TABLE: faults,
    }
    checked = check_rows(rows.items(), docs_dir=docs_dir, run_name=run_name)
    counted = tuple(
        replace(stat, checked=records) if stat.suite == TABLE else stat for stat in checked.checks
    )
    return replace(checked, checks=counted)


def check_metered(months: Sequence[Row], *, docs_dir: Path | None, run_name: str) -> CheckResult:
    """Check what Odoo holds and rates against what was measured, a row per month.

    Args:
        months: ``month``, and in CPU seconds ``measured``, ``stored`` and ``rated``.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    rows = [
        {
            **row,
            "stored_minus_measured": row["stored"] - row["measured"],
            "rated_minus_stored": row["rated"] - row["stored"],
        }
        for row in months
    ]
    return check_rows([("odoo_usage", rows)], docs_dir=docs_dir, run_name=run_name)
