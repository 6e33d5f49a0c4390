"""Wallets: prepaid credits of customers, owed in Odoo and used by the next invoices."""

from odoo import fields

from ..call import Call
from ..currencies import check_pays_in, find_currency
from ..errors import INVALID, MANDATORY, TAKEN, InvalidError, NotFoundError
from ..finding import asked_for, check_entity, entity_query, find_by_id, find_link
from ..inputs import (
    BY_PROVIDER,
    CURRENCY,
    Credits,
    Flag,
    Free,
    Moment,
    Shape,
    Text,
    Unsupported,
    Whole,
)
from ..objects import WALLET
from ..paging import listed
from ..routing import route
from .metadata import metadata_routes
from .wallet_transactions import PAIRS, check_limits, move_credits

_NOT_HERE = {
    "applies_to": Unsupported(
        (None, {}, {"fee_types": [], "billable_metric_codes": []}, {"fee_types": None})
    ),
    "recurring_transaction_rules": Unsupported(),
    "invoice_requires_successful_payment": Unsupported(),
    "invoice_custom_section": Unsupported(),
    "payment_method": BY_PROVIDER,
    "purchase_order_number": Unsupported(),
}
#: What is paid for at once costs at least and at most so much.
_LIMITS = ("paid_top_up_min_amount_cents", "paid_top_up_max_amount_cents")
CHANGES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "priority": Whole(1, 50),
        "expiration_at": Moment(),
        "billing_entity_code": Text(),
        "metadata": Free(5_000),
        **dict.fromkeys(_LIMITS, Whole(1, 10**12)),
        **_NOT_HERE,
    }
)
VALUES = Shape(
    {
        **CHANGES.fields,
        "external_customer_id": Text(200),
        "rate_amount": Credits(10**6),
        "currency": CURRENCY,
        "paid_credits": Credits(),
        "granted_credits": Credits(),
        "transaction_name": Text(),
        "transaction_metadata": PAIRS,
        "ignore_paid_top_up_limits_on_creation": Flag(),
    },
    mandatory=("rate_amount", "currency"),
)

QUERY = {"currency": Text(3), **entity_query()}
#: What of Lago's document is refused.
PARTLY = "no rules for top-ups, not for some fees alone"


@route(
    "POST",
    "/wallets",
    WALLET.one,
    of_customer="Create a wallet of a customer",
    body=VALUES,
    partly=PARTLY,
    faults=(404,),
)
def create(call: Call) -> dict:
    """Create a wallet, with credits in it if some are named."""
    values = call.body()
    customer = call.path.get("external_id") or values.get("external_customer_id")
    if not customer:
        raise InvalidError({"external_customer_id": [MANDATORY]})
    if values.get("external_customer_id", customer) not in (customer, None):
        raise InvalidError({"external_customer_id": [INVALID]})
    link = find_link(call, customer)
    currency = find_currency(call, values)
    check_pays_in(link, currency)
    check_entity(call, values)
    _check_values(values, values)
    if not values["rate_amount"]:
        raise InvalidError({"rate_amount": [INVALID]})
    wallet = call.env[WALLET.model].create(
        {
            "link_id": link.id,
            "code": _free_code(call, link, values),
            "name": values.get("name"),
            "priority": values.get("priority") or 50,
            "rate_amount": float(values["rate_amount"]),
            "currency_id": currency.id,
            "expiration_at": values.get("expiration_at") or False,
            "shadow": not (call.live or link.billing_state == "live"),
            "api_values": {
                "metadata": values.get("metadata") or {},
                **{name: values[name] for name in _LIMITS if values.get(name)},
            },
        }
    )
    if not values.get("ignore_paid_top_up_limits_on_creation"):
        check_limits(wallet, values)
    told = {
        "name": values.get("transaction_name"),
        "metadata": values.get("transaction_metadata") or [],
    }
    move_credits(wallet, values, told)
    return WALLET.answer(wallet)


@route(
    "GET",
    "/customers/{external_id}/wallets/{code}",
    WALLET.one,
    summary="Find a wallet of a customer",
)
@route("GET", "/wallets/{lago_id}", WALLET.one)
def find(call: Call) -> dict:
    """Find a wallet."""
    return WALLET.answer(_found(call))


@route(
    "GET",
    "/wallets",
    WALLET.page,
    query=QUERY,
    of_customer="List a customer's wallets",
    faults=(404,),
)
def list_(call: Call) -> dict:
    """List the wallets of a customer, or of all."""
    wanted = call.wanted()
    domain = [*call.mine, *asked_for(call, wanted)]
    return listed(call, WALLET, domain)


@route(
    "PUT",
    "/customers/{external_id}/wallets/{code}",
    WALLET.one,
    summary="Change a wallet of a customer",
    body=CHANGES,
    partly=PARTLY,
)
@route("PUT", "/wallets/{lago_id}", WALLET.one, body=CHANGES, partly=PARTLY)
def update(call: Call) -> dict:
    """Change a wallet."""
    wallet = _found(call)
    values = call.body(empty=True)
    check_entity(call, values)
    told = wallet.api_values or {}
    _check_values(values, {**told, **values})
    changes = {name: values[name] for name in ("name", "priority") if name in values}
    if values.get("code") and values["code"] != wallet.code:
        changes["code"] = _free_code(call, wallet.link_id, values)
    if "expiration_at" in values:
        changes["expiration_at"] = values["expiration_at"] or False
    if "metadata" in values:
        told = {**told, "metadata": values["metadata"] or {}}
    changes["api_values"] = {**told, **{name: values[name] for name in _LIMITS if name in values}}
    wallet.write(changes)
    return WALLET.answer(wallet)


@route(
    "DELETE",
    "/customers/{external_id}/wallets/{code}",
    WALLET.one,
    summary="Close a wallet of a customer",
)
@route("DELETE", "/wallets/{lago_id}", WALLET.one)
def terminate(call: Call) -> dict:
    """Close a wallet: what was granted is gone, what was paid for stays owed in Odoo."""
    wallet = _found(call)
    wallet._terminate()
    return WALLET.answer(wallet)


def _check_values(values: dict, whole: dict) -> None:
    """Refuse an end that is over, and a limit below the other.

    Args:
        values: What came.
        whole: What the wallet will have.
    """
    least, most = (whole.get(name) for name in _LIMITS)
    if least and most and most < least:
        raise InvalidError({_LIMITS[1]: ["must_be_greater_than_or_equal_min"]})
    ends = values.get("expiration_at")
    if ends and ends <= fields.Datetime.now():
        raise InvalidError({"expiration_at": ["invalid_date"]})


def _free_code(call: Call, link, values: dict) -> str:
    """Return the code of a new wallet: what was told, else of its name, with a number if taken."""
    told = values.get("code")
    wallets = call.env[WALLET.model].search(
        [("link_id", "=", link.id), ("terminated_at", "=", False)]
    )
    taken = set(wallets.mapped("code"))
    if told:
        if told in taken:
            raise InvalidError({"code": [TAKEN]})
        return told
    name = "_".join((values.get("name") or "default").lower().split())
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def _found(call: Call):
    """Return the wallet that the path names: by its id, or of a customer by its code."""
    if "lago_id" in call.path:
        return find_by_id(call, WALLET, call.path["lago_id"])
    link = find_link(call, call.path["external_id"])
    code = call.path.get("code") or call.path["wallet_code"]
    wallets = call.env[WALLET.model]
    if "\0" not in code:
        domain = [("link_id", "=", link.id), ("code", "=", code)]
        wallets = wallets.search(domain, order="terminated_at desc, id desc", limit=1)
    if not wallets:
        raise NotFoundError("wallet")
    return wallets


metadata_routes("/wallets/{lago_id}", _found)
metadata_routes("/customers/{external_id}/wallets/{wallet_code}", _found)
