"""Charges of plans, one by one; a subscription's are those of its plan until one is changed."""

from odoo.addons.fusion_centralize_billing.models.sale_order_status import CURRENT

from ..call import Call
from ..errors import MANDATORY, TAKEN, InvalidError, NotFoundError
from ..finding import find_plan, find_subscription
from ..inputs import Choice
from ..objects import CHARGE
from ..own_plans import check_cascade, own_plan
from ..paging import listed
from ..pricing import wanted_of, write_charge
from ..routing import route
from ..terms import CHARGE_CHANGES, CHARGE_OVERRIDE, NEW_CHARGE

STATUS = {"subscription_status": Choice(CURRENT)}
#: What of Lago's document is refused.
PARTLY = "none in advance, prorated, grouped or in pricing units"


@route("POST", "/plans/{code}/charges", CHARGE.one, body=NEW_CHARGE, partly=PARTLY)
def create(call: Call) -> dict:
    """Add a charge to a plan: it holds for all of its subscriptions."""
    plan = find_plan(call, call.path["code"])
    none, values = call.env[CHARGE.model], call.body()
    check_cascade(call, plan, values)
    wanted = wanted_of(call, plan, values, none)
    if wanted.metric in (charge.metric_id._whole() for charge in plan.charge_ids):
        raise InvalidError({"billable_metric_id": [TAKEN]})
    charge = write_charge(call, plan, wanted, none)
    call.env[CHARGE.model]._follow_orders(call.service, [plan.external_id])
    return CHARGE.answer(charge)


@route(
    "GET",
    "/subscriptions/{external_id}/charges",
    CHARGE.page,
    summary="List a subscription's charges: those of its plan, as agreed for it",
    query=STATUS,
)
@route("GET", "/plans/{code}/charges", CHARGE.page)
def list_(call: Call) -> dict:
    """List a plan's charges."""
    domain = [("service_plan_id", "=", plan_of(call).id), ("filter_of_id", "=", False)]
    return listed(call, CHARGE, domain, "id")


@route(
    "GET",
    "/subscriptions/{external_id}/charges/{charge_code}",
    CHARGE.one,
    summary="Find a charge of a subscription",
    query=STATUS,
)
@route("GET", "/plans/{code}/charges/{charge_code}", CHARGE.one)
def find(call: Call) -> dict:
    """Find a charge of a plan."""
    return CHARGE.answer(find_charge(call))


@route("PUT", "/plans/{code}/charges/{charge_code}", CHARGE.one, body=CHARGE_CHANGES, partly=PARTLY)
def update(call: Call) -> dict:
    """Change a charge of a plan: what it costs, for all of its subscriptions."""
    plan = find_plan(call, call.path["code"])
    values = call.body()
    check_cascade(call, plan, values)
    return CHARGE.answer(change_charge(call, find_charge(call, plan), values))


@route("DELETE", "/plans/{code}/charges/{charge_code}", CHARGE.one)
def destroy(call: Call) -> dict:
    """Remove a charge from a plan."""
    charge = find_charge(call)
    answer = CHARGE.answer(charge)
    charge.unlink()
    return answer


@route(
    "PUT",
    "/subscriptions/{external_id}/charges/{charge_code}",
    CHARGE.one,
    body=CHARGE_OVERRIDE,
    query=STATUS,
    partly="not grouped or in pricing units",
)
def override(call: Call) -> dict:
    """Change what a charge costs one subscription alone, from what is not billed yet on."""
    values = call.body()
    return CHARGE.answer(change_charge(call, own_charge(call), values))


def order_of(call: Call):
    """Return the subscription that the path names, of the status that is asked for."""
    status = call.wanted().get("subscription_status", "active")
    return find_subscription(call, call.path["external_id"], status)


def plan_of(call: Call):
    """Return the plan that the path names, or that its subscription is on: perhaps its own."""
    if "code" in call.path:
        return find_plan(call, call.path["code"])
    return order_of(call).x_fc_service_plan_id


def own_charge(call: Call):
    """Return the charge of that subscription alone; it is made if need be.

    Raises:
        NotFoundError: Its plan has none of this code.
    """
    order = order_of(call)
    find_charge(call, order.x_fc_service_plan_id)
    return find_charge(call, own_plan(call, order))


def find_charge(call: Call, plan=None):
    """Return the charge that the path names: of a plan, or of that which the path names too.

    Raises:
        NotFoundError: The plan has none of this code.
    """
    code = call.path["charge_code"]
    charges = (plan_of(call) if plan is None else plan)._main_charges()
    found = charges.filtered(lambda charge: charge._api_code() == code)[:1]
    if not found:
        raise NotFoundError("charge")
    return found


def change_charge(call, charge, told: dict):
    """Change what a charge of a plan costs; return it.

    Args:
        call: The request.
        charge: The charge.
        told: As it came; null leaves a value as it is.

    Raises:
        InvalidError: A value cannot be taken.
    """
    plan = charge.service_plan_id
    values = {name: value for name, value in told.items() if value is not None}
    model = values.get("charge_model", charge.charge_model)
    if model != charge.charge_model and "properties" not in values:
        raise InvalidError({"properties": [MANDATORY]})
    shown = CHARGE.show(charge)
    before = {name: shown[name] for name in ("properties", "min_amount_cents", "code")}
    if model == "standard":
        before["properties"].pop("free_units", None)
    every = {
        **before,
        **(charge.api_values or {}),
        **values,
        "charge_model": model,
        "billable_metric_id": shown["lago_billable_metric_id"],
    }
    wanted = wanted_of(call, plan, every, charge)
    if model == "standard" and "properties" not in values:
        wanted.fields["included_quota"] = charge.included_quota
    return write_charge(call, plan, wanted, charge)
