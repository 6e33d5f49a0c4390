"""Coupons: invoices of subscriptions are lowered by them before tax, as they are posted."""

from decimal import ROUND_HALF_UP, Decimal

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
        values += _lines_for(one, left, move.currency_id)
    if values:
        move.write({"invoice_line_ids": [Command.create(line) for line in values]})


def _width(coupon) -> int:
    """Return 0 for one that is limited to metrics, 1 to plans, 2 to nothing."""
    return 0 if coupon.metric_ids else 1 if coupon.plan_ids else 2


def _lines_for(applied, left: dict, currency) -> list[dict]:
    """Return the lines of a coupon, one for each set of taxes, and take them off what is left."""
    mine = [line for line in left if left[line] > 0 and _covers(applied.coupon_id, line)]
    base = sum((left[line] for line in mine), Decimal(0))
    step = Decimal(1).scaleb(-currency.decimal_places)
    amount = min(_worth(applied, base).quantize(step, ROUND_HALF_UP), base)
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
    return not coupon.plan_ids or bool(orders.x_fc_service_plan_id & coupon.plan_ids)


def _is_amount(applied) -> bool:
    return applied.coupon_id.coupon_type == "fixed_amount"


def _worth(applied, base: Decimal) -> Decimal:
    if not _is_amount(applied):
        return base * _exact(applied.percentage) / 100
    once = applied.frequency == "once"
    return _exact(applied.amount_left if once else applied.amount)


def _exact(number: float) -> Decimal:
    return Decimal(str(number))
