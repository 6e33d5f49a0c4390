"""Plans with their charges."""

from decimal import Decimal

from odoo.fields import Command

from ..call import Call
from ..errors import INVALID, TAKEN, UNSUPPORTED, UnprocessableError
from ..finding import find_plan, metric_of_id
from ..inputs import Choice, Flag, Free, InvalidError, Listing, Shape, Text, Unsupported, Whole
from ..objects import plan_object
from ..objects.plan import interval_of, price_of
from ..paging import listed
from ..terms import CHARGE, terms_of
from .ending import end_subscription

PLAN = Shape(
    {
        "name": Text(),
        "code": Text(),
        "interval": Choice(("monthly", "yearly")),
        "amount_cents": Whole(0, 10**10),
        "amount_currency": Text(3, "[A-Za-z]{3}"),
        "description": Text(2000),
        "invoice_display_name": Text(),
        "pay_in_advance": Flag(),
        "bill_charges_monthly": Flag(),
        "metadata": Free(5_000),
        "charges": Listing(CHARGE),
        "trial_period": Unsupported((None, 0, 0.0)),
        "minimum_commitment": Unsupported(),
        "fixed_charges": Unsupported(),
        "usage_thresholds": Unsupported(),
        "tax_codes": Unsupported(),
    },
    mandatory=("name", "code", "interval", "amount_cents", "amount_currency"),
)
MODEL = "fusion.billing.plan"
_TOLD = ("description", "invoice_display_name", "pay_in_advance", "metadata")


def create(call: Call) -> dict:
    """Create a plan, its products and its charges."""
    values = call.body("plan", PLAN)
    _check(call, values)
    every = call.env[MODEL].with_context(active_test=False)
    mine = [("service_id", "=", call.service.id)]
    if every.search_count([*mine, ("code", "=", values["code"])]):
        raise UnprocessableError({"code": [TAKEN]})
    flat, overage = _products(call, values)
    plan = call.env[MODEL].create(
        {
            "service_id": call.service.id,
            "external_id": _free_id(every, mine, values["code"]),
            "code": values["code"],
            "name": values["name"],
            "currency_id": call.currency.id,
            "flat_product_id": flat.id,
            "overage_product_id": overage.id,
            "api_values": _told({}, values),
            **_prices(call, values["interval"], values["amount_cents"]),
        }
    )
    _write_charges(call, plan, values.get("charges") or [])
    return {"plan": plan_object(plan)}


def find(call: Call) -> dict:
    """Return one plan."""
    return {"plan": plan_object(find_plan(call, call.path["code"]))}


def list_(call: Call) -> dict:
    """Return a page of the plans, the newest first."""
    domain = [("service_id", "=", call.service.id)]
    return listed(call, MODEL, domain, "id desc", "plans", plan_object)


def update(call: Call) -> dict:
    """Change a plan; its new price holds for the subscriptions that it has already."""
    plan = find_plan(call, call.path["code"])
    values = call.body("plan", PLAN.partial())
    values = {name: value for name, value in values.items() if value is not None}
    shown = {
        "interval": interval_of(plan),
        "bill_charges_monthly": True,
        "charges": plan.charge_ids.ids,
        **values,
    }
    _check(call, shown)
    if shown["interval"] != interval_of(plan) and _orders(call, plan):
        # They keep their cycle, and would be charged a year's price each month.
        raise UnprocessableError({"interval": [UNSUPPORTED]})
    code = values.get("code", plan.code)
    every = call.env[MODEL].with_context(active_test=False)
    if code != plan.code and every.search_count(
        [("service_id", "=", call.service.id), ("code", "=", code)]
    ):
        raise UnprocessableError({"code": [TAKEN]})
    changes = {"code": code, "api_values": _told(plan.api_values or {}, values)}
    if "name" in values:
        changes["name"] = values["name"]
    if {"interval", "amount_cents"} & values.keys():
        amount = values.get("amount_cents", round(price_of(plan) * 10 ** _exponent(call)))
        changes |= _prices(call, shown["interval"], amount)
    plan.write(changes)
    plan.charge_ids.write({"plan_code": code})
    if "amount_cents" in values:
        _reprice(call, plan)
    if "charges" in values:
        _write_charges(call, plan, values["charges"])
    return {"plan": plan_object(plan)}


def destroy(call: Call) -> dict:
    """Delete a plan and end its subscriptions; it stays in Odoo, for what they have used."""
    plan = find_plan(call, call.path["code"])
    shown = plan_object(plan)
    for order in _orders(call, plan):
        end_subscription(order)
    retired = f"{plan.code} (deleted {plan.id})"
    told = {**(plan.api_values or {}), "deleted_code": plan.code}
    plan.write({"code": retired, "active": False, "api_values": told})
    plan.charge_ids.write({"plan_code": retired})
    return {"plan": shown}


def _check(call: Call, values: dict) -> None:
    currency = values.get("amount_currency")
    if currency and currency.upper() != call.currency.name:
        raise UnprocessableError({"amount_currency": [INVALID]})
    yearly = values["interval"] == "yearly" and values.get("charges")
    if yearly and not values.get("bill_charges_monthly"):
        # What a plan includes is meant per month here, per year there.
        raise UnprocessableError({"bill_charges_monthly": [UNSUPPORTED]})


def _free_id(every, mine: list, code: str) -> str:
    """Return an id for a new plan: its code, unless a plan that was renamed has it."""
    taken = set(every.search([*mine, ("external_id", "=like", f"{code}%")]).mapped("external_id"))
    names = (code, *(f"{code}/{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _exponent(call: Call) -> int:
    return call.currency.decimal_places


def _prices(call: Call, interval: str, amount_cents: int) -> dict:
    price = float(Decimal(amount_cents).scaleb(-_exponent(call)))
    monthly = interval == "monthly"
    return {
        "sold_monthly": monthly,
        "sold_yearly": not monthly,
        "price_monthly": price if monthly else 0.0,
        "price_yearly": 0.0 if monthly else price,
    }


def _products(call: Call, values: dict) -> tuple:
    """Return the products that bill the plan: its price, and what is used beyond it."""
    products = call.env["product.product"]
    code, name = f"{call.service.code}:{values['code']}", values["name"]
    price = float(Decimal(values["amount_cents"]).scaleb(-_exponent(call)))
    made = []
    for default_code, label, list_price, recurring in (
        (code, name, price, True),
        (f"{code}:overage", f"{name}: overage", 0.0, False),
    ):
        found = products.search([("default_code", "=", default_code)], limit=1)
        made.append(
            found
            or products.create(
                {
                    "name": label,
                    "default_code": default_code,
                    "list_price": list_price,
                    "type": "service",
                    "recurring_invoice": recurring,
                    "invoice_policy": "order",
                }
            )
        )
    return tuple(made)


def _write_charges(call: Call, plan, charges: list[dict]) -> None:
    """Make the plan's charges those that came; one that names its id, or its metric, is kept."""
    faults, wanted = {}, {}
    for index, charge in enumerate(charges):
        try:
            metric, fields = _charge(call, plan, charge)
            if metric.id in wanted:
                raise InvalidError({"billable_metric_id": [TAKEN]})
            wanted[metric.id] = fields
        except InvalidError as fault:
            faults[str(index)] = fault.details
    if faults:
        raise UnprocessableError({"charges": faults})
    kept = plan.charge_ids.filtered(lambda charge: charge.metric_id.id in wanted)
    (plan.charge_ids - kept).unlink()
    for charge in kept:
        charge.write(wanted.pop(charge.metric_id.id))
    plan.write({"charge_ids": [Command.create(fields) for fields in wanted.values()]})
    # Nobody can be charged by them until an order of the plan is live.
    call.env["fusion.billing.charge"]._follow_orders(call.service, [plan.external_id])


def _charge(call: Call, plan, charge: dict) -> tuple:
    metric = metric_of_id(call, charge["billable_metric_id"])
    if not metric:
        raise InvalidError({"billable_metric_id": ["relation_must_exist"]})
    try:
        terms = terms_of(charge["charge_model"], charge.get("properties") or {})
    except InvalidError as fault:
        raise InvalidError({"properties": fault.details}) from None
    minimum = Decimal(charge.get("min_amount_cents") or 0).scaleb(-_exponent(call))
    return metric, {
        **terms,
        "service_id": call.service.id,
        "plan_code": plan.code,
        "plan_external_id": plan.external_id,
        "metric_id": metric.id,
        "product_id": plan.overage_product_id.id,
        "minimum_amount": float(minimum),
        "currency_id": call.currency.id,
    }


def _orders(call: Call, plan):
    """Return the plan's subscriptions that are not over."""
    orders = call.env["sale.order"].search(
        [
            ("x_fc_service_id", "=", call.service.id),
            ("x_fc_nexacloud_plan_id", "=", plan.external_id),
            ("state", "!=", "cancel"),
        ]
    )
    return orders.filtered(lambda order: order._fc_status() in ("active", "pending"))


def _reprice(call: Call, plan) -> None:
    flat = _orders(call, plan).order_line.filtered(
        lambda line: line.product_id == plan.flat_product_id
    )
    flat.write({"price_unit": price_of(plan)})


def _told(before: dict, values: dict) -> dict:
    return {**before, **{name: values[name] for name in _TOLD if name in values}}
