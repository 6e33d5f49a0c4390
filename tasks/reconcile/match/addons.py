"""Add-ons of two ledgers, whose names no two systems spell alike."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import polars as pl

from tasks.model.addons import addon_key, names_by_key

_PREFIX = "addon:"


def aligned_addons(odoo: pl.DataFrame, *others: pl.DataFrame) -> tuple[pl.DataFrame, ...]:
    """Give the add-ons of all ledgers the names that Odoo has for them.

    Args:
        odoo: Lines of ``LEDGER_SCHEMA``.
        others: The same of the other sides, the one whose names count next first.
    """
    changed = spelling([names_of(ledger) for ledger in (odoo, *others)])
    return tuple(spelt(ledger, changed) for ledger in (odoo, *others))


def spelling(named: Sequence[set[str]]) -> dict[str, str]:
    """Say which items are renamed to what.

    Args:
        named: Names of add-ons by ledger, Odoo's first.
    """
    by_key: dict[str, str] = {}
    for names in reversed(named):
        by_key |= names_by_key(names)
    renamed = {
        f"{_PREFIX}{name}": f"{_PREFIX}{by_key[addon_key(name)]}"
        for name in set[str]().union(*named)
        if name.strip()
    }
    return {old: new for old, new in renamed.items() if old != new}


def spelt(ledger: pl.DataFrame, changed: Mapping[str, str]) -> pl.DataFrame:
    """Rename a ledger's items."""
    return ledger.with_columns(pl.col("item").replace(changed)) if changed else ledger


def names_of(ledger: pl.DataFrame) -> set[str]:
    """Return the names of a ledger's add-ons."""
    items = ledger["item"].unique()
    return {item.removeprefix(_PREFIX) for item in items if item.startswith(_PREFIX)}
