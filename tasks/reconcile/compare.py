"""Compare two ledgers: match, explain, and put it all into one frame."""

from __future__ import annotations

from collections.abc import Mapping
from zoneinfo import ZoneInfo

import polars as pl

from tasks.reconcile.causes.explain import explain
from tasks.reconcile.match.addons import aligned_addons
from tasks.reconcile.match.match import match
from tasks.reconcile.match.matched import matched_frame


def compare(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    zone: ZoneInfo,
    *,
    tolerances: Mapping[str, int] | None = None,
    evidence: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return each line of both ledgers (``LEDGER_SCHEMA``) with its outcome and cause.

    Args:
        odoo: Odoo's lines; rounded to the currency's smallest unit, as an invoice does.
        external: The other side's, compared as they are held.
        zone: The company's time zone.
        tolerances: See ``match``.
        evidence: See ``explain``.

    Returns:
        A frame of ``MATCHED_SCHEMA``; the order of the lines makes no difference to it.

    Raises:
        FatalError: An amount is no number.
    """
    matching = match(*aligned_addons(odoo, external), zone, tolerances).sorted()
    return matched_frame(matching, explain(matching, zone, evidence), zone)
