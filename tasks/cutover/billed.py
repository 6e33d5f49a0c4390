"""What the old side bills now, and why some of it is not carried: asked at the moment of a cutover.

A subscription that the old side bills and Odoo would not keeps its customer back, by name.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks.backfill.check_lago import BILLED
from tasks.backfill.mapping.lago_customers import ACTIVE
from tasks.model.lago import LagoSubscription
from tasks.model.records import Outcome, SourceRow
from tasks.model.source import Row

Billed = dict[str, dict[str, str]]
"""By customer and subscription: why it is not carried, or "" where it is."""

_KEPT_OUT = frozenset({Outcome.QUARANTINED, Outcome.FAILED})


@dataclass(frozen=True, slots=True)
class KeptOut:
    """Why rows of the old side are not in Odoo, by table and id; ``parts`` by the order's id.

    ``billed`` says by customer what was billed to them and cannot be read.
    """

    rows: Mapping[tuple[str, str], str] = field(default_factory=dict)
    parts: Mapping[str, str] = field(default_factory=dict)
    billed: Mapping[str, str] = field(default_factory=dict)

    def reason(self, row: Mapping[str, Any]) -> str:
        """Say why a subscription, or what hangs on it, is not carried; "" if it is."""
        order = row["deployment_id"]
        places = (("subscriptions", row["id"]), ("deployments", order), ("users", row["user_id"]))
        for place in places:
            if place in self.rows:
                return self.rows[place]
        return self.parts.get(order) or self.billed.get(row["user_id"], "")


def kept_out(rows: Iterable[SourceRow]) -> KeptOut:
    """Gather what a backfill kept out, or Odoo refused."""
    found: dict[tuple[str, str], str] = {}
    parts: dict[str, str] = {}
    billed: dict[str, str] = {}
    for row in rows:
        if row.outcome in _KEPT_OUT:
            reason = row.reason or row.code or row.outcome.value
            if row.table in BILLED and row.customer:
                billed.setdefault(row.customer, reason)
            found[row.table, row.source_id] = reason
            if row.part_of:
                parts.setdefault(row.part_of, f"{row.label}: {reason}")
    return KeptOut(found, parts, billed)


def billed_by_nexacloud(subscriptions: Iterable[Row], out: KeptOut) -> Billed:
    """Sort NexaCloud's billed subscriptions by customer."""
    billed: Billed = {}
    for row in subscriptions:
        billed.setdefault(row["user_id"], {})[row["id"]] = out.reason(row)
    return billed


def billed_by_lago(
    subscriptions: Iterable[LagoSubscription],
    out: KeptOut,
    waiting: Mapping[tuple[str, str], str] | None = None,
) -> Billed:
    """Sort Lago's active subscriptions by customer; each is known by its external id.

    Args:
        subscriptions: Of Lago.
        out: What is not in Odoo.
        waiting: By customer and subscription why a switch would leave it in shadow.
    """
    billed: Billed = {}
    for each in subscriptions:
        if each.status == ACTIVE:
            names = {"deployment_id": each.external_id, "user_id": each.customer}
            reason = out.reason({"id": each.lago_id, **names})
            waits = (waiting or {}).get((each.customer, each.external_id), "")
            billed.setdefault(each.customer, {})[each.external_id] = reason or waits
    return billed
