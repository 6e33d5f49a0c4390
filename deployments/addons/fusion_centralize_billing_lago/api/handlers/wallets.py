"""Wallets: prepaid credits of customers, owed in Odoo and used by the next invoices."""

from odoo import fields

from ...crediting import wallets as crediting
from ..call import Call
from ..errors import INVALID, MANDATORY, TAKEN, NotFoundError, UnprocessableError
from ..finding import (
    check_currency,
    check_entity,
    entity_query,
    find_by_id,
    find_link,
    of_asked_link,
    of_entity,
)
from ..inputs import Choice, Credits, Free, Listing, Moment, Shape, Text, Unsupported, Whole
from ..objects import (
    CONSUMPTION,
    FUNDING,
    TEXT,
    WALLET,
    WALLET_TRANSACTION,
    all_of,
    list_of,
)
from ..paging import listed
from ..routing import route
from .invoices import payment_url_of, refuse_shadow
from .metadata import metadata_routes

MODEL, MOVEMENT = "fusion.billing.wallet", "fusion.billing.wallet.transaction"
PAIRS = Listing(Shape({"key": Text(), "value": Text()}), 20)
_NOT_HERE = {
    "applies_to": Unsupported(
        (None, {}, {"fee_types": [], "billable_metric_codes": []}, {"fee_types": None})
    ),
    "recurring_transaction_rules": Unsupported(),
    "invoice_requires_successful_payment": Unsupported(),
    "invoice_custom_section": Unsupported(),
    "payment_method": Unsupported((None, {}, {"payment_method_type": "provider"})),
    "purchase_order_number": Unsupported(),
    "paid_top_up_min_amount_cents": Unsupported(),
    "paid_top_up_max_amount_cents": Unsupported(),
}
CHANGES = Shape(
    {
        "name": Text(),
        "code": Text(),
        "priority": Whole(1, 50),
        "expiration_at": Moment(),
        "billing_entity_code": Text(),
        "metadata": Free(5_000),
        **_NOT_HERE,
    }
)
VALUES = Shape(
    {
        **CHANGES.fields,
        "external_customer_id": Text(200),
        "rate_amount": Credits(10**6),
        "currency": Text(3, "[A-Za-z]{3}"),
        "paid_credits": Credits(),
        "granted_credits": Credits(),
        "transaction_name": Text(),
        "transaction_metadata": PAIRS,
        "ignore_paid_top_up_limits_on_creation": Unsupported(),
    },
    mandatory=("rate_amount", "currency"),
)
MOVES = Shape(
    {
        "wallet_id": Text(40),
        "name": Text(),
        "paid_credits": Credits(),
        "granted_credits": Credits(),
        "voided_credits": Credits(),
        "metadata": PAIRS,
        "invoice_requires_successful_payment": Unsupported(),
        "ignore_paid_top_up_limits": Unsupported(),
        "purchase_order_number": Unsupported(),
        "invoice_custom_section": Unsupported(),
        "payment_method": Unsupported((None, {}, {"payment_method_type": "provider"})),
    },
    mandatory=("wallet_id",),
)
BODY = ("wallet", VALUES)
QUERY = {"currency": Text(3), **entity_query()}
MADE = all_of({"wallet_transactions": list_of(WALLET_TRANSACTION.ref)})
URL = all_of(
    {
        "wallet_transaction_payment_details": all_of(
            dict.fromkeys(
                (
                    "lago_customer_id",
                    "lago_wallet_transaction_id",
                    "external_customer_id",
                    "payment_provider",
                    "payment_url",
                ),
                TEXT,
            )
        )
    }
)


@route(
    "POST",
    "/customers/{external_id}/wallets",
    WALLET.one,
    summary="Create a wallet of a customer",
    body=BODY,
    faults=(400, 404, 422),
    partly="no rules or limits for top-ups, not for some fees alone",
)
@route(
    "POST",
    "/wallets",
    WALLET.one,
    body=BODY,
    faults=(400, 404, 422),
    partly="no rules or limits for top-ups, not for some fees alone",
)
def create(call: Call) -> dict:
    """Create a wallet, with credits in it if some are named."""
    values = call.body()
    customer = call.path.get("external_id") or values.get("external_customer_id")
    if not customer:
        raise UnprocessableError({"external_customer_id": [MANDATORY]})
    if values.get("external_customer_id", customer) not in (customer, None):
        raise UnprocessableError({"external_customer_id": [INVALID]})
    link = find_link(call, customer)
    check_currency(call, values)
    check_entity(call, values)
    _check_values(values)
    if not values["rate_amount"]:
        raise UnprocessableError({"rate_amount": [INVALID]})
    wallet = call.env[MODEL].create(
        {
            "link_id": link.id,
            "code": _free_code(call, link, values),
            "name": values.get("name"),
            "priority": values.get("priority") or 50,
            "rate_amount": float(values["rate_amount"]),
            "currency_id": call.currency.id,
            "expiration_at": values.get("expiration_at") or False,
            "shadow": not (call.live or link.billing_state == "live"),
            "api_values": {"metadata": values.get("metadata") or {}},
        }
    )
    told = {
        "name": values.get("transaction_name"),
        "metadata": values.get("transaction_metadata") or [],
    }
    _move(wallet, values, told)
    return {"wallet": WALLET.show(wallet)}


@route("GET", "/wallets/{lago_id}", WALLET.one, faults=(404,))
def find(call: Call) -> dict:
    """Find a wallet."""
    return {"wallet": WALLET.show(_found(call))}


@route("GET", "/customers/{external_id}/wallets/{code}", WALLET.one, faults=(404,))
def find_coded(call: Call) -> dict:
    """Find a wallet of a customer."""
    return {"wallet": WALLET.show(_coded(call))}


@route(
    "GET",
    "/customers/{external_id}/wallets",
    WALLET.page,
    summary="List a customer's wallets",
    query=QUERY,
    paged=True,
    faults=(404, 422),
)
@route(
    "GET",
    "/wallets",
    WALLET.page,
    query={"external_customer_id": Text(200), **QUERY},
    paged=True,
    faults=(404, 422),
)
def list_(call: Call) -> dict:
    """List the wallets of a customer, or of all."""
    wanted = call.wanted()
    domain = [("service_id", "=", call.service.id)]
    domain += of_asked_link(call, wanted)
    if "currency" in wanted:
        domain.append(("currency_id.name", "=", wanted["currency"].upper()))
    if not of_entity(call, wanted):
        domain.append(("id", "=", 0))
    return listed(call, MODEL, domain, "id desc", "wallets", WALLET.show)


@route(
    "PUT",
    "/wallets/{lago_id}",
    WALLET.one,
    body=("wallet", CHANGES),
    faults=(400, 404, 422),
    partly="no rules or limits for top-ups, not for some fees alone",
)
def update(call: Call) -> dict:
    """Change a wallet."""
    return _update(call, _found(call))


@route(
    "PUT",
    "/customers/{external_id}/wallets/{code}",
    WALLET.one,
    body=("wallet", CHANGES),
    faults=(400, 404, 422),
    partly="no rules or limits for top-ups, not for some fees alone",
)
def update_coded(call: Call) -> dict:
    """Change a wallet of a customer."""
    return _update(call, _coded(call))


@route("DELETE", "/wallets/{lago_id}", WALLET.one, faults=(404,))
def terminate(call: Call) -> dict:
    """Close a wallet: what was granted is gone, what was paid for stays owed in Odoo."""
    return _terminate(_found(call))


@route("DELETE", "/customers/{external_id}/wallets/{code}", WALLET.one, faults=(404,))
def terminate_coded(call: Call) -> dict:
    """Close a wallet of a customer."""
    return _terminate(_coded(call))


@route(
    "POST",
    "/wallet_transactions",
    MADE,
    body=("wallet_transaction", MOVES),
    faults=(400, 404, 422),
    partly="no payment method, no invoice sections, limits hold",
)
def move(call: Call) -> dict:
    """Sell, grant or take back credits."""
    values = call.body()
    wallet = _by_id(call, values["wallet_id"])
    if WALLET.show(wallet)["status"] != "active":
        raise UnprocessableError({"wallet_id": ["wallet_is_terminated"]})
    named = [name for name in _AMOUNTS if values.get(name)]
    if not named:
        raise UnprocessableError({"paid_credits": [MANDATORY]})
    told = {"name": values.get("name"), "metadata": values.get("metadata") or []}
    made = _move(wallet, values, told)
    return {"wallet_transactions": [WALLET_TRANSACTION.show(one) for one in made]}


@route("GET", "/wallet_transactions/{lago_id}", WALLET_TRANSACTION.one, faults=(404,))
def find_movement(call: Call) -> dict:
    """Find what came into a wallet or went out of it."""
    one = _movement(call)
    return {"wallet_transaction": WALLET_TRANSACTION.show(one, full=True)}


@route(
    "GET",
    "/wallets/{lago_id}/wallet_transactions",
    WALLET_TRANSACTION.page,
    query={
        "status": Choice(("pending", "settled", "failed")),
        "transaction_status": Choice(("purchased", "granted", "voided", "invoiced")),
        "transaction_type": Choice(("inbound", "outbound")),
    },
    paged=True,
    faults=(404, 422),
)
def list_movements(call: Call) -> dict:
    """List what came into a wallet and went out of it."""
    wanted = call.wanted()
    domain = [("wallet_id", "=", _found(call).id)]
    if "status" in wanted:
        domain.append(("state", "=", wanted["status"]))
    if "transaction_status" in wanted:
        domain.append(("kind", "=", wanted["transaction_status"]))
    if "transaction_type" in wanted:
        inbound = wanted["transaction_type"] == "inbound"
        domain.append(("kind", "in" if inbound else "not in", ("purchased", "granted")))
    show = WALLET_TRANSACTION.show
    return listed(call, MOVEMENT, domain, "id desc", "wallet_transactions", show)


@route(
    "GET",
    "/wallet_transactions/{lago_id}/consumptions",
    CONSUMPTION.page,
    paged=True,
    faults=(404, 422),
)
def list_consumptions(call: Call) -> dict:
    """List what used the credits that came in."""
    return _uses(call, CONSUMPTION, "inbound_id", inbound=True)


@route(
    "GET", "/wallet_transactions/{lago_id}/fundings", FUNDING.page, paged=True, faults=(404, 422)
)
def list_fundings(call: Call) -> dict:
    """List which credits went out."""
    return _uses(call, FUNDING, "outbound_id", inbound=False)


@route("POST", "/wallet_transactions/{lago_id}/payment_url", URL, faults=(404, 422))
def payment_url(call: Call) -> dict:
    """Return where the credits can be paid for."""
    one = _movement(call)
    if not one.invoice_id or one.state != "pending":
        refuse_shadow(one.wallet_id.shadow, "wallet_transaction")
        raise UnprocessableError({"wallet_transaction": ["wallet_transaction_not_payable"]})
    shown = WALLET_TRANSACTION.show(one)
    return {
        "wallet_transaction_payment_details": {
            "lago_customer_id": WALLET.show(one.wallet_id)["lago_customer_id"],
            "lago_wallet_transaction_id": shown["lago_id"],
            "external_customer_id": one.link_id.external_id,
            **payment_url_of(one.invoice_id),
        }
    }


_AMOUNTS = ("paid_credits", "granted_credits", "voided_credits")


def _move(wallet, values: dict, told: dict) -> list:
    made = []
    if values.get("paid_credits"):
        made.append(crediting.sell(wallet, values["paid_credits"], told))
    if values.get("granted_credits"):
        made.append(crediting.grant(wallet, values["granted_credits"], told))
    if values.get("voided_credits"):
        amount = float(values["voided_credits"]) * wallet.rate_amount
        if wallet.currency_id.compare_amounts(amount, wallet.balance) > 0:
            raise UnprocessableError({"voided_credits": ["insufficient_credits"]})
        made.append(crediting.void(wallet, amount))
    return made


def _uses(call: Call, table, end: str, *, inbound: bool) -> dict:
    one = _movement(call)
    if (one.kind in ("purchased", "granted")) != inbound:
        raise UnprocessableError({"transaction_type": [INVALID]})
    model = "fusion.billing.wallet.use"
    return listed(call, model, [(end, "=", one.id)], "id", table.plural, table.show)


def _update(call: Call, wallet) -> dict:
    values = call.body(empty=True)
    check_entity(call, values)
    _check_values(values)
    changes = {name: values[name] for name in ("name", "priority") if name in values}
    if values.get("code") and values["code"] != wallet.code:
        changes["code"] = _free_code(call, wallet.link_id, values)
    if "expiration_at" in values:
        changes["expiration_at"] = values["expiration_at"] or False
    if "metadata" in values:
        changes["api_values"] = {
            **(wallet.api_values or {}),
            "metadata": values["metadata"] or {},
        }
    wallet.write(changes)
    return {"wallet": WALLET.show(wallet)}


def _check_values(values: dict) -> None:
    ends = values.get("expiration_at")
    if ends and ends <= fields.Datetime.now():
        raise UnprocessableError({"expiration_at": ["invalid_date"]})


def _terminate(wallet) -> dict:
    wallet._terminate()
    return {"wallet": WALLET.show(wallet)}


def _free_code(call: Call, link, values: dict) -> str:
    """Return the code of a new wallet: what was told, else of its name, with a number if taken."""
    told = values.get("code")
    wallets = call.env[MODEL].search([("link_id", "=", link.id), ("terminated_at", "=", False)])
    taken = set(wallets.mapped("code"))
    if told:
        if told in taken:
            raise UnprocessableError({"code": [TAKEN]})
        return told
    name = "_".join((values.get("name") or "default").lower().split())
    names = (name, *(f"{name}_{number}" for number in range(2, len(taken) + 3)))
    return next(one for one in names if one not in taken)


def _by_id(call: Call, text: str):
    return find_by_id(call, MODEL, text, [("service_id", "=", call.service.id)], "wallet")


def _found(call: Call):
    return _by_id(call, call.path["lago_id"])


def _movement(call: Call):
    domain = [("service_id", "=", call.service.id)]
    return find_by_id(call, MOVEMENT, call.path["lago_id"], domain, "wallet_transaction")


def _coded(call: Call, name: str = "code"):
    link = find_link(call, call.path["external_id"])
    code = call.path[name]
    wallets = call.env[MODEL]
    if "\0" not in code:
        domain = [("link_id", "=", link.id), ("code", "=", code)]
        wallets = wallets.search(domain, order="terminated_at desc, id desc", limit=1)
    if not wallets:
        raise NotFoundError("wallet")
    return wallets


metadata_routes("/wallets/{lago_id}", _found)
metadata_routes(
    "/customers/{external_id}/wallets/{wallet_code}", lambda call: _coded(call, "wallet_code")
)
