"""What else the source knows of whom it bills: which subscriptions ended, and what was kept out."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime

import polars as pl

from tasks.model.ledger import LEDGER_SCHEMA, MOMENT

#: One row for each subscription of the source. ``ended_at``: when the last of those that ended
#: under this id was over; null: none did. ``live_from``: when the one that runs began; null: none
#: runs. ``kept_out``: why a rule kept it out of Odoo, in words; empty if none is known.
SUBSCRIPTIONS_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "ended_at": MOMENT,
    "live_from": MOMENT,
    "kept_out": pl.String(),
}
#: One row for each customer: what decides on their tax. Texts are as the source spells them.
CUSTOMERS_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "customer": pl.String(),
    "country": pl.String(),
    "region": pl.String(),
    "tax_exempt": pl.Boolean(),
}
#: What the terms cannot price: an item of a subscription, or all of it (an empty item).
LEFT_OUT_SCHEMA: dict[str, pl.DataType] = {
    "service": pl.String(),
    "subscription": pl.String(),
    "item": pl.String(),
}


def _empty(schema: dict[str, pl.DataType]) -> pl.DataFrame:
    return pl.DataFrame(schema=schema)


@dataclass(frozen=True, slots=True)
class Source:
    """What the sources' own rows say.

    Attributes:
        expected: What is due by the terms (``LEDGER_SCHEMA``); services without rows are unknown.
        unpriced: Services of which some usage cannot be priced, and it is not told which.
        left_out: See ``LEFT_OUT_SCHEMA``.
        subscriptions: See ``SUBSCRIPTIONS_SCHEMA``.
        customers: See ``CUSTOMERS_SCHEMA``.
        unreadable: Service and id of customers of whom something that was billed cannot be read.
        not_final: By service, subscription and begin of a period: the number and the status of the
            invoice that has its price, and that is no bill.
    """

    expected: pl.DataFrame = field(default_factory=lambda: _empty(LEDGER_SCHEMA))
    unpriced: frozenset[str] = frozenset()
    left_out: pl.DataFrame = field(default_factory=lambda: _empty(LEFT_OUT_SCHEMA))
    subscriptions: pl.DataFrame = field(default_factory=lambda: _empty(SUBSCRIPTIONS_SCHEMA))
    customers: pl.DataFrame = field(default_factory=lambda: _empty(CUSTOMERS_SCHEMA))
    unreadable: frozenset[tuple[str, str]] = frozenset()
    not_final: Mapping[tuple[str, str, datetime], tuple[str, str]] = field(default_factory=dict)


def joined(sources: list[Source]) -> Source:
    """Put together what several services' sources say."""
    return Source(
        pl.concat([_empty(LEDGER_SCHEMA), *(each.expected for each in sources)]),
        frozenset().union(*(each.unpriced for each in sources)),
        pl.concat([_empty(LEFT_OUT_SCHEMA), *(each.left_out for each in sources)]),
        pl.concat([_empty(SUBSCRIPTIONS_SCHEMA), *(each.subscriptions for each in sources)]),
        pl.concat([_empty(CUSTOMERS_SCHEMA), *(each.customers for each in sources)]),
        frozenset().union(*(each.unreadable for each in sources)),
        {key: told for each in sources for key, told in each.not_final.items()},
    )


def of_pages(pages: list[Source]) -> Source:
    """Put together what the pages of one service say, whatever they are."""
    whole = joined(pages)
    return replace(
        whole,
        subscriptions=lives_of(whole.subscriptions),
        customers=whole.customers.sort("customer"),
    )


def lives_of(told: pl.DataFrame) -> pl.DataFrame:
    """Put together what several rows of ``SUBSCRIPTIONS_SCHEMA`` say of one subscription."""
    lives = told.group_by("service", "subscription", maintain_order=True).agg(
        pl.col("ended_at").max(),
        pl.col("live_from").max(),
        pl.col("kept_out").filter(pl.col("kept_out") != "").first().fill_null(""),
    )
    return lives.sort("subscription")
