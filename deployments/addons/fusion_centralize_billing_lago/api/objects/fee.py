"""Fees: the lines of invoices, and usage that is rated but not invoiced yet."""

from datetime import timedelta

from ..lago_id import lago_id
from .values import cents, decimal_text, moment


def lines_of(move, service=None):
    """Return an invoice's lines with amounts: all, or those of one service."""
    lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    if service is None:
        return lines
    return lines.filtered(lambda line: service in line.sale_line_ids.order_id.x_fc_service_id)


def fees_of_invoice(move, service) -> list[dict]:
    """Return the fees of an invoice that are the service's."""
    fees = []
    for line in lines_of(move, service):
        rating = rating_of(line)
        fees.append(fee_of_rating(rating) if rating else fee_of_line(line, service))
    return fees


def rating_of(line):
    """Return the billed rating that an invoice line charges, possibly empty."""
    ratings = line.env["fusion.billing.rating"]
    if not line.sale_line_ids:
        return ratings
    return ratings.search([("order_line_id", "in", line.sale_line_ids.ids)], limit=1)


def fee_of_rating(rating) -> dict:
    """Return a ``fusion.billing.rating`` as Lago's ``fee`` of a charge.

    A preview belongs to no invoice. A billed one belongs to the invoice of its order line,
    once there is one.
    """
    currency, metric = rating.currency_id, rating.metric_id
    order = rating.subscription_id
    line = rating.order_line_id.invoice_lines.filtered(lambda one: one.parent_state != "cancel")[:1]
    amount = cents(rating.amount, currency)
    tax = _tax_cents(line, amount)
    unit_price = rating.amount / rating.units if rating.units else 0.0
    return {
        **_fee(rating, order, line.move_id, currency, amount, tax),
        "lago_charge_id": lago_id(rating.charge_id),
        "precise_amount": decimal_text(rating.amount),
        "precise_unit_amount": decimal_text(unit_price),
        "units": decimal_text(rating.units),
        "total_aggregated_units": decimal_text(rating.units),
        "description": rating.explanation,
        "from_date": moment(rating.period_start),
        "to_date": moment(rating.period_end - timedelta(seconds=1)),
        "item": _item("charge", metric.code, metric.name, lago_id(metric), "BillableMetric"),
    }


def fee_of_line(line, service) -> dict:
    """Return an invoice line of a service as Lago's ``fee``: of a subscription, or an add-on."""
    move, currency = line.move_id, line.currency_id
    order = line.sale_line_ids.order_id.filtered(lambda one: one.x_fc_service_id == service)[:1]
    plan = order.x_fc_service_plan_id
    amount = cents(line.price_subtotal, currency)
    tax = cents(line.price_total, currency) - amount
    if line.product_id == plan.flat_product_id:
        item = _item("subscription", plan.code, plan.name, lago_id(order), "Subscription")
    else:
        product = line.product_id
        code = product.default_code or str(product.id)
        item = _item("add_on", code, product.name or line.name, lago_id(product), "AddOn")
    return {
        **_fee(line, order, move, currency, amount, tax),
        "lago_charge_id": None,
        "precise_amount": decimal_text(line.price_subtotal),
        "precise_unit_amount": decimal_text(line.price_unit),
        "units": decimal_text(line.quantity),
        "total_aggregated_units": decimal_text(line.quantity),
        "description": line.name or None,
        "from_date": None,
        "to_date": None,
        "item": item,
    }


def _fee(record, order, move, currency, amount: int, tax: int) -> dict:
    """Return what fees of both kinds have alike."""
    link = order._fc_link()
    paid = move.payment_state in ("paid", "in_payment") if move else False
    return {
        "lago_id": lago_id(record),
        "lago_invoice_id": lago_id(move),
        "lago_subscription_id": lago_id(order),
        "external_subscription_id": order._fc_public_id() if order else None,
        "lago_customer_id": lago_id(link),
        "external_customer_id": link.external_id or None,
        "amount_cents": amount,
        "amount_currency": currency.name,
        "taxes_amount_cents": tax,
        "taxes_rate": round(100 * tax / amount, 5) if amount else 0.0,
        "total_amount_cents": amount + tax,
        "total_amount_currency": currency.name,
        "sub_total_excluding_taxes_amount_cents": amount,
        "events_count": 0,
        "pay_in_advance": False,
        "invoiceable": True,
        "payment_status": "succeeded" if paid else "pending",
        "created_at": moment(record.create_date),
        "applied_taxes": [],
    }


def _item(kind: str, code, name, item_id, item_type: str) -> dict:
    return {
        "type": kind,
        "code": code or None,
        "name": name or None,
        "invoice_display_name": name or None,
        "lago_item_id": item_id,
        "item_type": item_type,
    }


def _tax_cents(line, amount: int) -> int:
    """Return the tax of a fee by the rate of its invoice line; none without an invoice."""
    if not line or not line.price_subtotal:
        return 0
    rate = line.price_total / line.price_subtotal - 1
    return round(amount * rate)
