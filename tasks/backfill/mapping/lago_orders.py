"""Lago's subscription -> one draft order."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from tasks.backfill.mapping.lago_lines import coupon_lines, fixed_lines
from tasks.backfill.mapping.lago_parts import Span, lines_differ, minimum_differs, span_of
from tasks.backfill.mapping.lago_plans import usage_cycle
from tasks.model.lago import LagoCoupon, LagoCustomer, LagoPlan, LagoSubscription
from tasks.model.lago_periods import prorated
from tasks.model.lago_support import kept_out
from tasks.model.money import minor_digits
from tasks.model.records import Order, OrderLine, Plan


@dataclass(frozen=True, slots=True)
class OrderContext:
    """What a subscription means beside its own words.

    Attributes:
        customer: Whose it is.
        zone: Name of the zone that Lago bills it in.
        company_zone: Name of the company's.
        read_at: When Lago was read.
        coupons: The customer's, those that are active.
        siblings: Their other live subscriptions.
        tax_codes: Of their taxes where nothing more specific has any; None: no code counts.
        first_started_at: When they first had this external id; None: with this subscription.
    """

    customer: LagoCustomer
    zone: str
    company_zone: str
    read_at: datetime
    coupons: Sequence[LagoCoupon] = ()
    siblings: Sequence[LagoSubscription] = ()
    tax_codes: tuple[str, ...] | None = None
    first_started_at: datetime | None = None


def map_lago_order(
    subscription: LagoSubscription, sold: LagoPlan, plan: Plan, context: OrderContext
) -> Order:
    """Map a live subscription and its plan, which may be one of its own.

    It is known by its external id, because usage and apps speak of that; of all that ever had
    the id only one lives.

    Args:
        subscription: Of Lago.
        sold: Its plan as Lago has it.
        plan: Its plan as it was mapped.
        context: What else decides.

    Raises:
        RecordError: Odoo would bill it otherwise than Lago; the rule is the construct's name.
    """
    first, read_at = context.first_started_at, context.read_at
    span = span_of(subscription, sold, context.zone, read_at, first)
    _refuse_unsupported(subscription, sold, context)
    if span.ends_on is not None and span.ends_on <= span.today:
        subject = f"Subscription {subscription.external_id}."
        raise kept_out(subscription.lago_id, "subscription_ended", subject)
    _refuse_unsettled_end(subscription, sold, span)
    if sold.commitment and span.ends_trial_after(span.running.start):
        raise kept_out(subscription.lago_id, "commitment_trial", f"Plan {sold.code}.")
    coming, anchor = span.unbilled(sold), span.rhythm.anchor
    is_calendar = subscription.billing_time == "calendar"
    [(cycle, price)] = plan.flat_prices.items()
    return Order(
        external_id=subscription.external_id,
        subscription_id=subscription.external_id,
        deployment_id=subscription.external_id,
        plan_id=plan.external_id,
        plan_code=plan.code,
        name=subscription.name or subscription.external_id,
        cycle=cycle,
        price=price,
        currency=plan.currency,
        started_on=span.started_on,
        period_start=max(span.running.start, span.started_on),
        period_end=coming.start if sold.is_in_advance else coming.end,
        lines=_lines(subscription, sold, price, context, span),
        billing_time="calendar" if is_calendar else "anniversary",
        anchor_on=None if is_calendar or anchor == span.started_on else anchor,
        in_advance=sold.is_in_advance,
        ends_on=span.ends_on,
        trial_ends_on=span.trial_ends_on,
        timezone=None if context.zone == context.company_zone else context.zone,
        tax_codes=sold.tax_codes or None,
        usage_cycle=usage_cycle(sold),
    )


def _refuse_unsupported(
    subscription: LagoSubscription, sold: LagoPlan, context: OrderContext
) -> None:
    key, customer = subscription.lago_id, context.customer
    subject = f"Subscription {subscription.external_id}."
    currency = customer.currency
    other = subscription.service
    for is_there, name in (
        (bool(other) and other != customer.service, "billing_entity_other"),
        (subscription.next_plan_code is not None, "plan_change_pending"),
        (currency is not None and currency != sold.currency, "currency_mixed"),
        (customer.is_taxed_elsewhere and any(_own_codes(sold)), "tax_service_codes"),
    ):
        if is_there:
            raise kept_out(key, name, subject)
    if subscription.unknown:
        raise kept_out(key, "unknown_field", f"{subject} {', '.join(subscription.unknown)}.")


def _refuse_unsettled_end(subscription: LagoSubscription, sold: LagoPlan, span: Span) -> None:
    """Refuse an end at which Lago gives back, or bills, less than what is left."""
    if span.ends_on is None:
        return
    keeps = sold.is_in_advance and span.ends_in_part and not subscription.is_credited_at_end
    is_behind = not sold.is_in_advance or bool(sold.charges)
    if keeps or (is_behind and not subscription.is_billed_at_end):
        subject = f"Subscription {subscription.external_id}."
        raise kept_out(subscription.lago_id, "ending_unsettled", subject)


def _own_codes(plan: LagoPlan) -> list[tuple[str, ...]]:
    """Give the tax codes of a plan and of all that it bills; empty ones are the customer's."""
    fixed = (each.tax_codes for each in plan.fixed_charges)
    own = [plan.tax_codes, *fixed, *(each.tax_codes for each in plan.charges)]
    return [*own, plan.commitment_tax_codes] if plan.commitment else own


def _is_taxed_alike(plan: LagoPlan, context: OrderContext) -> bool:
    """Say whether all that a plan bills has the same taxes, over which a coupon is spread."""
    if context.tax_codes is None:
        return True
    usual = plan.tax_codes or context.tax_codes
    return len({tuple(sorted(codes or usual)) for codes in _own_codes(plan)}) == 1


def _lines(
    subscription: LagoSubscription,
    sold: LagoPlan,
    price: Decimal,
    context: OrderContext,
    span: Span,
) -> tuple[OrderLine, ...]:
    fixed = tuple(fixed_lines(sold, subscription.lago_id))
    digits = minor_digits(sold.currency)
    # A percentage is taken of fees, each rounded.
    fees = (prorated(e.quantity * e.price, 1, 1, digits) for e in fixed)
    due = sum(fees, price)
    coupons = [each for each in context.coupons if _is_for(each, subscription.plan_code)]
    shared = any(_is_for(c, other.plan_code) for c in coupons for other in context.siblings)
    discounts = tuple(
        coupon_lines(
            coupons,
            sold,
            subscription,
            due=due,
            rhythm=span.rhythm,
            today=span.today,
            is_shared=shared,
        )
    )
    subject = f"Subscription {subscription.external_id}."
    if discounts and not _is_taxed_alike(sold, context):
        raise kept_out(subscription.lago_id, "coupon_taxes", subject)
    if lines_differ(sold, price, due - price, coupons, span) or minimum_differs(sold, span):
        raise kept_out(subscription.lago_id, "lines_in_part", subject)
    return (*fixed, *discounts)


def _is_for(coupon: LagoCoupon, plan_code: str) -> bool:
    return not coupon.plans or plan_code in coupon.plans
