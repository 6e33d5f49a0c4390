"""Fees: the lines of invoices, and usage that is rated but not invoiced yet."""

from datetime import timedelta
from decimal import Decimal

from ..lago_id import lago_id
from .plan import code_of
from .table import (
    CENTS,
    DECIMAL,
    FLAG,
    FREE,
    ID,
    ID_,
    MOMENT,
    MOMENT_,
    NUMBER,
    TEXT,
    TEXT_,
    WHOLE,
    Table,
    all_of,
    list_of,
    or_null,
)
from .tax import taxes_of_lines
from .values import cents, decimal_text, moment


def lines_of(move, service=None):
    """Return an invoice's lines with amounts: all, or those of one service, coupons among them."""
    lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    if service is None:
        return lines
    return lines.filtered(lambda line: service in services_of(line))


def services_of(line):
    """Return the services that an invoice's line is of: its orders', or that which asked for it."""
    return line.sale_line_ids.order_id.x_fc_service_id | line.x_fc_link_id.service_id


def lowers(line) -> bool:
    """Tell whether a line is a coupon, which lowers an invoice and is no fee."""
    return bool(line.x_fc_applied_coupon_id) or "discount" in line.sale_line_ids.mapped("x_fc_kind")


def fees_of_invoice(move, service) -> list[dict]:
    """Return the fees of an invoice that are the service's."""
    lines = lines_of(move, service).filtered(lambda line: not lowers(line))
    return [FEE.show(fee_of(line, service)) for line in lines]


def fee_of(line, service):
    """Return what the fee of an invoice's line is shown from."""
    rating = rating_of(line)
    return fee_of_rating(rating) if rating else LineFee(line, service)


def fee_of_rating(rating):
    """Return what the fee of a ``fusion.billing.rating`` is shown from."""
    return RatingFee(rating) if rating.metric_id else CommitmentFee(rating)


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
        self.record, self.order = rating, rating.subscription_id
        self.item = rating.metric_id._whole()
        self.link = self.order._fc_link()
        self.currency, self.charge = rating.currency_id, rating.charge_id._main()
        self.part = rating.charge_id if rating.charge_id.filter_of_id else rating.charge_id.browse()
        every = rating.order_line_id.invoice_lines
        self.line = every.filtered(lambda one: one.parent_state != "cancel")[:1]
        self.move = self.line.move_id
        self.precise, self.units = rating.amount, rating.units
        self.unit_price = rating.amount / rating.units if rating.units else 0.0
        self.description = rating.explanation
        self.start, self.end = rating.period_start, rating.period_end - timedelta(seconds=1)
        self.code, self.name = self.item.code, self.item.name
        self.shown = (self.charge.api_values or {}).get("invoice_display_name") or self.name
        self.amount = cents(rating.amount, self.currency)
        self.tax = _tax_cents(self.line, self.amount)


class CommitmentFee(RatingFee):
    """A rating without a metric: what was missing to the minimum of a plan."""

    kind, item_type = "commitment", "Subscription"

    def __init__(self, rating) -> None:
        super().__init__(rating)
        plan = self.order.x_fc_service_plan_id
        self.item, self.code, self.name = self.order, code_of(plan), plan.name
        self.shown = plan.minimum_name or rating.env._("Minimum commitment")
        self.units, self.unit_price = 1.0, rating.amount


class LineFee:
    """An invoice line of a service: the fee of a subscription, of an add-on, or of credits.

    Args:
        line: The ``account.move.line``.
        service: The ``fusion.billing.service`` that asks.
    """

    charge = part = None

    def __init__(self, line, service) -> None:
        self.record, self.move, self.currency = line, line.move_id, line.currency_id
        self.line = line
        orders = line.sale_line_ids.order_id
        self.order = orders.filtered(lambda one: one.x_fc_service_id == service)[:1]
        self.link = self.order._fc_link() or line.x_fc_link_id
        self.precise, self.unit_price = line.price_subtotal, line.price_unit
        self.units, self.description = line.quantity, line.name or None
        self.amount = cents(line.price_subtotal, self.currency)
        self.tax = cents(line.price_total, self.currency) - self.amount
        self.start = line.x_fc_period_start or None
        self.end = line.x_fc_period_end and line.x_fc_period_end - timedelta(seconds=1)
        self.kind, self.item_type, self.item, self.code, self.name = self._what(line)
        self.shown = self._shown() if self.kind == "subscription" else self.name

    def _shown(self) -> str:
        """Return how a subscription is called on invoices."""
        agreed = (self.order.x_fc_api_values or {}).get("plan", {}).get("invoice_display_name")
        listed = self.order.x_fc_service_plan_id._told("invoice_display_name")
        return self.order.client_order_ref or agreed or listed or self.name

    def _what(self, line) -> tuple:
        """Return kind, kind of item, item, its code and its name."""
        plan, product, add_on = (
            self.order.x_fc_service_plan_id,
            line.product_id,
            line.x_fc_add_on_id,
        )
        ordered = line.sale_line_ids[:1]
        if add_on:
            return "add_on", "AddOn", add_on, add_on.code, add_on.name
        if self.move.x_fc_kind == "credit":
            return "credit", "WalletTransaction", self.link, "credit", line.name
        if ordered.x_fc_kind == "fixed_charge":
            code = (ordered.x_fc_item or "").partition(":")[2] or product.default_code
            return "fixed_charge", "AddOn", product, code, ordered.name
        if product == plan.flat_product_id and self.order:
            return "subscription", "Subscription", self.order, code_of(plan), plan.name
        code = product.default_code or str(product.id or line.id)
        return "add_on", "AddOn", product or line, code, product.name or line.name


def _item(fee) -> dict:
    return {
        "type": fee.kind,
        "code": fee.code or "",
        "name": fee.name or "",
        "description": None,
        "invoice_display_name": fee.shown or "",
        "filters": fee.part._filter()["values"] if fee.part else None,
        "filter_invoice_display_name": fee.part._filter_name() if fee.part else None,
        "lago_item_id": lago_id(fee.item),
        "item_type": fee.item_type,
        "grouped_by": {},
    }


def payment_status_of(fee) -> str:
    """Return whether a fee is paid: told by its service, or with its invoice."""
    told = (fee.move.x_fc_api_values or {}).get("fees") or {} if fee.move else {}
    return told.get(lago_id(fee.record)) or ("succeeded" if _is_paid(fee) else "pending")


def _is_paid(fee) -> bool:
    return bool(fee.move) and fee.move.payment_state in ("paid", "in_payment")


def _paid_at(fee):
    return moment(fee.move.write_date) if payment_status_of(fee) == "succeeded" else None


def _precise_total(fee) -> str:
    rate = 1 + (Decimal(fee.tax) / fee.amount if fee.amount else Decimal(0))
    return decimal_text(Decimal(str(fee.precise)) * rate)


def _precise_cents(fee) -> str:
    return decimal_text(Decimal(str(fee.precise)).scaleb(fee.currency.decimal_places))


def _applied_taxes(fee) -> list[dict]:
    return taxes_of_lines(fee.link.service_id, fee.line) if fee.line and fee.link else []


FEE = Table(
    "Fee",
    {
        "lago_id": (ID, lambda fee: lago_id(fee.record)),
        "lago_charge_id": (ID_, lambda fee: lago_id(fee.charge) if fee.charge else None),
        "lago_charge_filter_id": (ID_, lambda fee: lago_id(fee.part) if fee.part else None),
        "lago_fixed_charge_id": (ID_, None),
        "lago_invoice_id": (ID_, lambda fee: lago_id(fee.move)),
        "lago_true_up_fee_id": (ID_, None),
        "lago_true_up_parent_fee_id": (ID_, None),
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
        "sub_total_excluding_taxes_precise_amount_cents": (DECIMAL, _precise_cents),
        "precise_coupons_amount_cents": (DECIMAL, "0.0"),
        "precise_total_amount": (DECIMAL, _precise_total),
        "taxes_precise_amount": (
            DECIMAL,
            lambda fee: decimal_text(Decimal(fee.tax).scaleb(-fee.currency.decimal_places)),
        ),
        "precise_amount": (DECIMAL, lambda fee: decimal_text(fee.precise)),
        "precise_unit_amount": (DECIMAL, lambda fee: decimal_text(fee.unit_price)),
        "units": (DECIMAL, lambda fee: decimal_text(fee.units)),
        "total_aggregated_units": (DECIMAL, lambda fee: decimal_text(fee.units)),
        "events_count": (WHOLE, 0),
        "pay_in_advance": (FLAG, False),
        "invoiceable": (FLAG, True),
        "payment_status": (TEXT, payment_status_of),
        "succeeded_at": (MOMENT_, _paid_at),
        "failed_at": (MOMENT_, None),
        "refunded_at": (MOMENT_, None),
        "event_transaction_id": (TEXT_, None),
        "self_billed": (FLAG, False),
        "description": (TEXT_, lambda fee: fee.description),
        "from_date": (MOMENT_, lambda fee: moment(fee.start)),
        "to_date": (MOMENT_, lambda fee: moment(fee.end)),
        "item": (
            all_of(
                {
                    "type": TEXT,
                    "code": TEXT,
                    "name": TEXT,
                    "description": TEXT_,
                    "invoice_display_name": TEXT,
                    "filters": or_null(FREE),
                    "filter_invoice_display_name": TEXT_,
                    "lago_item_id": ID_,
                    "item_type": TEXT,
                    "grouped_by": FREE,
                }
            ),
            _item,
        ),
        "created_at": (MOMENT, lambda fee: moment(fee.record.create_date)),
        "applied_taxes": (list_of(FREE), _applied_taxes),
    },
    root="fee",
)


def _tax_cents(line, amount: int) -> int:
    """Return the tax of a fee by the rate of its invoice line; none without an invoice."""
    if not line or not line.price_subtotal:
        return 0
    rate = line.price_total / line.price_subtotal - 1
    return round(amount * rate)
