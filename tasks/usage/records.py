"""Usage as it is metered: sums per deployment and billing period, and what became of each.

Billing periods are monthly for every subscription, also for yearly ones, because a plan's quota
is meant per month. A usage record belongs whole to the period that holds its start. Quantities
are seconds, to 6 decimals.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from tasks.model.records import Outcome
from tasks.model.spool import made_anew

#: Begins the key of each quantity in Odoo. There is one per deployment and period: the period's
#: start is the rest of it.
KEY_PREFIX = "metered:"
#: Deployment id and start of the billing period.
PeriodKey = tuple[str, datetime]
#: What Odoo holds of a period: its end and the quantity.
Stored = tuple[datetime, Decimal]


@made_anew
@dataclass(frozen=True, slots=True)
class UsageSum:
    """What NexaCloud measured of a deployment in one billing period.

    ``start`` and ``end`` are None for records that belong to no period of the subscription.
    ``seconds`` adds up the ``records`` that are good; ``quarantined`` ones count nowhere.
    ``ended``: the deployment was deleted or has no live subscription any more.
    """

    deployment_id: str | None
    known: bool
    ended: bool
    start: datetime | None
    end: datetime | None
    records: int
    quarantined: int
    seconds: Decimal

    @property
    def key(self) -> PeriodKey | None:
        """Deployment and start; None if it belongs to no period of a deployment."""
        if self.deployment_id is None or self.start is None:
            return None
        return self.deployment_id, self.start


@dataclass(frozen=True, slots=True)
class MeteredOrder:
    """An order in Odoo that usage can be metered into; ``name`` is the deployment's.

    ``first_day`` is that of its first billing period, None if the order has no start.
    """

    odoo_id: int
    deployment_id: str
    name: str
    created_at: datetime
    first_day: date | None = None


@made_anew
@dataclass(frozen=True, slots=True)
class Rated:
    """What Odoo says a period costs: quantities in seconds, ``amount`` before tax.

    ``billed`` tells that it stands on the order; otherwise it is a preview. ``flat`` is what the
    subscription costs besides, each time it recurs (a month or a year).
    """

    units: Decimal
    included: Decimal
    overage: Decimal
    amount: Decimal
    explanation: str
    billed: bool
    flat: Decimal = Decimal(0)


@dataclass(frozen=True, slots=True)
class UsageRow:
    """What became of a deployment's usage in one period.

    ``stored`` is the quantity that Odoo holds, None if it was not read back; ``rated`` is
    None if the period was not rated.
    """

    usage: UsageSum
    outcome: Outcome
    label: str = ""
    odoo_id: int | None = None
    stored: Decimal | None = None
    rated: Rated | None = None
    code: str | None = None
    reason: str | None = None
    remedy: str | None = None
