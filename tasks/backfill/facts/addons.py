"""What the quality rules ask about the add-ons of deployments.

A fact of ``None`` means that its rule does not apply to the row; that is so for every fact
of an add-on with nothing left to bill.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from decimal import Decimal
from typing import Any

from tasks.backfill.facts.plans import decimal_places
from tasks.model.addons import addon_key
from tasks.model.source import Row, Source, out_of_scope
from tasks.model.texts import is_usable_key, said


def addon_facts(source: Source) -> Iterator[dict[str, Any]]:
    """Say what the rules need to know about each add-on, in reading order.

    ``addons_of_this_name`` counts those of its deployment, the add-on too, whatever the spelling;
    of no deployment there are none that belong together.
    """
    known = {row["id"] for row in source.deployments}
    ended = out_of_scope(source)["deployment_addons"]
    names = Counter(
        (row["deployment_id"], addon_key(row["name"]))
        for row in source.deployment_addons
        if said(row["name"])
    )
    return (
        dict.fromkeys(found) if row["id"] in ended else found
        for row in source.deployment_addons
        for found in (_facts(row, known, names),)
    )


def _facts(row: Row, known: set[str], names: Counter[tuple[str, str]]) -> dict[str, Any]:
    price: Decimal | None = row["price_monthly"]
    has_name = said(row["name"]) is not None
    return {
        "key_is_usable": is_usable_key(row["id"]),
        "addon_has_name": has_name,
        "addon_has_price": price is not None,
        "addon_price_is_zero_or_more": None if price is None else price.is_finite() and price >= 0,
        "addon_price_decimals": decimal_places(price),
        "addon_deployment_is_known": row["deployment_id"] in known,
        "addons_of_this_name": names[row["deployment_id"], addon_key(row["name"])]
        if has_name and row["deployment_id"] is not None
        else None,
    }
