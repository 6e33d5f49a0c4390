"""Fees: the lines of invoices, and usage that is rated but not invoiced yet."""

from datetime import timedelta

from ..lago_id import lago_id
from .table import (
    CENTS,
    DECIMAL,
    FLAG,
    ID,
    ID_,
    MOMENT,
    MOMENT_,
    NOTHING,
    NUMBER,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    all_of,
)
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
        fees.append(FEE.show(RatingFee(rating) if rating else LineFee(line, service)))
    return fees


def rating_of(line):
    """Return the billed rating that an invoice line charges, possibly empty."""
    ratings = line.env["fusion.billing.rating"]
    if not line.sale_line_ids:
        return ratings
    return ratings.search([("order_line_id", "in", line.sale_line_ids.ids)], limit=1)


class RatingFee:
    """A ``fusion.billing.rating``: the fee of a charge.

    A preview belongs to no invoice. A billed one belongs to the invoice of its order line,
    once there is one.
    """

    kind, item_type = "charge", "BillableMetric"

    def __init__(self, rating) -> None:
        self.record, self.order, self.item = rating, rating.subscription_id, rating.metric_id
        self.link = self.order._fc_link()
        self.currency, self.charge = rating.currency_id, rating.charge_id
        every = rating.order_line_id.invoice_lines
        self.line = every.filtered(lambda one: one.parent_state != "cancel")[:1]
        self.move = self.line.move_id
        self.precise, self.units = rating.amount, rating.units
        self.unit_price = rating.amount / rating.units if rating.units else 0.0
        self.description = rating.explanation
        self.start, self.end = rating.period_start, rating.period_end - timedelta(seconds=1)
        self.code, self.name = self.item.code, self.item.name
        self.amount = cents(rating.amount, self.currency)
        self.tax = _tax_cents(self.line, self.amount)


class LineFee:
    """An invoice line of a service: the fee of a subscription, or of an add-on.

    Args:
        line: The ``account.move.line``.
        service: The ``fusion.billing.service`` that asks.
    """

    charge = start = end = None

    def __init__(self, line, service) -> None:
        self.record, self.move, self.currency = line, line.move_id, line.currency_id
        orders = line.sale_line_ids.order_id
        self.order = orders.filtered(lambda one: one.x_fc_service_id == service)[:1]
        self.link = self.order._fc_link()
        self.precise, self.unit_price = line.price_subtotal, line.price_unit
        self.units, self.description = line.quantity, line.name or None
        self.amount = cents(line.price_subtotal, self.currency)
        self.tax = cents(line.price_total, self.currency) - self.amount
        plan, product = self.order.x_fc_service_plan_id, line.product_id
        if product == plan.flat_product_id:
            self.kind, self.item_type, self.item = "subscription", "Subscription", self.order
            self.code, self.name = plan.code, plan.name
        else:
            self.kind, self.item_type, self.item = "add_on", "AddOn", product
            self.code = product.default_code or str(product.id)
            self.name = product.name or line.name


def _item(fee) -> dict:
    return {
        "type": fee.kind,
        "code": fee.code or None,
        "name": fee.name or None,
        "invoice_display_name": fee.name or None,
        "lago_item_id": lago_id(fee.item),
        "item_type": fee.item_type,
    }


def _payment_status(fee) -> str:
    is_paid = bool(fee.move) and fee.move.payment_state in ("paid", "in_payment")
    return "succeeded" if is_paid else "pending"


FEE = Table(
    "Fee",
    {
        "lago_id": (ID, lambda fee: lago_id(fee.record)),
        "lago_charge_id": (ID_, lambda fee: lago_id(fee.charge) if fee.charge else None),
        "lago_invoice_id": (ID_, lambda fee: lago_id(fee.move)),
        "lago_subscription_id": (ID_, lambda fee: lago_id(fee.order)),
        "external_subscription_id": (
            TEXT_,
            lambda fee: fee.order._fc_public_id() if fee.order else None,
        ),
        "lago_customer_id": (ID_, lambda fee: lago_id(fee.link)),
        "external_customer_id": (TEXT_, lambda fee: fee.link.external_id or None),
        "amount_cents": (CENTS, lambda fee: fee.amount),
        "amount_currency": (TEXT, lambda fee: fee.currency.name),
        "taxes_amount_cents": (CENTS, lambda fee: fee.tax),
        "taxes_rate": (
            NUMBER,
            lambda fee: round(100 * fee.tax / fee.amount, 5) if fee.amount else 0.0,
        ),
        "total_amount_cents": (CENTS, lambda fee: fee.amount + fee.tax),
        "total_amount_currency": (TEXT, lambda fee: fee.currency.name),
        "sub_total_excluding_taxes_amount_cents": (CENTS, lambda fee: fee.amount),
        "precise_amount": (DECIMAL, lambda fee: decimal_text(fee.precise)),
        "precise_unit_amount": (DECIMAL, lambda fee: decimal_text(fee.unit_price)),
        "units": (DECIMAL, lambda fee: decimal_text(fee.units)),
        "total_aggregated_units": (DECIMAL, lambda fee: decimal_text(fee.units)),
        "events_count": (WHOLE, 0),
        "pay_in_advance": (FLAG, False),
        "invoiceable": (FLAG, True),
        "payment_status": (TEXT, _payment_status),
        "description": (TEXT_, lambda fee: fee.description),
        "from_date": (MOMENT_, lambda fee: moment(fee.start)),
        "to_date": (MOMENT_, lambda fee: moment(fee.end)),
        "item": (
            all_of(
                {
                    "type": TEXT,
                    "code": TEXT_,
                    "name": TEXT_,
                    "invoice_display_name": TEXT_,
                    "lago_item_id": ID_,
                    "item_type": TEXT,
                }
            ),
            _item,
        ),
        "created_at": (MOMENT, lambda fee: moment(fee.record.create_date)),
        "applied_taxes": (NOTHING, []),
    },
    root="fee",
    plural="fees",
)


def _tax_cents(line, amount: int) -> int:
    """Return the tax of a fee by the rate of its invoice line; none without an invoice."""
    if not line or not line.price_subtotal:
        return 0
    rate = line.price_total / line.price_subtotal - 1
    return round(amount * rate)
