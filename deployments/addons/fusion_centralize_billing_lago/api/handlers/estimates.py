"""What events would cost, without being sent."""

from decimal import Decimal

from odoo.addons.fusion_centralize_billing_usage.metering.subscriptions import subscriptions_of

from ..call import Call
from ..errors import NotFoundError
from ..filters import met, spelled
from ..finding import find_subscription
from ..inputs import Free, Listing, Shape, Text, Timestamp
from ..lago_id import lago_id
from ..objects import FREE, all_of, list_of
from ..objects.values import cents, decimal_text
from ..routing import route

VALUES = Shape(
    {
        "code": Text(),
        "external_subscription_id": Text(200),
        "properties": Free(20_000),
        "transaction_id": Text(),
        "timestamp": Timestamp(),
    },
    mandatory=("code", "external_subscription_id"),
)
ANSWER = all_of({"fees": list_of(FREE)})


@route("POST", "/events/estimate_fees", ANSWER, body=VALUES, root="event", faults=(404,))
def estimate(call: Call) -> dict:
    """What an event would be charged at once: nothing, charges are due with their period."""
    event = call.body()
    find_subscription(call, event["external_subscription_id"], "active")
    _metric(call, event["code"])
    return {"fees": []}


@route("POST", "/events/estimate_instant_fees", ANSWER, body=VALUES, root="event", faults=(404,))
def estimate_instant(call: Call) -> dict:
    """What an event by itself would cost, by the charges of the subscription's plan."""
    return {"fees": _fees(call, call.body())}


@route(
    "POST",
    "/events/batch_estimate_instant_fees",
    ANSWER,
    body=Listing(VALUES, 100),
    root="events",
    faults=(404,),
)
def estimate_instants(call: Call) -> dict:
    """What events would cost, each by itself."""
    return {"fees": [fee for event in call.body() for fee in _fees(call, event)]}


def _metric(call: Call, code: str):
    metric = call.env["fusion.billing.metric"]._by_code(call.service).get(code)
    if not metric:
        raise NotFoundError("billable_metric")
    return metric


def _fees(call: Call, event: dict) -> list[dict]:
    order = find_subscription(call, event["external_subscription_id"], "active")
    metric = _metric(call, event["code"])
    (subscription,) = subscriptions_of(call.env, call.service, [order.id])
    charges = order.x_fc_service_plan_id._main_charges().filtered(
        lambda one: one.metric_id._whole() == metric
    )
    parts = [_part(charge, event.get("properties") or {}) for charge in charges if subscription]
    return [_fee(order, part, event) for part in parts]


def _part(charge, properties: dict):
    """Return what prices an event: the filter that it meets with most properties, or the charge."""
    listed = charge.metric_id._whole().filters or []
    told = {part: spelled(part._filter()["values"], listed) for part in charge.filter_ids}
    meeting = [part for part in told if met(told[part], properties)]
    return max(meeting, key=lambda part: len(told[part]), default=charge)


def _fee(order, charge, event: dict) -> dict:
    metric, currency = charge.metric_id._whole(), charge.currency_id
    part = charge if charge.filter_of_id else None
    units = _units(metric, event.get("properties") or {})
    singly = [units] if charge.charge_model == "percentage" else None
    billable = charge._compute_billable(units, singly, whole_period=False)
    amount = billable["amount"]
    whole = cents(amount, currency)
    price = amount / units if units else Decimal(0)
    return {
        "lago_id": None,
        "lago_charge_id": lago_id(charge._main()),
        "lago_charge_filter_id": lago_id(part) if part else None,
        "lago_invoice_id": None,
        "lago_true_up_fee_id": None,
        "lago_true_up_parent_fee_id": None,
        "lago_subscription_id": lago_id(order),
        "lago_customer_id": lago_id(order._fc_link()),
        "external_customer_id": order._fc_link().external_id,
        "external_subscription_id": order._fc_public_id(),
        "amount_cents": whole,
        "precise_amount": float(amount),
        "precise_total_amount": float(amount),
        "amount_currency": currency.name,
        "taxes_amount_cents": 0,
        "taxes_precise_amount": 0.0,
        "taxes_rate": 0.0,
        "units": decimal_text(units),
        "description": None,
        "precise_unit_amount": float(price),
        "precise_coupons_amount_cents": "0.0",
        "total_amount_cents": whole,
        "total_amount_currency": currency.name,
        "events_count": 1,
        "pay_in_advance": False,
        "invoiceable": True,
        "payment_status": "pending",
        "created_at": None,
        "succeeded_at": None,
        "failed_at": None,
        "refunded_at": None,
        "event_transaction_id": event.get("transaction_id") or "",
        "amount_details": None,
        "item": {
            "type": "charge",
            "code": metric.code,
            "name": metric.name,
            "description": metric.description or "",
            "invoice_display_name": metric.name,
            "filters": part._filter()["values"] if part else None,
            "filter_invoice_display_name": part._filter_name() if part else None,
            "lago_item_id": lago_id(metric),
            "item_type": "BillableMetric",
            "grouped_by": {},
        },
    }


def _units(metric, properties: dict) -> Decimal:
    """Return what an event counts: 1, or the quantity that it holds; 0 where it is none."""
    if metric._of_events() in ("count", "unique"):
        return Decimal(1)
    try:
        units = Decimal(str(properties.get(metric.field_name)))
    except ArithmeticError:
        return Decimal(0)
    return units if units.is_finite() and 0 <= units < 10**15 else Decimal(0)
