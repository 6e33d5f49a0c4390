"""Fixed charges of subscriptions: those of their plan, or what was agreed for one alone."""

from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from ..call import Call
from ..errors import INVALID, InvalidError
from ..finding import find_subscription
from ..inputs import Choice, Shape
from ..objects import FIXED_CHARGE
from ..objects.values import decimal_text
from ..own_plans import own_plan
from ..paging import listed
from ..routing import route
from .fixed_charges import FIXED_TERMS, ROOT, fixed_fields, follow, named

OVERRIDE = Shape(
    {
        name: FIXED_TERMS[name]
        for name in (
            "invoice_display_name",
            "units",
            "properties",
            "apply_units_immediately",
            "tax_codes",
        )
    }
)
_OF_UNITS = ("units", "apply_units_immediately", "id", "code")


@route(
    "GET",
    "/subscriptions/{external_id}/fixed_charges",
    FIXED_CHARGE.page,
    query={"subscription_status": Choice(CURRENT)},
)
def list_of_subscription(call: Call) -> dict:
    """List a subscription's fixed charges."""
    order = _subscription(call)
    domain = [("plan_id", "=", order.x_fc_service_plan_id.id)]

    def show(charge) -> dict:
        return _of_order(order, charge)

    return listed(call, FIXED_CHARGE, domain, "id", show)


@route(
    "GET",
    "/subscriptions/{external_id}/fixed_charges/{fixed_charge_code}",
    FIXED_CHARGE.one,
    query={"subscription_status": Choice(CURRENT)},
)
def find_of_subscription(call: Call) -> dict:
    """Find a fixed charge of a subscription."""
    order = _subscription(call)
    charge = named(call, order.x_fc_service_plan_id)
    return {ROOT: _of_order(order, charge)}


@route(
    "PUT",
    "/subscriptions/{external_id}/fixed_charges/{fixed_charge_code}",
    FIXED_CHARGE.one,
    body=OVERRIDE,
    query={"subscription_status": Choice(CURRENT)},
    partly="not at once",
)
def override(call: Call) -> dict:
    """Change a fixed charge of one subscription: from its next invoice on."""
    order, values = _subscription(call), call.body()
    charge = named(call, order.x_fc_service_plan_id)
    _line_of(order, charge)
    if units_alone(values) and not charge.plan_id.parent_id:
        set_units(call, order, charge, values)
    else:
        charge = named(call, own_plan(call, order))
        change_fixed(call, charge, values)
    return {ROOT: _of_order(order, charge)}


def units_alone(values: dict) -> bool:
    """Tell whether nothing but units is agreed: the price goes on following the plan then."""
    return not any(value for name, value in values.items() if name not in _OF_UNITS)


def set_units(call: Call, order, charge, values: dict) -> None:
    """Let a subscription have so many units of a fixed charge, whatever its plan has."""
    if values.get("units") is None:
        return
    told = order.x_fc_api_values or {}
    units = {**told.get("units", {}), charge.code: format(values["units"], "f")}
    order.x_fc_api_values = {**told, "units": units}
    follow(call, charge.plan_id)


def change_fixed(call: Call, charge, told: dict) -> None:
    """Change a fixed charge and the orders of its plan; null leaves a value as it is.

    Raises:
        InvalidError: A value cannot be taken.
    """
    values = {name: value for name, value in told.items() if value is not None}
    charge.write(fixed_fields(call, charge.plan_id, values, charge))
    follow(call, charge.plan_id)


def _subscription(call: Call):
    status = call.wanted().get("subscription_status", "active")
    return find_subscription(call, call.path["external_id"], status)


def _line_of(order, charge):
    item = f"fixed:{charge.code}"
    line = order.order_line.filtered(lambda one: one.x_fc_item == item)[:1]
    if not line:
        raise InvalidError({"fixed_charge": [INVALID]})
    return line


def _of_order(order, charge) -> dict:
    """Return a fixed charge as one subscription has it."""
    shown = FIXED_CHARGE.show(charge)
    line = order.order_line.filtered(lambda one: one.x_fc_item == f"fixed:{charge.code}")[:1]
    if not line:
        return shown
    return {
        **shown,
        "invoice_display_name": line.name,
        "units": line.product_uom_qty,
        "properties": {"amount": decimal_text(line.price_unit)},
    }
