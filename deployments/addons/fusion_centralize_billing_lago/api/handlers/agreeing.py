"""What is agreed for one subscription alone of the charges of its plan."""

from ..call import Call
from ..changing import change_charge
from ..errors import INVALID, UNSUPPORTED, InvalidError, read_each
from ..inputs import Listing, Shape, Text
from ..lago_id import lago_id
from ..own_plans import own_plan
from ..terms import CHARGE_OVERRIDE
from .agreed_fixed_charges import OVERRIDE, change_fixed, set_units, units_alone

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
