"""What is agreed for one subscription alone of the charges and fixed charges of its plan."""

from ..call import Call
from ..errors import INVALID, UNSUPPORTED, InvalidError, read_each
from ..inputs import Listing, Shape, Text
from ..lago_id import lago_id
from ..objects import FIXED_CHARGE
from ..objects.values import decimal_text
from ..own_plans import own_plan
from ..paging import listed
from ..routing import route
from ..terms import CHARGE_OVERRIDE
from .charges import STATUS, change_charge, order_of
from .fixed_charges import FIXED_TERMS, fixed_fields, follow, named

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
_NAMED = {"id": Text(40), "code": Text()}
_CHARGE = Shape(
    {
        **CHARGE_OVERRIDE.fields,
        **_NAMED,
        "billable_metric_id": Text(40),
        "charge_model": Text(),
    }
)
_FIXED = Shape({**OVERRIDE.fields, **_NAMED})
#: Of the overrides of a subscription's plan.
AGREED = {"charges": Listing(_CHARGE), "fixed_charges": Listing(_FIXED)}
_FOUND_BY = ("id", "code", "billable_metric_id", "charge_model")


@route("GET", "/subscriptions/{external_id}/fixed_charges", FIXED_CHARGE.page, query=STATUS)
def list_of_subscription(call: Call) -> dict:
    """List a subscription's fixed charges."""
    order = order_of(call)
    domain = [("plan_id", "=", order.x_fc_service_plan_id.id)]
    return listed(call, FIXED_CHARGE, domain, "id", lambda charge: _of_order(order, charge))


@route(
    "GET",
    "/subscriptions/{external_id}/fixed_charges/{fixed_charge_code}",
    FIXED_CHARGE.one,
    query=STATUS,
)
def find_of_subscription(call: Call) -> dict:
    """Find a fixed charge of a subscription."""
    order = order_of(call)
    charge = named(call, order.x_fc_service_plan_id)
    return {FIXED_CHARGE.root: _of_order(order, charge)}


@route(
    "PUT",
    "/subscriptions/{external_id}/fixed_charges/{fixed_charge_code}",
    FIXED_CHARGE.one,
    body=OVERRIDE,
    query=STATUS,
    partly="not at once",
)
def override(call: Call) -> dict:
    """Change a fixed charge of one subscription: from its next invoice on."""
    order, values = order_of(call), call.body()
    charge = named(call, order.x_fc_service_plan_id)
    if not _line_of(order, charge):
        raise InvalidError({"fixed_charge": [INVALID]})
    if units_alone(values) and not charge.plan_id.parent_id:
        set_units(call, order, charge, values)
    else:
        charge = named(call, own_plan(call, order))
        change_fixed(call, charge, values)
    return {FIXED_CHARGE.root: _of_order(order, charge)}


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


def _line_of(order, charge):
    return order.order_line.filtered(lambda one: one.x_fc_item == f"fixed:{charge.code}")[:1]


def _of_order(order, charge) -> dict:
    """Return a fixed charge as one subscription has it."""
    shown, line = FIXED_CHARGE.show(charge), _line_of(order, charge)
    if not line:
        return shown
    return {
        **shown,
        "invoice_display_name": line.name,
        "units": line.product_uom_qty,
        "properties": {"amount": decimal_text(line.price_unit)},
    }


def agree(call: Call, order, told: dict) -> None:
    """Let a subscription pay for charges of its plan what was agreed for it alone.

    Raises:
        InvalidError: The plan has no such charge, or a value cannot be taken; by index.
    """
    charges, fixed = told.get("charges") or [], told.get("fixed_charges") or []
    if not charges and not fixed:
        return
    plan = order.x_fc_service_plan_id
    units = not charges and not plan.parent_id and all(units_alone(one) for one in fixed)
    own = plan if units else own_plan(call, order)

    def change(values: dict) -> None:
        charge = _meant(plan._main_charges(), own._main_charges(), values)
        _check_same(charge, values)
        change_charge(call, charge, _changes(values))

    def change_one(values: dict) -> None:
        charge = _meant(plan.fixed_charge_ids, own.fixed_charge_ids, values)
        if units:
            set_units(call, order, charge, values)
        else:
            change_fixed(call, charge, _changes(values))

    faults = {}
    for name, agreed, do in (("charges", charges, change), ("fixed_charges", fixed, change_one)):
        try:
            read_each(do, agreed)
        except InvalidError as fault:
            faults[name] = fault.details
    if faults:
        raise InvalidError({"plan_overrides": faults})


def _changes(values: dict) -> dict:
    """Return the values without what only names the charge."""
    return {name: value for name, value in values.items() if name not in _FOUND_BY}


def _meant(of_plan, own, values: dict):
    """Return the subscription's own charge that is named by the id or the code of the plan's.

    Raises:
        InvalidError: There is none.
    """
    by_id = {lago_id(one): one._api_code() for one in of_plan | own}
    named = "code" if values.get("code") and not values.get("id") else "id"
    code = values["code"] if named == "code" else by_id.get(values.get("id"))
    found = own.filtered(lambda one: one._api_code() == code)[:1]
    if not found:
        raise InvalidError({named: ["relation_must_exist"]})
    return found


def _check_same(charge, values: dict) -> None:
    """Refuse another model, or metric, than the charge of the plan has.

    Raises:
        InvalidError: One came.
    """
    if values.get("charge_model") not in (None, charge.charge_model):
        raise InvalidError({"charge_model": [UNSUPPORTED]})
    if values.get("billable_metric_id") not in (None, lago_id(charge.metric_id._whole())):
        raise InvalidError({"billable_metric_id": [INVALID]})
