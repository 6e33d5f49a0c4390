"""An Odoo's ledger of a large tenant of Lago, made as it is asked for: what Lago billed, copied.

Of every twentieth customer the plan's price is another, and every hundredth was not copied.
"""

from __future__ import annotations

import json
from typing import Any

import polars as pl

from deployments.sample.lago.tenant.large import MARK
from tasks.model.ledger import LedgerLine

_COLUMNS = list(LedgerLine._fields[1:])
_FIRST = f"{0:08d}"
_DEARER, _ABSENT = 20, 100


class MirroredOdoo:
    """Answers what a reconciliation asks of Odoo's ledger."""

    def __init__(self, customers: int, lines: pl.DataFrame) -> None:
        """Take the lines of the first customer for everybody's.

        Args:
            customers: How many there are.
            lines: What is due of a tenant's customers (``LEDGER_SCHEMA``).
        """
        mine = lines.filter(pl.col("customer").str.contains(_FIRST, literal=True))
        rows = [_template(row) for row in mine.iter_rows(named=True)]
        self._customers, self._text = customers, json.dumps(rows)

    def ask(self, method: str, *_asked: Any, **paging: int) -> dict[str, Any]:
        """Answer ``ledger_lines``; of longer periods there are none."""
        page: dict[str, Any] = {"columns": _COLUMNS, "rows": [], "failed": [], "switched": []}
        first = paging["after_id"]
        end = min(first + paging["limit"], self._customers) if method == "ledger_lines" else first
        for number in range(first, end):
            if number % _ABSENT:
                page["rows"] += self._rows(number)
        return page | {"next_after_id": end if first < end < self._customers else None}

    def _rows(self, number: int) -> list[list[Any]]:
        rows: list[list[Any]] = json.loads(self._text.replace(MARK, f"{number:08d}"))
        if number % _DEARER == 1:
            for row in rows:
                if row[_COLUMNS.index("item")] == "flat":
                    row[_COLUMNS.index("amount")] = "45"
        return rows


def _template(row: dict[str, Any]) -> list[Any]:
    """Write one line of the first customer as Odoo tells it, with a mark for the number."""
    is_flat = row["item"] == "flat"
    terms = {"price": row["amount"], "cycle": "monthly"} if is_flat else _usage_terms()
    own = {
        "period_start": row["period_start"].isoformat(),
        "period_end": row["period_end"].isoformat(),
        "tax_rate": "13",
        "ref": "S" + _FIRST,
        "origin": "odoo",
        "terms": json.dumps({"plan_code": "studio", **terms}),
    }
    return [
        cell.replace(_FIRST, MARK) if isinstance(cell, str) else cell
        for cell in ((row | own)[name] for name in _COLUMNS)
    ]


def _usage_terms() -> dict[str, Any]:
    return {
        "charge_model": "standard",
        "included_quota": "0",
        "unit_batch": 1,
        "price_per_unit": "3",
    }
