"""NexaCloud's rows as its terms are read from them: frozen, and without what no price hangs on."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal

from tasks.model.ledger import LedgerLine


@dataclass(frozen=True, slots=True)
class PlanRow:
    """A plan as it is now: what it cost before a change of its price, no row tells.

    ``prices`` are by billing cycle, without those that are not sold. ``quota`` is in CPU seconds,
    ``rate`` per core-hour; None where the row has no number.
    """

    plan_id: str
    name: str
    code: str
    currency: str
    prices: Mapping[str, Decimal]
    quota: Decimal | None
    rate: Decimal | None


@dataclass(frozen=True, slots=True)
class SubscriptionRow:
    """A subscription; ``status`` and ``cycle`` are folded as the door to NexaCloud folds words.

    ``customer`` is None where there is no such user.
    """

    subscription_id: str
    customer: str | None
    plan_id: str | None
    status: str
    cycle: str
    started_at: datetime | None
    period_end: datetime | None
    canceled_at: datetime | None


@dataclass(frozen=True, slots=True)
class AddonRow:
    """An add-on as it is now; ``price`` by the month, None where the row has no number."""

    name: str | None
    price: Decimal | None


@dataclass(frozen=True, slots=True)
class UsageRow:
    """A usage record that no rule keeps out."""

    start: datetime
    seconds: Decimal


@dataclass(frozen=True, slots=True)
class DeploymentRows:
    """A deployment and all that hangs on it; ``deleted_at`` None: not told when, or not at all.

    ``is_known``: there is such a row; without one it is only what its subscriptions name.
    """

    subscriptions: Sequence[SubscriptionRow]
    addons: Sequence[AddonRow] = ()
    usage: Sequence[UsageRow] = ()
    is_deleted: bool = False
    deleted_at: datetime | None = None
    is_known: bool = True


@dataclass(frozen=True, slots=True)
class Told:
    """What only invoices tell: that something was prorated, or settled at an early end.

    Attributes:
        prorations: Lines of that name of the deployment's subscriptions.
        billed: Subscription, item and first day of what was billed to a subscription that has
            ended; an add-on by ``addon:`` and its key.
    """

    prorations: Sequence[LedgerLine] = ()
    billed: frozenset[tuple[str, str, date]] = field(default_factory=frozenset)
