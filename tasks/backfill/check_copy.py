"""The check after the load: what Odoo holds, against what it should hold."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from tasks.backfill.facts.readback import (
    charge_facts,
    count_facts,
    line_facts,
    order_facts,
)
from tasks.check.frames import rows_of, with_facts
from tasks.check.result import CheckResult
from tasks.check.run import check_rows
from tasks.model.source import Row

if TYPE_CHECKING:
    import pandas as pd

    Table = pd.DataFrame | tuple[Row, ...]


def check_readback(
    orders: Table,
    lines: Table,
    charges: Table,
    counts: Table,
    *,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Check the orders, charges and counts that were read back from Odoo.

    Args:
        orders: One row per shadow order in Odoo.
        lines: One row per line that a shadow order should have.
        charges: One row per charge in Odoo.
        counts: One row per entity, with the number expected and found.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Returns:
        Findings keyed by the order's external id (and its line's), the charge's plan code
        and the count's
        entity. Without a finding, the shadow is safe.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    tables = {
        "odoo_orders": orders,
        "odoo_lines": lines,
        "odoo_charges": charges,
        "odoo_counts": counts,
    }
    return check_rows(readback_tables(tables), docs_dir=docs_dir, run_name=run_name)


def readback_tables(tables: Mapping[str, Table]) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Put what the rules ask beside what was read back, by the suite's name."""
    for name, table in tables.items():
        rows = rows_of(table)
        yield name, with_facts(rows, _FACTS[name](rows))


_FACTS = {
    "odoo_orders": order_facts,
    "odoo_lines": line_facts,
    "odoo_charges": charge_facts,
    "odoo_counts": count_facts,
}
