"""Compare the three ledgers, with the usage behind the lines that need it."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from tasks.reconcile.causes.differing import evidence_needed
from tasks.reconcile.causes.explain import explain
from tasks.reconcile.match.addons import aligned_addons
from tasks.reconcile.match.footing import require_footing
from tasks.reconcile.match.matched import matched_frame
from tasks.reconcile.match.threeway import match_three
from tasks.reconcile.source import Source
from tasks.reconcile.window import ReconcileWindow, contested, due, inside


def compare_ledgers(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    *,
    zone: ZoneInfo,
    source: Source,
    window: ReconcileWindow,
    as_of: datetime,
    evidence_of: Callable[[pl.DataFrame], pl.DataFrame],
    switched: pl.DataFrame,
) -> pl.DataFrame:
    """Match and explain the ledgers; return what starts in the window.

    Args:
        odoo: Odoo's lines, also some around the window.
        external: The other side's.
        zone: The company's time zone.
        source: What is due by the terms, and what is known of whom.
        window: Which periods the run speaks of.
        as_of: Usage of periods that end later is left out: it grows still.
        evidence_of: Reads the usage that ``evidence_needed`` names.
        switched: From when on Odoo bills whom; see ``contested``.

    Raises:
        FatalError: An amount is no number, or the comparison does not foot.
    """
    aligned = aligned_addons(odoo, external, source.expected)
    odoo, external, expected = (due(ledger, as_of) for ledger in aligned)
    # Terms in a currency in which nobody bills are a fault of their row, and say nothing.
    spent = pl.concat([odoo["currency"], external["currency"]]).unique().implode()
    source = replace(source, expected=expected.filter(pl.col("currency").is_in(spent)))
    matching = match_three(odoo, external, source, zone)
    needed = evidence_needed(matching)
    evidence = evidence_of(needed) if needed.height else None
    lines = matched_frame(matching, explain(matching, zone, evidence, source), zone)
    require_footing(lines, odoo, external, source.expected)
    return contested(inside(lines, window), switched)
