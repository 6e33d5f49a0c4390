"""Plans with their charges."""

from odoo.addons.fusion_centralize_billing.loader.currencies import Currencies, list_price
from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT
from odoo.addons.fusion_centralize_billing.periods.calendar import CYCLES

from ...crediting.endings import end_subscription
from ..call import Call
from ..currencies import check_currency, find_currency
from ..errors import UNSUPPORTED, InvalidError
from ..finding import check_free, check_tax_codes, find_plan
from ..inputs import CURRENCY, Choice, Days, Flag, Free, Listing, Shape, Text, Unsupported, Whole
from ..minimums import check_minimum, minimum_of, settle_minimum, since_now
from ..objects import PLAN
from ..objects.values import cents, major
from ..own_plans import check_cascade
from ..paging import listed
from ..pricing import write_charges
from ..routing import route
from ..terms import CHARGE
from .fixed_charges import FIXED, write_fixed_charges

INTERVALS = tuple(CYCLES)

MINIMUM = Shape(
    {
        "amount_cents": Whole(0, 10**10),
        "invoice_display_name": Text(),
        "tax_codes": Listing(Text()),
    }
)
VALUES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "interval": Choice(INTERVALS),
        "amount_cents": Whole(0, 10**10),
        "amount_currency": CURRENCY,
        "description": Text(2000),
        "invoice_display_name": Text(),
        "pay_in_advance": Flag(),
        "bill_charges_monthly": Flag(),
        "bill_fixed_charges_monthly": Unsupported(),
        "metadata": Free(5_000),
        "charges": Listing(CHARGE),
        "fixed_charges": Listing(FIXED),
        "trial_period": Days(),
        "tax_codes": Listing(Text()),
        "minimum_commitment": MINIMUM,
        "usage_thresholds": Unsupported(),
        "entitlements": Unsupported(),
    },
    mandatory=("name", "code", "interval", "amount_cents", "amount_currency"),
)
CHANGES = VALUES.partial({"cascade_updates": Flag()})
_TOLD = (
    "description",
    "invoice_display_name",
    "pay_in_advance",
    "metadata",
    "trial_period",
    "tax_codes",
    "bill_charges_monthly",
)

#: What Lago takes a new plan to be that does not say; plans of the house are paid ahead.
_DEFAULTS = {"pay_in_advance": False, "bill_charges_monthly": False}
#: What null makes of what a plan may be without.
_EMPTY = {
    "description": "",
    "invoice_display_name": "",
    "metadata": {},
    "tax_codes": [],
    "trial_period": 0,
}
#: What of Lago's document is refused.
PARTLY = "no charges in advance or prorated, thresholds and entitlements"


@route("POST", "/plans", PLAN.one, body=VALUES, partly=PARTLY)
def create(call: Call) -> dict:
    """Create a plan with its charges."""
    values = call.body()
    check_tax_codes(call, values)
    currency = find_currency(call, values, "amount_currency")
    check_free(call, PLAN, values, archived=True)
    told = _told(_DEFAULTS, values)
    minimum = minimum_of(call, currency, values)
    check_minimum(minimum, values["interval"], monthly=bool(told["bill_charges_monthly"]))
    flat, overage = _products(call, values, currency)
    plan = call.env[PLAN.model].create(
        {
            "service_id": call.service.id,
            "external_id": _free_id(call, values["code"]),
            "code": values["code"],
            "name": values["name"],
            "currency_id": currency.id,
            "flat_product_id": flat.id,
            "overage_product_id": overage.id,
            "api_values": told,
            **minimum,
            **_prices(currency, values["interval"], values["amount_cents"]),
        }
    )
    write_charges(call, plan, values.get("charges") or [])
    write_fixed_charges(call, plan, values.get("fixed_charges") or [])
    return PLAN.answer(plan)


@route("GET", "/plans/{code}", PLAN.one)
def find(call: Call) -> dict:
    """Find a plan."""
    return PLAN.answer(find_plan(call, call.path["code"]))


@route("GET", "/plans", PLAN.page)
def list_(call: Call) -> dict:
    """List plans."""
    return listed(call, PLAN, [*call.mine, ("parent_id", "=", False)])


@route("PUT", "/plans/{code}", PLAN.one, body=CHANGES, partly=PARTLY)
def update(call: Call) -> dict:
    """Change a plan; charges that are sent replace those that it has."""
    plan = find_plan(call, call.path["code"])
    values = call.body()
    values = {name: _EMPTY.get(name) if one is None else one for name, one in values.items()}
    values = {name: one for name, one in values.items() if one is not None}
    shown = {"interval": plan._cycle(), **values}
    check_tax_codes(call, values)
    check_currency(values, plan.currency_id)
    check_cascade(call, plan, values)
    _refuse_for_orders(call, plan, values)
    minimum = minimum_of(call, plan.currency_id, values)
    check_minimum(
        minimum or {"minimum_amount": plan.minimum_amount},
        shown["interval"],
        monthly=values.get("bill_charges_monthly", plan._charges_monthly()),
    )
    check_free(call, PLAN, values, plan, archived=True)
    code = values.get("code", plan.code)
    changes = {"code": code, "api_values": _told(plan.api_values or {}, values)}
    if "name" in values:
        changes["name"] = values["name"]
    if {"interval", "amount_cents"} & values.keys():
        amount = values.get("amount_cents", cents(plan._price(), plan.currency_id))
        changes |= _prices(plan.currency_id, shown["interval"], amount)
    before = plan._price()
    settle_minimum(orders_of(call, plan), plan)
    plan.write(changes | since_now(plan, minimum))
    plan.charge_ids.write({"plan_code": code})
    if "amount_cents" in values:
        _reprice(call, plan, before)
    if "charges" in values:
        write_charges(call, plan, values["charges"])
    if "fixed_charges" in values:
        write_fixed_charges(call, plan, values["fixed_charges"])
    return PLAN.answer(plan)


@route("DELETE", "/plans/{code}", PLAN.one)
def destroy(call: Call) -> dict:
    """Delete a plan and end its subscriptions."""
    plan = find_plan(call, call.path["code"])
    shown = PLAN.show(plan)
    for order in orders_of(call, plan | plan.child_ids):
        end_subscription(order, {})
    retired = f"{plan.code} (deleted {plan.id})"
    told = {**(plan.api_values or {}), "deleted_code": plan.code}
    plan.write({"code": retired, "active": False, "api_values": told})
    plan.charge_ids.write({"plan_code": retired})
    plan.child_ids.active = False
    return {"plan": shown}


def _refuse_for_orders(call: Call, plan, values: dict) -> None:
    """Refuse to change by what running subscriptions are billed: they keep their terms.

    Raises:
        InvalidError: It would change, and the plan has some.
    """
    before = {
        "interval": plan._cycle(),
        "pay_in_advance": plan._is_ahead(),
        "trial_period": plan._told("trial_period") or 0,
        "bill_charges_monthly": plan._told("bill_charges_monthly") is not False,
        "tax_codes": plan._told("tax_codes") or [],
    }
    changed = [name for name, old in before.items() if name in values and values[name] != old]
    if changed and orders_of(call, plan | plan.child_ids):
        # They would be charged a year's price each month, say.
        raise InvalidError({name: [UNSUPPORTED] for name in changed})


def _free_id(call: Call, code: str) -> str:
    """Return an id for a new plan: its code, unless a plan that was renamed has it."""
    every = call.env[PLAN.model].with_context(active_test=False)
    alike = every.search([*call.mine, ("external_id", "=like", f"{code}%")])
    taken = set(alike.mapped("external_id"))
    names = (code, *(f"{code}/{number}" for number in range(2, len(taken) + 3)))
    return next(name for name in names if name not in taken)


def _prices(currency, interval: str, amount_cents: int) -> dict:
    price = major(amount_cents, currency)
    return {
        **{f"sold_{cycle}": cycle == interval for cycle in INTERVALS},
        **{f"price_{cycle}": price if cycle == interval else 0.0 for cycle in INTERVALS},
    }


def _products(call: Call, values: dict, currency) -> tuple:
    """Make the products that bill the plan: its price, and what is used beyond it.

    Never one that is here: whatever is found by a code, another plan's code may spell.
    """
    code, name = f"{call.service.code}:{values['code']}", values["name"]
    shared = {"type": "service", "invoice_policy": "order", "list_price": 0.0}
    flat = {"name": name, "default_code": code, "recurring_invoice": True}
    overage = {
        "name": f"{name}: overage",
        "default_code": f"{code}:overage",
        "recurring_invoice": False,
    }
    made = call.env["product.product"].create([{**shared, **flat}, {**shared, **overage}])
    _show_price(call, made[0], currency, major(values["amount_cents"], currency))
    return tuple(made)


def _show_price(call: Call, product, currency, price: float) -> None:
    """Let a product show its price; one that is not in the company's currency, on a list of it."""
    currencies = Currencies(call.env, call.company)
    if currencies.is_foreign(currency):
        list_price(currencies.price_list(currency), price, product)
    else:
        product.list_price = price


def orders_of(call: Call, plans):
    """Return the subscriptions on these plans that are not over."""
    return call.env["sale.order"].search(
        [
            ("x_fc_service_id", "=", call.service.id),
            ("x_fc_nexacloud_plan_id", "in", plans.mapped("external_id")),
            ("x_fc_status", "in", CURRENT),
        ]
    )


def _reprice(call: Call, plan, before: float) -> None:
    """Let subscriptions cost what their plan does now; a price that was agreed for one stays."""
    flat = orders_of(call, plan).order_line.filtered(
        lambda line: (
            line.product_id == plan.flat_product_id
            and not plan.currency_id.compare_amounts(line.price_unit, before)
        )
    )
    flat.write({"price_unit": plan._price()})


def _told(before: dict, values: dict) -> dict:
    return {**before, **{name: values[name] for name in _TOLD if values.get(name) is not None}}
