"""What usage and flat prices cost, exactly, and what they would cost under a wrong term."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from decimal import ROUND_CEILING, ROUND_HALF_UP, Decimal

from deployments.sample.rows import SECONDS_PER_HOUR, Plan

CENT = Decimal("0.01")
AMOUNT_STEP = Decimal("0.0001")
USD_PER_CAD = Decimal("0.73")
#: No price list, quota or tax gives this factor: nobody can explain it.
ODD_FACTOR = Decimal("1.08371")
RAISE = Decimal("3.00")


@dataclass(frozen=True, slots=True)
class Sold:
    """A price to pay: usage beyond a quota, or a flat price (then there is no quota).

    ``seconds`` is the usage billed, ``neighbor`` what was used in the records that end in the
    period, ``prorated`` the share of the period that is billed, ``factor`` what the amount
    is multiplied with at last.
    """

    rate: Decimal
    seconds: Decimal | None = None
    neighbor: Decimal = Decimal(0)
    quota: Decimal = Decimal(0)
    whole_hours: bool = False
    prorated: Decimal = Decimal(1)
    factor: Decimal = Decimal(1)
    added: Decimal = Decimal(0)
    currency: str = "CAD"

    @property
    def hours(self) -> Decimal:
        """Core-hours beyond the quota; 1 for a flat price."""
        if self.seconds is None:
            return Decimal(1)
        over = max(Decimal(0), self.seconds - self.quota) / SECONDS_PER_HOUR
        return over.to_integral_value(ROUND_CEILING) if self.whole_hours else over

    def amount(self, step: Decimal) -> Decimal:
        """The amount before tax, rounded half up to ``step``."""
        exact = self.hours * self.rate * self.prorated * self.factor
        if exact:
            exact += self.added
        return exact.quantize(step, ROUND_HALF_UP)


@dataclass(frozen=True, slots=True)
class Terms:
    """Quota in seconds, rate per core-hour and flat price of a plan for one cycle."""

    code: str
    quota: Decimal
    rate: Decimal
    price: Decimal


def terms_of(plan: Plan, cycle: str) -> Terms | None:
    """Read a plan's terms; None if it is not sold for the cycle or has no quota."""
    price, quota = plan.price_for(cycle), plan.cpu_seconds_quota
    if price is None or quota is None:
        return None
    return Terms(plan.code, quota, plan.hour_rate, price)


Wrong = Callable[[Sold], Sold]


def wrong_terms(
    cause: str, others: Sequence[Terms], tax: Decimal, share: Decimal
) -> Iterator[tuple[str, Wrong]]:
    """Yield each way of getting a price wrong for a cause, with a note that says which.

    Args:
        cause: A single cause.
        others: Terms of other plans.
        tax: The customer's tax rate, a share.
        share: Share of the period that a prorated price is for.
    """
    match cause:
        case "rate_rounded_to_cents":
            yield (
                "rate rounded to cents",
                lambda s: replace(s, rate=s.rate.quantize(CENT, ROUND_HALF_UP)),
            )
        case "quota_not_applied":
            yield "no quota", lambda s: replace(s, quota=Decimal(0))
        case "quota_differs":
            yield "half the quota", lambda s: replace(s, quota=s.quota / 2)
            yield "twice the quota", lambda s: replace(s, quota=s.quota * 2)
        case "block_rating":
            yield "started core-hours count whole", lambda s: replace(s, whole_hours=True)
        case "usage_missing":
            yield "usage never reached the bill", lambda s: replace(s, seconds=Decimal(0))
        case "usage_counted_twice":
            yield "usage counted twice", lambda s: replace(s, seconds=2 * (s.seconds or Decimal(0)))
        case "period_boundary":
            yield (
                "records are billed in the period in which they end",
                lambda s: replace(s, seconds=s.neighbor),
            )
        case "proration":
            yield f"{share:.4f} of the period", lambda s: replace(s, prorated=share)
        case "flat_price_differs":
            yield f"price {RAISE} too high", lambda s: replace(s, rate=s.rate + RAISE)
        case "plan_differs":
            for other in others:
                yield f"billed as plan {other.code}", _as_plan(other)
        case "tax_included":
            yield "tax included", lambda s: replace(s, factor=s.factor * (1 + tax))
        case "currency":
            yield (
                "billed in US dollars",
                lambda s: replace(s, factor=s.factor * USD_PER_CAD, currency="USD"),
            )
        case "rounding":
            yield "a cent less", lambda s: replace(s, added=-CENT)
        case _:
            yield "nobody knows why", lambda s: replace(s, factor=s.factor * ODD_FACTOR)


def _as_plan(other: Terms) -> Wrong:
    def sell(sold: Sold) -> Sold:
        if sold.seconds is None:
            return replace(sold, rate=other.price)
        return replace(sold, rate=other.rate, quota=other.quota)

    return sell
