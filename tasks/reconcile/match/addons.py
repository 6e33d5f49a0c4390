"""Add-ons of two ledgers, whose names no two systems spell alike."""

from __future__ import annotations

import polars as pl

from tasks.model.addons import addon_key, names_by_key

_PREFIX = "addon:"


def aligned_addons(odoo: pl.DataFrame, *others: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Give the add-ons of all ledgers the names that Odoo has for them.

    Args:
        odoo: Lines of ``LEDGER_SCHEMA``.
        others: The same of the other sides, the one whose names count next first.
    """
    named = [_names(ledger) for ledger in (odoo, *others)]
    spelt: dict[str, str] = {}
    for names in reversed(named):
        spelt |= names_by_key(names)
    renamed = {
        f"{_PREFIX}{name}": f"{_PREFIX}{spelt[addon_key(name)]}"
        for name in set[str]().union(*named)
        if name.strip()
    }
    changed = {old: new for old, new in renamed.items() if old != new}
    if not changed:
        return odoo, *others
    item = pl.col("item").replace(changed)
    return tuple(ledger.with_columns(item) for ledger in (odoo, *others))


def _names(ledger: pl.DataFrame) -> set[str]:
    items = ledger["item"].unique()
    return {item.removeprefix(_PREFIX) for item in items if item.startswith(_PREFIX)}
