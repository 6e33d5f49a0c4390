"""The external side of a reconciliation: what all sources hold, in one ledger."""

from __future__ import annotations

import polars as pl

from tasks.model.ledger import LEDGER_SCHEMA
from tasks.reconcile.read import LagoLedger
from tasks.reconcile.read_nexacloud import NexaCloudLedger


def external_lines(nexacloud: NexaCloudLedger | None, lago: LagoLedger | None) -> pl.DataFrame:
    """Put together the lines of the sources that were asked."""
    frames = [side.lines for side in (nexacloud, lago) if side is not None]
    return pl.concat([pl.DataFrame(schema=LEDGER_SCHEMA), *frames])
