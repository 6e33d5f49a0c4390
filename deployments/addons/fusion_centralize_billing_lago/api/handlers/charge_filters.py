"""Filters of charges, one by one; a subscription's are its plan's until they are changed."""

from ..call import Call
from ..errors import NotFoundError
from ..filters import FILTER_CHANGES, NEW_FILTER
from ..lago_id import record_id_of
from ..objects import CHARGE_FILTER
from ..own_plans import check_cascade
from ..paging import listed
from ..pricing import key_of, remove_filter, told_of, write_filter
from ..routing import route
from .charges import STATUS, find_charge, own_charge


@route("POST", "/plans/{code}/charges/{charge_code}/filters", CHARGE_FILTER.one, body=NEW_FILTER)
def create(call: Call) -> dict:
    """Add a filter to a charge: what it names is priced apart."""
    charge, values = find_charge(call), call.body()
    check_cascade(call, charge.service_plan_id, values)
    return CHARGE_FILTER.answer(write_filter(call, charge, values, charge.browse()))


@route(
    "GET",
    "/subscriptions/{external_id}/charges/{charge_code}/filters",
    CHARGE_FILTER.page,
    summary="List the filters of a subscription's charge: those of its plan, as agreed",
    query=STATUS,
)
@route("GET", "/plans/{code}/charges/{charge_code}/filters", CHARGE_FILTER.page)
def list_(call: Call) -> dict:
    """List the filters of a charge."""
    return listed(call, CHARGE_FILTER, [("filter_of_id", "=", find_charge(call).id)], "id")


@route(
    "GET",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    summary="Find a filter of a subscription's charge",
    query=STATUS,
)
@route("GET", "/plans/{code}/charges/{charge_code}/filters/{filter_id}", CHARGE_FILTER.one)
def find(call: Call) -> dict:
    """Find a filter of a charge."""
    return CHARGE_FILTER.answer(_found(call))


@route(
    "PUT",
    "/plans/{code}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    body=FILTER_CHANGES,
)
def update(call: Call) -> dict:
    """Change a filter of a charge: what it costs, or what it names."""
    part, values = _found(call), call.body()
    check_cascade(call, part.service_plan_id, values)
    return _changed(call, part, values)


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
    return CHARGE_FILTER.answer(write_filter(call, charge, values, charge.browse()))


@route(
    "PUT",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    body=FILTER_CHANGES,
    query=STATUS,
)
def override(call: Call) -> dict:
    """Change a filter for one subscription alone."""
    values = call.body()
    return _changed(call, _own(call), values)


@route(
    "DELETE",
    "/subscriptions/{external_id}/charges/{charge_code}/filters/{filter_id}",
    CHARGE_FILTER.one,
    summary="Remove a filter for one subscription alone: its charge prices what it did",
    query=STATUS,
)
@route("DELETE", "/plans/{code}/charges/{charge_code}/filters/{filter_id}", CHARGE_FILTER.one)
def destroy(call: Call) -> dict:
    """Remove a filter from a charge, which prices what it did."""
    part = _found(call) if "code" in call.path else _own(call)
    answer = CHARGE_FILTER.answer(part)
    remove_filter(call, part)
    return answer


def _changed(call: Call, part, values: dict) -> dict:
    values = {**told_of(part), **values}
    return CHARGE_FILTER.answer(write_filter(call, part.filter_of_id, values, part))


def _own(call: Call):
    """Return the filter of one subscription alone that the path names by its, or its plan's, id."""
    named = _found(call)
    return own_charge(call).filter_ids.filtered(lambda part: key_of(part) == key_of(named))


def _found(call: Call):
    part_id = record_id_of(CHARGE_FILTER.model, call.path["filter_id"])
    found = find_charge(call).filter_ids.filtered(lambda part: part.id == part_id)
    if not found:
        raise NotFoundError("charge_filter")
    return found
