"""How subscriptions end: days that are paid and not used are credited, used ones are billed."""

from datetime import timedelta
from decimal import ROUND_HALF_UP, Decimal

from odoo import fields

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of

from . import credit_notes

SKIP = "skip"


def end_subscription(order, terms: dict, at=None, *, changed: bool = False) -> None:
    """End a subscription now, with its last invoice and its credit note.

    Args:
        order: The ``sale.order``; one that has not begun is canceled.
        terms: What to do: ``on_termination_invoice`` (generate, skip) and
            ``on_termination_credit_note`` (credit, refund, offset, skip).
        at: The moment; None: now.
        changed: It goes on, on another plan, whose day this one is already.
    """
    if order.x_fc_status != "active":
        order._fc_end()
        return
    at = at or fields.Datetime.now()
    if terms:
        order.x_fc_api_values = {**(order.x_fc_api_values or {}), **terms}
    live = order.state == "sale" and not order.x_fc_shadow
    first_free = order._fc_day(at) + timedelta(days=0 if changed else 1)
    if live and order.x_fc_arrears and terms.get("on_termination_invoice") != SKIP:
        order._fc_bill_until(first_free)
    order._fc_end(at)
    use = terms.get("on_termination_credit_note") or credit_notes.CREDIT
    if live and not order.x_fc_arrears and use != SKIP:
        credit_unused(order, first_free, use)


def settle_agreed_end(order) -> None:
    """Bill or credit the last days of a subscription whose agreed end has come.

    Of an end at midnight the day before is the last; else its own day is.

    Args:
        order: A live ``sale.order``; its end is noted as settled, and done once.
    """
    at = order.x_fc_ending_at
    first_free = day_of(at - timedelta(seconds=1), order._fc_zone()) + timedelta(days=1)
    terms = order.x_fc_api_values or {}
    use = terms.get("on_termination_credit_note") or credit_notes.CREDIT
    if not order.x_fc_arrears:
        if use != SKIP:
            credit_unused(order, first_free, use)
    elif terms.get("on_termination_invoice") != SKIP:
        billed_until = order.x_fc_billed_until
        if not billed_until or billed_until < first_free:
            order._fc_bill_until(first_free)
    order.x_fc_terminated_at = at


def credit_unused(order, first_free, use: str) -> None:
    """Credit the days from ``first_free`` on of an order's recurring prices that are invoiced."""
    zone = order._fc_zone()
    lines = order.order_line.invoice_lines.filtered(
        lambda line: (
            line.x_fc_period_end
            and line.parent_state == "posted"
            and line.move_id.move_type == "out_invoice"
            and day_of(line.x_fc_period_end, zone) > first_free
        )
    )
    for move, its_lines in lines.grouped("move_id").items():
        parts = {line: part for line in its_lines if (part := _unused(line, first_free, zone)) > 0}
        if parts:
            told = {"use": use, "reason": "order_change"}
            credit_notes.make(move, order._fc_link(), parts, told)


def _unused(line, first_free, zone: str) -> float:
    """Return what the days of a line that are not used cost, less what is credited already.

    Coupons have lowered the price of all days.
    """
    first, end = (day_of(moment, zone) for moment in (line.x_fc_period_start, line.x_fc_period_end))
    days, left = (end - first).days, (end - max(first, first_free)).days
    fee = Decimal(str(line.price_subtotal)) * (1 - _lowered(line))
    step = Decimal(1).scaleb(-line.currency_id.decimal_places)
    unused = (fee * left / days).quantize(step, ROUND_HALF_UP) if days > 0 else Decimal(0)
    rest = fee - Decimal(str(credit_notes.credited(line)))
    return float(min(unused, rest.quantize(step)))


def _lowered(line) -> Decimal:
    """Return which part of an invoice's fees its coupons took off."""
    lines = line.move_id.invoice_line_ids.filtered(lambda one: one.display_type == "product")
    coupons = lines.filtered("x_fc_applied_coupon_id")
    fees = Decimal(str(sum((lines - coupons).mapped("price_subtotal"))))
    taken = -Decimal(str(sum(coupons.mapped("price_subtotal"))))
    return taken / fees if fees else Decimal(0)
