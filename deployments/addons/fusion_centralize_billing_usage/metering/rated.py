"""What a period of a subscription costs, line by line, and what of it could not be rated."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from odoo.addons.fusion_centralize_billing.rating.numbers import plain

from .subscriptions import Subscription

#: What the missing part of a plan's minimum is called where metrics have their code.
MINIMUM = "minimum"


@dataclass(frozen=True, slots=True)
class RatedLine:
    """What one metric costs a subscription in one billing period, by one charge.

    ``charge`` is a charge of the plan, or its ``Commitment``. ``amount`` has 6 decimals at most,
    ``true_up`` is the part of it that only the charge's minimum adds; ``over`` tells that the
    period has ended.
    """

    subscription: Subscription
    charge: object
    start: datetime
    end: datetime
    over: bool
    units: Decimal
    included: Decimal
    overage_units: Decimal
    amount: Decimal
    true_up: Decimal
    explanation: str
    events_count: int = 0

    @property
    def due(self) -> bool:
        """Whether the line belongs on its order: the charge is live, and so is the order.

        A charge is shared by all who have its plan, shadows among them during a cutover:
        only the order says who is charged. What was used before the cutover is the old side's.
        """
        subscription = self.subscription
        return (
            self.over
            and subscription.live
            and bool(self.charge.plan_id)
            and (not subscription.usage_from or self.start >= subscription.usage_from)
        )

    @property
    def code(self) -> str:
        """The code of its metric."""
        return self.charge.metric_id.code or MINIMUM

    @property
    def cent(self) -> Decimal:
        """The least amount of its currency."""
        return Decimal(1).scaleb(-self.charge.currency_id.decimal_places)

    def answer(self) -> dict:
        """Return the line as JSON types; numbers are decimal texts."""
        return {
            "order_id": self.subscription.id,
            "external_id": self.subscription.external_id,
            "metric": self.code,
            "period_start": f"{self.start.isoformat()}Z",
            "period_end": f"{self.end.isoformat()}Z",
            "flat": self.subscription.flat,
            "units": plain(self.units),
            "included": plain(self.included),
            "overage_units": plain(self.overage_units),
            "amount": plain(self.amount),
            "currency": self.charge.currency_id.name,
            "explanation": self.explanation,
        }


@dataclass(frozen=True, slots=True)
class Page:
    """The rated lines of one page, and the answers for what could not be rated.

    ``window`` is the time in which the periods start. ``next_after_id`` is None after the last
    page. ``commitments`` are what is missing to minimums of plans, of periods that are over.
    """

    window: tuple[datetime, datetime]
    subscription_ids: list[int]
    lines: list[RatedLine]
    failed: list[dict]
    next_after_id: int | None
    commitments: list[RatedLine] = field(default_factory=list)


def failure(
    subscription: Subscription, metric: str, start: datetime, code: str, message: str
) -> dict:
    """Return the row of an answer for what could not be rated or billed."""
    return {
        "order_id": subscription.id,
        "external_id": subscription.external_id,
        "metric": metric,
        "period_start": f"{start.isoformat()}Z",
        "code": code,
        "message": message,
    }
