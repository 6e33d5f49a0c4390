"""Compare ledgers: match, explain, and put it all into one frame."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from zoneinfo import ZoneInfo

import polars as pl

from tasks.reconcile.causes.explain import explain
from tasks.reconcile.match.addons import aligned_addons
from tasks.reconcile.match.matched import matched_frame
from tasks.reconcile.match.threeway import match_three
from tasks.reconcile.source import Source


def compare(
    odoo: pl.DataFrame,
    external: pl.DataFrame,
    zone: ZoneInfo,
    *,
    source: Source | None = None,
    tolerances: Mapping[str, int] | None = None,
    evidence: pl.DataFrame | None = None,
) -> pl.DataFrame:
    """Return each line of the ledgers (``LEDGER_SCHEMA``) with its outcome and cause.

    Args:
        odoo: Odoo's lines; rounded to the currency's smallest unit, as an invoice does.
        external: The other side's, compared as they are held.
        zone: The company's time zone.
        source: What the terms say is due, and what the source says of its subscriptions.
        tolerances: See ``match``.
        evidence: See ``explain``.

    Returns:
        A frame of ``MATCHED_SCHEMA``; the order of the lines makes no difference to it.

    Raises:
        FatalError: An amount is no number.
    """
    source = source or Source()
    odoo, external, expected = aligned_addons(odoo, external, source.expected)
    source = replace(source, expected=expected)
    matching = match_three(odoo, external, source, zone, tolerances)
    return matched_frame(matching, explain(matching, zone, evidence, source), zone)
