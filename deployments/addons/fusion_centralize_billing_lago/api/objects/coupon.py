"""Coupons, and those in customers' hands."""

from ..lago_id import lago_id
from .table import (
    CENTS,
    CREATED,
    FLAG,
    FREE,
    ID,
    MOMENT_,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    list_of,
    one_of,
    or_null,
)
from .values import PAID, cents, decimal_text, moment

TYPES = ("fixed_amount", "percentage")
FREQUENCIES = ("once", "recurring", "forever")
EXPIRATIONS = ("no_expiration", "time_limit")
STATUSES = ("active", "terminated")


def _is_amount(coupon) -> bool:
    return coupon.coupon_type == "fixed_amount"


def _amount(coupon) -> int | None:
    return cents(coupon.amount, coupon.currency_id) if _is_amount(coupon) else None


def _rate(coupon, percentage: float) -> str | None:
    return None if _is_amount(coupon) else decimal_text(percentage)


def _duration(record) -> int | None:
    return record.frequency_duration if record.frequency == "recurring" else None


COUPON = Table(
    "Coupon",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda coupon: coupon.name),
        "code": (TEXT, lambda coupon: coupon.code),
        "description": (TEXT_, lambda coupon: coupon.description or None),
        "coupon_type": (one_of(*TYPES), lambda coupon: coupon.coupon_type),
        "amount_cents": (or_null(CENTS), _amount),
        "amount_currency": (
            TEXT_,
            lambda coupon: coupon.currency_id.name if _is_amount(coupon) else None,
        ),
        "percentage_rate": (TEXT_, lambda coupon: _rate(coupon, coupon.percentage)),
        "frequency": (one_of(*FREQUENCIES), lambda coupon: coupon.frequency),
        "frequency_duration": (or_null(WHOLE), _duration),
        "reusable": (FLAG, lambda coupon: coupon.reusable),
        "limited_plans": (FLAG, lambda coupon: bool(coupon.plan_ids)),
        "plan_codes": (list_of(TEXT), lambda coupon: coupon.plan_ids.mapped("code")),
        "limited_billable_metrics": (FLAG, lambda coupon: bool(coupon.metric_ids)),
        "billable_metric_codes": (list_of(TEXT), lambda coupon: coupon.metric_ids.mapped("code")),
        "expiration": (
            one_of(*EXPIRATIONS),
            lambda coupon: "time_limit" if coupon.expiration_at else "no_expiration",
        ),
        "expiration_at": (MOMENT_, lambda coupon: moment(coupon.expiration_at)),
        "created_at": CREATED,
        "terminated_at": (MOMENT_, lambda coupon: moment(coupon.terminated_at)),
    },
    root="coupon",
    model="fusion.billing.coupon",
)


def credits_of_line(line, currency) -> dict:
    """Return Lago's credit of a line by which a coupon lowers an invoice."""
    applied, move = line.x_fc_applied_coupon_id, line.move_id
    paid = move.payment_state in PAID
    return {
        "lago_id": lago_id(line),
        "amount_cents": -cents(line.price_subtotal, currency),
        "amount_currency": currency.name,
        "before_taxes": True,
        "item": {
            "lago_item_id": lago_id(applied.coupon_id),
            "type": "coupon",
            "code": applied.coupon_id.code,
            "name": applied.coupon_id.name,
        },
        "invoice": {
            "lago_id": lago_id(move),
            "payment_status": "succeeded" if paid else "pending",
        },
    }


def _credits(applied) -> list[dict]:
    lines = applied.sudo().line_ids.filtered(lambda line: line.parent_state == "posted")
    return [credits_of_line(line, line.currency_id) for line in lines]


APPLIED_COUPON = Table(
    "AppliedCoupon",
    {
        "lago_id": (ID, lago_id),
        "lago_coupon_id": (ID, lambda applied: lago_id(applied.coupon_id)),
        "coupon_code": (TEXT, lambda applied: applied.coupon_id.code),
        "coupon_name": (TEXT, lambda applied: applied.coupon_id.name),
        "coupon_status": (
            one_of(*STATUSES),
            lambda applied: "terminated" if applied.coupon_id.terminated_at else "active",
        ),
        "coupon_deleted_at": (
            MOMENT_,
            lambda applied: (
                None if applied.coupon_id.active else moment(applied.coupon_id.write_date)
            ),
        ),
        "lago_customer_id": (ID, lambda applied: lago_id(applied.link_id)),
        "external_customer_id": (TEXT, lambda applied: applied.link_id.external_id),
        "status": (one_of(*STATUSES), lambda applied: applied.state),
        "amount_cents": (
            or_null(CENTS),
            lambda applied: (
                cents(applied.amount, applied.currency_id)
                if _is_amount(applied.coupon_id)
                else None
            ),
        ),
        "amount_cents_remaining": (
            or_null(CENTS),
            lambda applied: (
                cents(applied.amount_left, applied.currency_id)
                if _is_amount(applied.coupon_id) and applied.frequency == "once"
                else None
            ),
        ),
        "amount_currency": (
            TEXT_,
            lambda applied: applied.currency_id.name if _is_amount(applied.coupon_id) else None,
        ),
        "percentage_rate": (TEXT_, lambda applied: _rate(applied.coupon_id, applied.percentage)),
        "frequency": (one_of(*FREQUENCIES), lambda applied: applied.frequency),
        "frequency_duration": (or_null(WHOLE), _duration),
        "frequency_duration_remaining": (
            or_null(WHOLE),
            lambda applied: applied.times_left if applied.frequency == "recurring" else None,
        ),
        "expiration_at": (MOMENT_, lambda applied: moment(applied.coupon_id.expiration_at)),
        "created_at": CREATED,
        "terminated_at": (MOMENT_, lambda applied: moment(applied.terminated_at)),
        "credits": (list_of(FREE), _credits),
    },
    root="applied_coupon",
    model="fusion.billing.applied.coupon",
)
