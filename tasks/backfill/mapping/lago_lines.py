"""What an order of Lago's bills beside its plan: fixed charges, coupons."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import date
from decimal import Decimal

from tasks.model.errors import FusionError, RecordError
from tasks.model.lago import LagoCoupon, LagoFixedCharge, LagoPlan, LagoSubscription
from tasks.model.lago_periods import Rhythm, prorated
from tasks.model.lago_prices import is_price, is_quantity, read_prices
from tasks.model.lago_support import kept_out
from tasks.model.money import minor_digits
from tasks.model.rating.charge import RatedCharge
from tasks.model.rating.outcome import rate
from tasks.model.records import OrderLine

ONE = Decimal(1)


def fixed_lines(plan: LagoPlan, key: str) -> Iterator[OrderLine]:
    """Yield the lines of a plan's fixed charges.

    Args:
        plan: As Lago has it.
        key: Lago's id of the subscription, for a refusal.

    Raises:
        RecordError: One of them is due otherwise than Odoo would bill it.
    """
    for fixed in plan.fixed_charges:
        subject = f"Plan {plan.code}, the fixed charge {fixed.code}."
        if fixed.unknown:
            raise kept_out(key, "unknown_field", f"{subject} {', '.join(fixed.unknown)}.")
        if fixed.is_in_advance != plan.is_in_advance:
            raise kept_out(key, "fixed_charge_timing", subject)
        if plan.fixed_charges_monthly and plan.interval != "monthly":
            raise kept_out(key, "fixed_charge_cycle", subject)
        quantity, price = _fixed_price(fixed, key, subject, minor_digits(plan.currency))
        if quantity:
            yield OrderLine(
                external_id=f"fixed:{fixed.code}",
                item=f"fixed:{fixed.add_on}",
                kind="fixed_charge",
                name=fixed.name,
                quantity=quantity,
                price=price,
                tax_codes=fixed.tax_codes or None,
            )


def coupon_lines(
    coupons: Sequence[LagoCoupon],
    plan: LagoPlan,
    subscription: LagoSubscription,
    *,
    due: Decimal,
    rhythm: Rhythm,
    today: date,
    is_shared: bool,
) -> Iterator[OrderLine]:
    """Yield the negative lines of the coupons that a subscription has.

    Args:
        coupons: Those of its customer that are active and for its plan.
        plan: As Lago has it.
        subscription: The one that is billed.
        due: What is due in every period whatever is used: price and fixed charges.
        rhythm: How its periods follow each other.
        today: Day on which Lago was read, in the zone that it bills in.
        is_shared: Whether another live subscription of the customer has them too.

    Raises:
        RecordError: They lower something else than what is due in every period.
    """
    key = subscription.lago_id
    whole = sum((coupon.amount or Decimal(0) for coupon in coupons), Decimal(0))
    for coupon in coupons:
        subject = f"The customer's coupon {coupon.code}."
        if coupon.fault is not None:
            raise kept_out(key, "coupon_unreadable", f"{subject} It {coupon.fault}.")
        if coupon.unknown:
            raise kept_out(key, "unknown_field", f"{subject} {', '.join(coupon.unknown)}.")
        several = len(coupons) > 1 and any(each.percent is not None for each in coupons)
        for is_there, name in (
            (coupon.plans is None or coupon.metrics is None, "coupon_unreadable"),
            (bool(coupon.metrics), "coupon_metric"),
            (is_shared, "coupon_several_subscriptions"),
            (several, "coupon_several"),
            (coupon.amount is not None and coupon.currency != plan.currency, "coupon_currency"),
            (bool(coupon.amount) == bool(coupon.percent), "coupon_unreadable"),
            (min(coupon.amount or 0, coupon.percent or 0) < 0, "coupon_unreadable"),
            (coupon.percent is not None and bool(plan.charges), "coupon_percent_usage"),
            (coupon.percent is not None and bool(plan.commitment), "coupon_percent_usage"),
            (whole > due or (coupon.percent or 0) > 100, "coupon_above_price"),
            (_has_no_end_of_period(coupon, plan, subscription), "coupon_end"),
        ):
            if is_there:
                raise kept_out(key, name, subject)
        yield OrderLine(
            external_id=f"discount:{coupon.code}",
            item=f"discount:{coupon.code}",
            kind="discount",
            name=coupon.name,
            quantity=ONE,
            price=-_taken_off(coupon, due, plan.currency),
            ends_on=_end(coupon, plan, rhythm, today),
        )


def _has_no_end_of_period(
    coupon: LagoCoupon, plan: LagoPlan, subscription: LagoSubscription
) -> bool:
    # Lago lowers each invoice, also those at thresholds.
    if coupon.expires_at is not None or "usage_thresholds" in (*plan.in_app, *subscription.in_app):
        return True
    # So it does those of the months between two prices of the plan.
    is_monthly = plan.charges_monthly or plan.fixed_charges_monthly
    if is_monthly and plan.interval != "monthly":
        return True
    return coupon.frequency != "forever" and coupon.remaining is None


def _taken_off(coupon: LagoCoupon, due: Decimal, currency: str) -> Decimal:
    if coupon.amount is not None:
        return coupon.amount
    percent = coupon.percent or Decimal(0)
    return prorated(due * percent / 100, 1, 1, minor_digits(currency))


def _end(coupon: LagoCoupon, plan: LagoPlan, rhythm: Rhythm, today: date) -> date | None:
    """Give the first day without it: that of the period after the last invoice that it lowers."""
    if coupon.frequency == "forever":
        return None
    # The next invoice is that of the next period, or, of arrears, of this one.
    first = 1 if plan.is_in_advance else 0
    return rhythm.after(rhythm.period_at(today), first + (coupon.remaining or 0)).start


def _fixed_price(
    fixed: LagoFixedCharge, key: str, subject: str, digits: int
) -> tuple[Decimal, Decimal]:
    """Give the quantity and the price of a fixed charge.

    Tiers are summed up to one price; so is what Odoo cannot hold as units and price of a unit:
    Lago rounds the whole to subunits, of which there are ``digits``.
    """
    try:
        priced = read_prices(fixed.model, fixed.properties, None)
        if priced.unknown:
            raise kept_out(key, "unknown_field", f"{subject} {', '.join(priced.unknown)}.")
        if priced.refused:
            raise kept_out(key, priced.refused, subject)
        if fixed.model == "standard":
            total = fixed.units * priced.price
            if is_price(priced.price) and is_quantity(fixed.units):
                return fixed.units, priced.price
        else:
            terms = RatedCharge(fixed.model, unit_batch=int(priced.batch), tiers=priced.tiers)
            total = rate(terms, fixed.units).amount
    except RecordError:
        raise
    except (KeyError, TypeError, ValueError, ArithmeticError, FusionError):
        raise kept_out(key, "charge_terms", subject) from None
    price = prorated(max(total, Decimal(0)), 1, 1, digits)
    if not is_price(price):
        raise kept_out(key, "amount_too_large", subject)
    return ONE if price else Decimal(0), price
