"""Coupons: invoices of subscriptions are lowered by them before tax, as they are posted."""

from decimal import ROUND_HALF_UP, Decimal

from odoo import fields
from odoo.fields import Command

from .parties import bills_orders, lines_of_link, links_of


def lower(moves) -> None:
    """Add the lines of their customers' coupons to draft invoices of subscriptions."""
    for move in moves:
        if move.state == "draft" and bills_orders(move):
            for link in links_of(move):
                _lower(move.sudo(), link)


def note_used(moves) -> None:
    """End the coupons that these invoices have used up."""
    moves.sudo().invoice_line_ids.x_fc_applied_coupon_id._note_used()


def share(amount: Decimal, parts: list[Decimal], step: Decimal) -> list[Decimal]:
    """Return an amount split in proportion to parts, in whole steps that add up to it.

    >>> share(Decimal("10.00"), [Decimal(1), Decimal(2)], Decimal("0.01"))
    [Decimal('3.33'), Decimal('6.67')]
    """
    total, done, shares = sum(parts), Decimal(0), []
    so_far = Decimal(0)
    for part in parts:
        so_far += part
        until = (amount * so_far / total).quantize(step, ROUND_HALF_UP)
        shares.append(until - done)
        done = until
    return shares


def _lower(move, link) -> None:
    lines = lines_of_link(move, link)
    if lines.x_fc_applied_coupon_id:
        return
    left = {line: _exact(line.price_subtotal) for line in lines if line.price_subtotal > 0}
    applied = link.env["fusion.billing.applied.coupon"].search(
        [("link_id", "=", link.id), ("terminated_at", "=", False)], order="id"
    )
    values = []
    for one in applied.sorted(lambda one: (_width(one.coupon_id), one.id)):
        if _is_amount(one) and one.currency_id != move.currency_id:
            continue
        values += _lines_for(one, left, move)
    if values:
        move.write({"invoice_line_ids": [Command.create(line) for line in values]})


def _width(coupon) -> int:
    """Return 0 for one that is limited to metrics, 1 to plans, 2 to nothing."""
    return 0 if coupon.metric_ids else 1 if coupon.plan_ids else 2


def _lines_for(applied, left: dict, move) -> list[dict]:
    """Return the lines of a coupon, one for each set of taxes, and take them off what is left."""
    mine = [line for line in left if left[line] > 0 and _covers(applied.coupon_id, line)]
    base = sum((left[line] for line in mine), Decimal(0))
    step = Decimal(1).scaleb(-move.currency_id.decimal_places)
    amount = min(_worth(applied, base, move).quantize(step, ROUND_HALF_UP), base)
    if amount <= 0:
        return []
    by_taxes = {}
    shares = share(amount, [left[line] for line in mine], step)
    for line, part in zip(mine, shares, strict=True):
        left[line] -= part
        key = (tuple(line.tax_ids.ids), line.account_id.id)
        by_taxes[key] = by_taxes.get(key, Decimal(0)) + part
    return [
        {
            "name": applied.coupon_id.name,
            "quantity": 1.0,
            "price_unit": -float(part),
            "account_id": account_id,
            "tax_ids": [Command.set(tax_ids)],
            "x_fc_link_id": applied.link_id.id,
            "x_fc_applied_coupon_id": applied.id,
        }
        for (tax_ids, account_id), part in by_taxes.items()
        if part
    ]


def _covers(coupon, line) -> bool:
    orders = line.sale_line_ids.order_id
    if coupon.metric_ids:
        ratings = line.env["fusion.billing.rating"].search(
            [("order_line_id", "in", line.sale_line_ids.ids)]
        )
        metrics = (metric._whole() for metric in ratings.metric_id)
        return any(metric in coupon.metric_ids for metric in metrics)
    return not coupon.plan_ids or bool(orders.x_fc_service_plan_id._sold() & coupon.plan_ids)


def _is_amount(applied) -> bool:
    return applied.coupon_id.coupon_type == "fixed_amount"


def _worth(applied, base: Decimal, move) -> Decimal:
    if not _is_amount(applied):
        return base * _exact(applied.percentage) / 100
    if applied.frequency == "once":
        return _exact(applied.amount_left)
    return max(_exact(applied.amount) - _taken(applied, move), Decimal(0))


def _taken(applied, move) -> Decimal:
    """Return what a coupon has taken off already of what would be one invoice in Lago.

    Lago invoices all subscriptions together whose periods end on a day, and the price of the last
    days together with what was used in them; an amount is taken off once.
    """
    lines = applied.line_ids.filtered(
        lambda line: (
            line.parent_state != "cancel"
            and line.move_id != move
            and line.move_id.move_type == "out_invoice"
            and _are_one(line.move_id, move)
        )
    )
    return -_exact(sum(lines.mapped("price_subtotal")))


def _are_one(one, other) -> bool:
    if any(_is_last(one, order) and _is_last(other, order) for order in _orders(one)):
        return True
    if _follows(one, other) or _follows(other, one):
        return True
    return _day(one) == _day(other) and not _begun(one) and not _begun(other)


def _is_last(move, order) -> bool:
    """Tell whether an invoice is of what an order that has ended left: usage, days in arrears."""
    lines = move.invoice_line_ids.sale_line_ids.filtered(lambda line: line.order_id == order)
    ended = order.x_fc_terminated_at
    if not lines or not ended or _day(move) < order._fc_day(ended):
        return False
    return order.x_fc_arrears or not any(lines.product_id.mapped("recurring_invoice"))


def _follows(first, last) -> bool:
    """Tell whether an invoice is the first on another plan, after what the plan before left."""
    return any(_is_last(last, order) for order in _begun(first).x_fc_previous_id)


def _begun(move):
    """Return the subscriptions of which it is the first invoice: Lago makes it by itself."""
    return _orders(move).filtered(lambda order: order.start_date == _day(move))


def _orders(move):
    return move.invoice_line_ids.sale_line_ids.order_id


def _day(move):
    return move.invoice_date or fields.Date.context_today(move)


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
