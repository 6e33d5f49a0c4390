"""Why two sides tax the same amount differently, as far as it is known."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.ledger import Cause
from tasks.model.money import decimal_text
from tasks.reconcile.causes.unmatched import Explanation
from tasks.reconcile.source import Source


class Taxes:
    """Explains lines that differ in nothing but their tax."""

    def __init__(self, source: Source, rows: Sequence[Mapping[str, Any]]) -> None:
        asked = list({row["customer"] for row in rows})
        told = source.customers.filter(pl.col("customer").is_in(asked))
        self._customers = {
            (row["service"], row["customer"]): row for row in told.iter_rows(named=True)
        }

    def explain(self, row: Mapping[str, Any]) -> Explanation:
        """Explain one such line."""
        theirs, ours = (
            decimal_text(round(Decimal(row[f"{side}_tax_rate"]), 3))
            for side in ("external", "odoo")
        )
        why = self._why(row, Decimal(theirs), Decimal(ours))
        return Explanation(
            Cause.TAX_DIFFERS, f"Taxed at {theirs} % there and at {ours} % in Odoo{why}."
        )

    def _why(self, row: Mapping[str, Any], theirs: Decimal, ours: Decimal) -> str:
        customer = self._customers.get((row["service"], row["customer"]))
        if customer is None:
            return ""
        if customer["tax_exempt"]:
            wrong = "the other side" if theirs else "Odoo" if ours else ""
            return f": the customer is exempt, which {wrong} does not know" if wrong else ""
        where = ", ".join(filter(None, (customer["region"], customer["country"])))
        if not where:
            return ": no province or country of the customer is known"
        if not ours:
            return f": no fiscal position in Odoo taxes this customer of {where}"
        return f": the customer is of {where}; see the fiscal position that Odoo gives them"
