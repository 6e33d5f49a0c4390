"""Filters of charges, one by one; a subscription's are its plan's until they are changed."""

from ..call import Call
from ..errors import NotFoundError
from ..filters import FILTER_CHANGES, NEW_FILTER
from ..finding import find_plan
from ..lago_id import record_id_of
from ..objects import CHARGE_FILTER
from ..own_plans import check_cascade
from ..paging import listed
from ..pricing import MODEL, key_of, remove_filter, told_of, write_filter
from ..routing import route
from .charges import STATUS, find_charge, own_charge, plan_of


@route("POST", "/plans/{code}/charges/{charge_code}/filters", CHARGE_FILTER.one, body=NEW_FILTER)
def create(call: Call) -> dict:
    """Add a filter to a charge: what it names is priced apart."""
    charge, values = find_charge(call, find_plan(call, call.path["code"])), call.body()
    check_cascade(call, charge.service_plan_id, values)
    return CHARGE_FILTER.answer(write_filter(call, charge, values, call.env[MODEL]))


@route("GET", "/plans/{code}/charges/{charge_code}/filters", CHARGE_FILTER.page)
def list_(call: Call) -> dict:
    """List the filters of a charge."""
    return _listed(call, find_charge(call, find_plan(call, call.path["code"])))


@route("GET", "/plans/{code}/charges/{charge_code}/filters/{filter_id}", CHARGE_FILTER.one)
def find(call: Call) -> dict:
    """Find a filter of a charge."""
    return CHARGE_FILTER.answer(_of_plan(call))


@route(
    "PUT",
    "/plans/{code}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    body=FILTER_CHANGES,
)
def update(call: Call) -> dict:
    """Change a filter of a charge: what it costs, or what it names."""
    part, values = _of_plan(call), call.body()
    check_cascade(call, part.service_plan_id, values)
    values = {**told_of(part), **values}
    return CHARGE_FILTER.answer(write_filter(call, part.filter_of_id, values, part))


@route("DELETE", "/plans/{code}/charges/{charge_code}/filters/{filter_id}", CHARGE_FILTER.one)
def destroy(call: Call) -> dict:
    """Remove a filter from a charge, which prices what it did."""
    part = _of_plan(call)
    shown = CHARGE_FILTER.show(part)
    remove_filter(call, part)
    return {"filter": shown}


@route(
    "GET",
    "/subscriptions/{external_id}/charges/{charge_code}/filters",
    CHARGE_FILTER.page,
    query=STATUS,
)
def list_of_subscription(call: Call) -> dict:
    """List the filters of a subscription's charge: those of its plan, as agreed."""
    return _listed(call, find_charge(call, plan_of(call)))


@route(
    "GET",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    query=STATUS,
)
def find_of_subscription(call: Call) -> dict:
    """Find a filter of a subscription's charge."""
    return CHARGE_FILTER.answer(_of_subscription(call))


@route(
    "POST",
    "/subscriptions/{external_id}/charges/{charge_code}/filters",
    CHARGE_FILTER.one,
    body=NEW_FILTER,
    query=STATUS,
)
def add_to_subscription(call: Call) -> dict:
    """Add a filter for one subscription alone."""
    values, charge = call.body(), own_charge(call)
    return CHARGE_FILTER.answer(write_filter(call, charge, values, call.env[MODEL]))


@route(
    "PUT",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    body=FILTER_CHANGES,
    query=STATUS,
)
def override(call: Call) -> dict:
    """Change a filter for one subscription alone."""
    values, part = call.body(), _own(call)
    values = {**told_of(part), **values}
    return CHARGE_FILTER.answer(write_filter(call, part.filter_of_id, values, part))


@route(
    "DELETE",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    query=STATUS,
)
def remove_from_subscription(call: Call) -> dict:
    """Remove a filter for one subscription alone: its charge prices what it did."""
    part = _own(call)
    shown = CHARGE_FILTER.show(part)
    remove_filter(call, part)
    return {"filter": shown}


def _own(call: Call):
    """Return the filter of one subscription alone that the path names by its, or its plan's, id."""
    named = _of_subscription(call)
    return own_charge(call).filter_ids.filtered(lambda part: key_of(part) == key_of(named))


def _listed(call: Call, charge) -> dict:
    domain = [("filter_of_id", "=", charge.id)]
    return listed(call, CHARGE_FILTER, domain, "id")


def _of_plan(call: Call):
    return _found(call, find_plan(call, call.path["code"]))


def _of_subscription(call: Call):
    return _found(call, plan_of(call))


def _found(call: Call, plan):
    part_id = record_id_of(MODEL, call.path["filter_id"])
    found = find_charge(call, plan).filter_ids.filtered(lambda part: part.id == part_id)
    if not found:
        raise NotFoundError("charge_filter")
    return found
