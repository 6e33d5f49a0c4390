"""Add-ons of two ledgers, whose names no two systems spell alike."""

from __future__ import annotations

import polars as pl

from tasks.model.addons import addon_key, names_by_key

_PREFIX = "addon:"


def aligned_addons(odoo: pl.DataFrame, external: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame]:
    """Give the add-ons of both ledgers the names that Odoo has for them.

    Args:
        odoo: Lines of ``LEDGER_SCHEMA``.
        external: The same of the other side.
    """
    ours, theirs = _names(odoo), _names(external)
    spelt = names_by_key(theirs) | names_by_key(ours)
    renamed = {
        f"{_PREFIX}{name}": f"{_PREFIX}{spelt[addon_key(name)]}"
        for name in ours | theirs
        if name.strip()
    }
    changed = {old: new for old, new in renamed.items() if old != new}
    if not changed:
        return odoo, external
    item = pl.col("item").replace(changed)
    return odoo.with_columns(item), external.with_columns(item)


def _names(ledger: pl.DataFrame) -> set[str]:
    items = ledger["item"].unique()
    return {item.removeprefix(_PREFIX) for item in items if item.startswith(_PREFIX)}
