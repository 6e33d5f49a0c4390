"""Compare both ledgers, with the usage behind the lines that need it."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

import polars as pl

from tasks.reconcile.causes.explain import evidence_needed, explain
from tasks.reconcile.match.footing import require_footing
from tasks.reconcile.match.match import match
from tasks.reconcile.match.matched import matched_frame
from tasks.reconcile.window import ReconcileWindow, contested, due, inside


def compare_ledgers(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    *,
    zone: ZoneInfo,
    window: ReconcileWindow,
    as_of: datetime,
    evidence_of: Callable[[pl.DataFrame], pl.DataFrame],
    switched: pl.DataFrame,
) -> pl.DataFrame:
    """Match and explain two ledgers; return what starts in the window.

    Args:
        odoo: Odoo's lines, also some around the window.
        external: The other side's.
        zone: The company's time zone.
        window: Which periods the run speaks of.
        as_of: Usage of periods that end later is left out: it grows still.
        evidence_of: Reads the usage that ``evidence_needed`` names.
        switched: From when on Odoo bills whom; see ``contested``.

    Raises:
        FatalError: An amount is no number, or the comparison does not foot.
    """
    odoo, external = due(odoo, as_of), due(external, as_of)
    matching = match(odoo, external, zone).sorted()
    needed = evidence_needed(matching)
    evidence = evidence_of(needed) if needed.height else None
    lines = matched_frame(matching, explain(matching, zone, evidence), zone)
    require_footing(lines, odoo, external)
    return contested(inside(lines, window), switched)
