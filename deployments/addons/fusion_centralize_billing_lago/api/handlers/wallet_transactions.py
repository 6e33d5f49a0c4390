"""What came into wallets and went out of them."""

from decimal import ROUND_FLOOR, Decimal

from ...crediting import wallets as crediting
from ..call import Call
from ..errors import INVALID, MANDATORY, InvalidError
from ..finding import find_by_id
from ..inputs import BY_PROVIDER, Choice, Credits, Flag, Listing, Shape, Text, Unsupported
from ..objects import CONSUMPTION, FUNDING, WALLET, WALLET_TRANSACTION, all_of, list_of
from ..objects.values import cents
from ..objects.wallet import DIRECTIONS, KINDS, STATES, is_inbound
from ..paging import listed
from ..routing import route
from .invoices import payment_url_of, payment_url_schema, refuse_shadow

PAIRS = Listing(Shape({"key": Text(), "value": Text()}), 20)
MOVES = Shape(
    {
        "wallet_id": Text(40),
        "name": Text(),
        "paid_credits": Credits(),
        "granted_credits": Credits(),
        "voided_credits": Credits(),
        "metadata": PAIRS,
        "invoice_requires_successful_payment": Unsupported(),
        "ignore_paid_top_up_limits": Flag(),
        "purchase_order_number": Unsupported(),
        "invoice_custom_section": Unsupported(),
        "payment_method": BY_PROVIDER,
    },
    mandatory=("wallet_id",),
)
MADE = all_of({"wallet_transactions": list_of(WALLET_TRANSACTION.ref)})
URL = payment_url_schema("wallet_transaction_payment_details", "lago_wallet_transaction_id")


@route(
    "POST",
    "/wallet_transactions",
    MADE,
    body=MOVES,
    root="wallet_transaction",
    partly="no payment method, no invoice sections",
    faults=(404,),
)
def move(call: Call) -> dict:
    """Sell, grant or take back credits."""
    values = call.body()
    wallet = find_by_id(call, WALLET, values["wallet_id"])
    if WALLET.show(wallet)["status"] != "active":
        raise InvalidError({"wallet_id": ["wallet_is_terminated"]})
    named = [name for name in _AMOUNTS if values.get(name)]
    if not named:
        raise InvalidError({"paid_credits": [MANDATORY]})
    if not values.get("ignore_paid_top_up_limits"):
        check_limits(wallet, values)
    told = {"name": values.get("name"), "metadata": values.get("metadata") or []}
    made = move_credits(wallet, values, told)
    return {"wallet_transactions": [WALLET_TRANSACTION.show(one) for one in made]}


@route("GET", "/wallet_transactions/{lago_id}", WALLET_TRANSACTION.one)
def find_movement(call: Call) -> dict:
    """Find what came into a wallet or went out of it."""
    one = _movement(call)
    return WALLET_TRANSACTION.answer(one, full=True)


@route(
    "GET",
    "/wallets/{lago_id}/wallet_transactions",
    WALLET_TRANSACTION.page,
    query={
        "status": Choice(STATES),
        "transaction_status": Choice(KINDS),
        "transaction_type": Choice(DIRECTIONS),
    },
)
def list_movements(call: Call) -> dict:
    """List what came into a wallet and went out of it."""
    wanted = call.wanted()
    domain = [("wallet_id", "=", find_by_id(call, WALLET, call.path["lago_id"]).id)]
    if "status" in wanted:
        domain.append(("state", "=", wanted["status"]))
    if "transaction_status" in wanted:
        domain.append(("kind", "=", wanted["transaction_status"]))
    if "transaction_type" in wanted:
        inbound = wanted["transaction_type"] == "inbound"
        domain.append(("kind", "in" if inbound else "not in", ("purchased", "granted")))
    return listed(call, WALLET_TRANSACTION, domain)


@route("GET", "/wallet_transactions/{lago_id}/consumptions", CONSUMPTION.page)
def list_consumptions(call: Call) -> dict:
    """List what used the credits that came in."""
    return _uses(call, CONSUMPTION, "inbound_id", inbound=True)


@route("GET", "/wallet_transactions/{lago_id}/fundings", FUNDING.page)
def list_fundings(call: Call) -> dict:
    """List which credits went out."""
    return _uses(call, FUNDING, "outbound_id", inbound=False)


@route("POST", "/wallet_transactions/{lago_id}/payment_url", URL)
def payment_url(call: Call) -> dict:
    """Return where the credits can be paid for."""
    one = _movement(call)
    if not one.invoice_id or one.state != "pending":
        refuse_shadow(one.wallet_id.shadow, "wallet_transaction")
        raise InvalidError({"wallet_transaction": ["wallet_transaction_not_payable"]})
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


def _whole(credits: Decimal) -> Decimal:
    """Return credits to the five decimals that Lago keeps, the rest cut off."""
    return credits.quantize(Decimal("0.00001"), ROUND_FLOOR)


def check_limits(wallet, values: dict) -> None:
    """Refuse to sell credits for less, or more, than the wallet's limits.

    Raises:
        InvalidError: The credits that are to be paid for cost so much.
    """
    if not values.get("paid_credits"):
        return
    shown = WALLET.show(wallet)
    least, most = (shown[f"paid_top_up_{end}_amount_cents"] for end in ("min", "max"))
    price = _whole(values["paid_credits"]) * Decimal(str(wallet.rate_amount))
    amount = cents(price, wallet.currency_id)
    if least and amount < least:
        raise InvalidError({"paid_credits": ["amount_below_minimum"]})
    if most and amount > most:
        raise InvalidError({"paid_credits": ["amount_above_maximum"]})


def move_credits(wallet, values: dict, told: dict) -> list:
    """Sell, grant or take back the credits that values name; return what was made of it."""
    made, credits = [], {name: _whole(values.get(name) or Decimal(0)) for name in _AMOUNTS}
    if credits["paid_credits"]:
        made.append(crediting.sell(wallet, credits["paid_credits"], told))
    if credits["granted_credits"]:
        made.append(crediting.grant(wallet, credits["granted_credits"], told))
    if credits["voided_credits"]:
        amount = float(credits["voided_credits"]) * wallet.rate_amount
        if wallet.currency_id.compare_amounts(amount, wallet.balance) > 0:
            raise InvalidError({"voided_credits": ["insufficient_credits"]})
        made.append(crediting.void(wallet, amount))
    return made


def _uses(call: Call, table, end: str, *, inbound: bool) -> dict:
    one = _movement(call)
    if is_inbound(one) != inbound:
        raise InvalidError({"transaction_type": [INVALID]})
    return listed(call, table, [(end, "=", one.id)], "id")


def _movement(call: Call):
    return find_by_id(call, WALLET_TRANSACTION, call.path["lago_id"])
