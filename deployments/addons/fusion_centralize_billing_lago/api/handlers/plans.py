"""Plans with their charges."""

from decimal import Decimal

from odoo.fields import Command

from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from ..call import Call
from ..errors import INVALID, TAKEN, UNSUPPORTED, UnprocessableError
from ..finding import find_plan, metric_of_id
from ..inputs import Choice, Flag, Free, InvalidError, Listing, Shape, Text, Unsupported, Whole
from ..objects import PLAN
from ..paging import listed
from ..routing import route
from ..terms import CHARGE, terms_of

VALUES = Shape(
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


@route("POST", "/plans", PLAN.one, body=("plan", VALUES), faults=(400, 422))
def create(call: Call) -> dict:
    """Create a plan with its charges."""
    values = call.body()
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
    return {"plan": PLAN.show(plan)}


@route("GET", "/plans/{code}", PLAN.one, faults=(404,))
def find(call: Call) -> dict:
    """Find a plan."""
    return {"plan": PLAN.show(find_plan(call, call.path["code"]))}


@route("GET", "/plans", PLAN.page, paged=True)
def list_(call: Call) -> dict:
    """List plans."""
    domain = [("service_id", "=", call.service.id)]
    return listed(call, MODEL, domain, "id desc", "plans", PLAN.show)


@route("PUT", "/plans/{code}", PLAN.one, body=("plan", VALUES.partial()), faults=(400, 404, 422))
def update(call: Call) -> dict:
    """Change a plan; charges that are sent replace those that it has."""
    plan = find_plan(call, call.path["code"])
    values = call.body()
    values = {name: value for name, value in values.items() if value is not None}
    shown = {
        "interval": plan._cycle(),
        "bill_charges_monthly": True,
        "charges": plan.charge_ids.ids,
        **values,
    }
    _check(call, shown)
    if shown["interval"] != plan._cycle() and _orders(call, plan):
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
        amount = values.get("amount_cents", round(plan._price() * 10 ** _exponent(call)))
        changes |= _prices(call, shown["interval"], amount)
    plan.write(changes)
    plan.charge_ids.write({"plan_code": code})
    if "amount_cents" in values:
        _reprice(call, plan)
    if "charges" in values:
        _write_charges(call, plan, values["charges"])
    return {"plan": PLAN.show(plan)}


@route("DELETE", "/plans/{code}", PLAN.one, faults=(404, 422))
def destroy(call: Call) -> dict:
    """Delete a plan and end its subscriptions."""
    plan = find_plan(call, call.path["code"])
    shown = PLAN.show(plan)
    for order in _orders(call, plan):
        order._fc_end()
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
    """Make the products that bill the plan: its price, and what is used beyond it.

    Never one that is here: whatever is found by a code, another plan's code may spell.
    """
    code, name = f"{call.service.code}:{values['code']}", values["name"]
    price = float(Decimal(values["amount_cents"]).scaleb(-_exponent(call)))
    shared = {"type": "service", "invoice_policy": "order"}
    flat = {"name": name, "default_code": code, "list_price": price, "recurring_invoice": True}
    overage = {
        "name": f"{name}: overage",
        "default_code": f"{code}:overage",
        "list_price": 0.0,
        "recurring_invoice": False,
    }
    return tuple(call.env["product.product"].create([{**shared, **flat}, {**shared, **overage}]))


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
    return call.env["sale.order"].search(
        [
            ("x_fc_service_id", "=", call.service.id),
            ("x_fc_nexacloud_plan_id", "=", plan.external_id),
            ("x_fc_status", "in", CURRENT),
        ]
    )


def _reprice(call: Call, plan) -> None:
    flat = _orders(call, plan).order_line.filtered(
        lambda line: line.product_id == plan.flat_product_id
    )
    flat.write({"price_unit": plan._price()})


def _told(before: dict, values: dict) -> dict:
    return {**before, **{name: values[name] for name in _TOLD if name in values}}
