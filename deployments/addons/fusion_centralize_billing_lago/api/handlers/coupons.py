"""Coupons, and who has them: invoices of a customer's subscriptions are lowered by them."""

from odoo import fields
from odoo.fields import Command

from ..call import Call
from ..currencies import check_currency, check_pays_in, find_currency
from ..errors import INVALID, MANDATORY, InvalidError
from ..finding import (
    asked_for,
    check_free,
    find_by_id,
    find_code,
    find_link,
    find_metric,
    find_plan,
)
from ..inputs import (
    CURRENCY,
    Choice,
    Credits,
    Flag,
    Listing,
    Moment,
    Shape,
    Text,
    Unsupported,
    Whole,
)
from ..objects import APPLIED_COUPON, COUPON
from ..objects.coupon import EXPIRATIONS, FREQUENCIES, STATUSES, TYPES
from ..objects.values import major
from ..paging import listed
from ..routing import route

_TERMS = {
    "amount_cents": Whole(1, 10**10),
    "amount_currency": CURRENCY,
    "percentage_rate": Credits(100),
    "frequency": Choice(FREQUENCIES),
    "frequency_duration": Whole(1, 10_000),
}
VALUES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "description": Text(2000),
        "coupon_type": Choice(TYPES),
        "reusable": Flag(),
        "expiration": Choice(EXPIRATIONS),
        "expiration_at": Moment(),
        "applies_to": Shape(
            {"plan_codes": Listing(Text()), "billable_metric_codes": Listing(Text())}
        ),
        **_TERMS,
    },
    mandatory=("name", "code", "coupon_type", "frequency", "expiration"),
)
GIVEN = Shape(
    {
        "external_customer_id": Text(200),
        "coupon_code": Text(),
        "entity_id": Unsupported(),
        **_TERMS,
    },
    mandatory=("external_customer_id", "coupon_code"),
)
APPLIED_QUERY = {"status": Choice(STATUSES), "coupon_code[]": Listing(Text())}


@route("POST", "/coupons", COUPON.one, body=VALUES, faults=(404,))
def create(call: Call) -> dict:
    """Create a coupon."""
    values = call.body()
    check_free(call, COUPON, values)
    currency = find_currency(call, values, "amount_currency")
    own = {"service_id": call.service.id, "currency_id": currency.id}
    coupon = call.env[COUPON.model].create({**own, **_fields(call, values, currency)})
    return COUPON.answer(coupon)


@route("GET", "/coupons/{code}", COUPON.one)
def find(call: Call) -> dict:
    """Find a coupon."""
    return COUPON.answer(find_code(call, COUPON, call.path["code"]))


@route("GET", "/coupons", COUPON.page)
def list_(call: Call) -> dict:
    """List coupons."""
    return listed(call, COUPON, call.mine)


@route("PUT", "/coupons/{code}", COUPON.one, body=VALUES.partial())
def update(call: Call) -> dict:
    """Change a coupon; whoever has it keeps its terms."""
    coupon = find_code(call, COUPON, call.path["code"])
    values = {name: value for name, value in call.body().items() if value is not None}
    check_free(call, COUPON, values, coupon)
    check_currency(values, coupon.currency_id)
    shown = COUPON.show(coupon)
    kept = {name: shown[name] for name in ("coupon_type", "amount_cents", "expiration")}
    kept |= {name: shown[name] for name in ("frequency", "frequency_duration")}
    kept |= {"expiration_at": coupon.expiration_at, "percentage_rate": coupon.percentage}
    coupon.write(_fields(call, {**kept, **values}, coupon.currency_id))
    return COUPON.answer(coupon)


@route("DELETE", "/coupons/{code}", COUPON.one)
def destroy(call: Call) -> dict:
    """Delete a coupon, and take it back from whoever has it."""
    coupon = find_code(call, COUPON, call.path["code"])
    now = fields.Datetime.now()
    shown = COUPON.show(coupon)
    coupon.applied_ids._terminate()
    coupon.write({"active": False, "terminated_at": now})
    return {"coupon": shown}


@route(
    "POST",
    "/applied_coupons",
    APPLIED_COUPON.one,
    body=GIVEN,
    partly="to the whole customer alone",
    faults=(404,),
)
def give(call: Call) -> dict:
    """Give a coupon to a customer, on its own terms if some are named."""
    values = call.body()
    link = find_link(call, values["external_customer_id"])
    coupon = find_code(call, COUPON, values["coupon_code"])
    fixed = coupon.coupon_type == "fixed_amount"
    currency = _currency(call, values, coupon) if fixed else coupon.currency_id
    if fixed:
        check_pays_in(link, currency)
    _check_may_have(call, coupon, link)
    terms = {
        "amount_cents": None,
        "frequency": coupon.frequency,
        "frequency_duration": coupon.frequency_duration or None,
        **{name: value for name, value in values.items() if value is not None},
    }
    _check_duration(terms)
    amount = major(terms["amount_cents"], currency) if terms["amount_cents"] else coupon.amount
    applied = call.env[APPLIED_COUPON.model].create(
        {
            "coupon_id": coupon.id,
            "link_id": link.id,
            "currency_id": currency.id,
            "amount": amount if fixed else 0.0,
            "percentage": 0.0
            if fixed
            else float(terms.get("percentage_rate") or coupon.percentage),
            "frequency": terms["frequency"],
            "frequency_duration": terms["frequency_duration"] or 0,
        }
    )
    return APPLIED_COUPON.answer(applied)


@route(
    "GET",
    "/applied_coupons",
    APPLIED_COUPON.page,
    query=APPLIED_QUERY,
    of_customer="List a customer's coupons",
)
def list_applied(call: Call) -> dict:
    """List the coupons that customers have."""
    wanted = call.wanted()
    domain = [*call.mine, *asked_for(call, wanted)]
    if "status" in wanted:
        operator = "=" if wanted["status"] == "active" else "!="
        domain.append(("terminated_at", operator, False))
    if "coupon_code" in wanted:
        every = call.env[COUPON.model].with_context(active_test=False)
        coupons = every.search([*call.mine, ("code", "in", wanted["coupon_code"])])
        domain.append(("coupon_id", "in", coupons.ids))
    return listed(call, APPLIED_COUPON, domain)


@route("DELETE", "/customers/{external_id}/applied_coupons/{applied_coupon_id}", APPLIED_COUPON.one)
def take_back(call: Call) -> dict:
    """Take a coupon back from a customer."""
    link = find_link(call, call.path["external_id"])
    domain = [("link_id", "=", link.id), ("terminated_at", "=", False)]
    applied = find_by_id(call, APPLIED_COUPON, call.path["applied_coupon_id"], domain)
    applied._terminate()
    return APPLIED_COUPON.answer(applied)


def _check_may_have(call: Call, coupon, link) -> None:
    now = fields.Datetime.now()
    over = coupon.terminated_at or (coupon.expiration_at and coupon.expiration_at <= now)
    if over:
        raise InvalidError({"coupon_code": ["coupon_is_expired"]})
    if not coupon.reusable and call.env[APPLIED_COUPON.model].search_count(
        [("coupon_id", "=", coupon.id), ("link_id", "=", link.id)]
    ):
        raise InvalidError({"coupon": ["coupon_is_not_reusable"]})


def _check_duration(values: dict) -> None:
    if values["frequency"] == "recurring" and not values.get("frequency_duration"):
        raise InvalidError({"frequency_duration": [MANDATORY]})


def _currency(call: Call, values: dict, coupon):
    """Return the currency in which a customer has a coupon: its own, unless an amount is named.

    Raises:
        InvalidError: Another one is named, but what it is worth in it is not.
    """
    if values.get("amount_cents") and values.get("amount_currency"):
        return find_currency(call, values, "amount_currency")
    check_currency(values, coupon.currency_id)
    return coupon.currency_id


def _fields(call: Call, values: dict, currency) -> dict:
    _check_duration(values)
    fixed = values["coupon_type"] == "fixed_amount"
    needed = "amount_cents" if fixed else "percentage_rate"
    if not values.get(needed):
        raise InvalidError({needed: [MANDATORY]})
    limited = values["expiration"] == "time_limit"
    if limited and not values.get("expiration_at"):
        raise InvalidError({"expiration_at": [INVALID]})
    plain = ("name", "code", "description", "coupon_type", "frequency")
    found = {name: values[name] for name in plain if name in values}
    if values.get("reusable") is not None:
        found["reusable"] = values["reusable"]
    if "applies_to" in values:
        found |= _limits(call, values["applies_to"] or {})
    return {
        **found,
        "amount": major(values["amount_cents"], currency) if fixed else 0.0,
        "percentage": 0.0 if fixed else float(values["percentage_rate"]),
        "frequency_duration": values.get("frequency_duration") or 0,
        "expiration_at": values["expiration_at"] if limited else False,
    }


def _limits(call: Call, limits: dict) -> dict:
    plans = [find_plan(call, code).id for code in limits.get("plan_codes") or []]
    metrics = [find_metric(call, code).id for code in limits.get("billable_metric_codes") or []]
    if plans and metrics:
        raise InvalidError({"applies_to": [INVALID]})
    return {"plan_ids": [Command.set(plans)], "metric_ids": [Command.set(metrics)]}
