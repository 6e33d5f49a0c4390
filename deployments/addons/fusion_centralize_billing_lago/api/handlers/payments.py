"""Payments, receipts, cards, and requests to pay several invoices."""

from odoo.fields import Command

from ..call import Call
from ..errors import INVALID, MANDATORY, InvalidError
from ..finding import asked_for, asked_link, entity_query, find_by_id, find_link
from ..inputs import BY_PROVIDER, Day, Emails, Listing, Shape, Text, Whole
from ..lago_id import lago_id
from ..objects import (
    INVOICE,
    PAYMENT,
    PAYMENT_METHOD,
    PAYMENT_RECEIPT,
    PAYMENT_REQUEST,
    TEXT,
    all_of,
)
from ..objects.invoice import customer_of
from ..paging import listed
from ..routing import route
from .invoices import PAYMENT_STATUS, check_amount, find_invoice, own_invoices, pay, refuse_shadow

VALUES = Shape(
    {
        "invoice_id": Text(40),
        "amount_cents": Whole(1, 10**12),
        "reference": Text(),
        "paid_at": Day(),
    },
    mandatory=("invoice_id", "amount_cents", "reference"),
)
ASKED = Shape(
    {
        "external_customer_id": Text(200),
        "email": Emails(),
        "lago_invoice_ids": Listing(Text(40)),
        "payment_method": BY_PROVIDER,
    },
    mandatory=("external_customer_id", "email", "lago_invoice_ids"),
)
OF_INVOICE = {"invoice_id": Text(40)}
REQUEST_QUERY = {"payment_status": PAYMENT_STATUS, **entity_query()}
PORTAL = all_of({"customer": all_of({"portal_url": TEXT})})
_CHECKOUT = (
    "lago_customer_id",
    "external_customer_id",
    "payment_provider",
    "payment_provider_code",
    "checkout_url",
)
CHECKOUT = all_of({"customer": all_of(dict.fromkeys(_CHECKOUT, TEXT))})


@route("POST", "/payments", PAYMENT.one, body=VALUES, faults=(404,))
def create(call: Call) -> dict:
    """Tell of a payment that came another way: it is registered in Odoo."""
    values = call.body()
    move = find_invoice(call, values["invoice_id"])
    refuse_shadow(move.x_fc_shadow, "invoice_id")
    amount = check_amount(move, values["amount_cents"], "amount_cents")
    payment = pay(move, amount, values["reference"], values.get("paid_at"))
    return PAYMENT.answer(payment, _link_of(call, payment))


@route("GET", "/payments/{lago_id}", PAYMENT.one)
def find(call: Call) -> dict:
    """Find a payment."""
    return _answer(call, PAYMENT)


@route(
    "GET",
    "/payments",
    PAYMENT.page,
    query=OF_INVOICE,
    faults=(404,),
    of_customer="List a customer's payments",
)
def list_(call: Call) -> dict:
    """List payments of the service's invoices."""
    wanted = call.wanted()
    domain = _own(call, wanted, asked_link(call, wanted))
    return listed(call, PAYMENT, domain, show=lambda one: PAYMENT.show(one, _link_of(call, one)))


@route("GET", "/payment_receipts/{lago_id}", PAYMENT_RECEIPT.one)
def find_receipt(call: Call) -> dict:
    """Find the receipt of a payment."""
    return _answer(call, PAYMENT_RECEIPT, _PAID)


@route("GET", "/payment_receipts", PAYMENT_RECEIPT.page, query=OF_INVOICE, faults=(404,))
def list_receipts(call: Call) -> dict:
    """List the receipts of payments."""
    domain = [*_own(call, call.wanted(), None), *_PAID]
    show = PAYMENT_RECEIPT.show
    return listed(call, PAYMENT_RECEIPT, domain, show=lambda one: show(one, _link_of(call, one)))


@route(
    "POST",
    "/payment_requests",
    PAYMENT_REQUEST.one,
    body=ASKED,
    partly="no payment method",
    faults=(404,),
)
def ask(call: Call) -> dict:
    """Ask a customer to pay overdue invoices together."""
    values = call.body()
    link = find_link(call, values["external_customer_id"])
    moves = call.env["account.move"]
    for text in values["lago_invoice_ids"]:
        moves |= find_invoice(call, text)
    foreign = moves.filtered(lambda move: customer_of(move, call.service) != link)
    open_ = all(INVOICE.show(move, call.service)["payment_overdue"] for move in moves)
    if len(moves.currency_id) > 1:
        raise InvalidError({"lago_invoice_ids": ["currencies_does_not_match"]})
    if foreign or not moves or not open_:
        code = INVALID if foreign or not moves else "invoices_not_overdue"
        raise InvalidError({"lago_invoice_ids": [code]})
    request = call.env[PAYMENT_REQUEST.model].create(
        {
            "link_id": link.id,
            "email": values["email"],
            "amount": sum(moves.mapped("amount_residual")),
            "currency_id": moves.currency_id.id,
            "invoice_ids": [Command.set(moves.ids)],
        }
    )
    return PAYMENT_REQUEST.answer(request)


@route("GET", "/payment_requests/{lago_id}", PAYMENT_REQUEST.one)
def find_request(call: Call) -> dict:
    """Find a payment request."""
    return PAYMENT_REQUEST.answer(find_by_id(call, PAYMENT_REQUEST, call.path["lago_id"]))


@route(
    "GET",
    "/customers/{external_id}/payment_requests",
    PAYMENT_REQUEST.page,
    summary="List a customer's payment requests",
    query=REQUEST_QUERY,
)
@route(
    "GET",
    "/payment_requests",
    PAYMENT_REQUEST.page,
    query={"external_customer_id": Text(200), "currency": Text(3), **REQUEST_QUERY},
)
def list_requests(call: Call) -> dict:
    """List payment requests."""
    wanted = call.wanted()
    domain = [*call.mine, *asked_for(call, wanted)]
    if "payment_status" in wanted:
        every, status = call.env[PAYMENT_REQUEST.model].search(domain), wanted["payment_status"]
        found = every.filtered(lambda one: one.payment_status == status)
        domain = [*call.mine, ("id", "in", found.ids)]
    return listed(call, PAYMENT_REQUEST, domain)


@route("GET", "/customers/{external_id}/payment_methods", PAYMENT_METHOD.page)
def list_methods(call: Call) -> dict:
    """List a customer's cards."""
    link = find_link(call, call.path["external_id"])
    default = _default(call, link)
    show = PAYMENT_METHOD.show
    domain = _tokens(call, link)
    return listed(call, PAYMENT_METHOD, domain, show=lambda token: show((token, token == default)))


@route("DELETE", "/customers/{external_id}/payment_methods/{lago_id}", PAYMENT_METHOD.one)
def forget_method(call: Call) -> dict:
    """Forget a card."""
    link = find_link(call, call.path["external_id"])
    token = find_by_id(call, PAYMENT_METHOD, call.path["lago_id"], _tokens(call, link))
    answer = PAYMENT_METHOD.answer((token, False))
    token.active = False
    return answer


@route(
    "PUT", "/customers/{external_id}/payment_methods/{lago_id}/set_as_default", PAYMENT_METHOD.one
)
def prefer_method(call: Call) -> dict:
    """Let a customer's live subscriptions be paid by a card."""
    link = find_link(call, call.path["external_id"])
    token = find_by_id(call, PAYMENT_METHOD, call.path["lago_id"], _tokens(call, link))
    orders = _live_orders(call, link)
    refuse_shadow(not orders, "payment_method")
    orders.write({"payment_token_id": token.id})
    return PAYMENT_METHOD.answer((token, True))


@route("GET", "/customers/{external_id}/portal_url", PORTAL)
def portal_url(call: Call) -> dict:
    """Return where a customer finds its invoices: an invitation to Odoo's portal."""
    link = find_link(call, call.path["external_id"])
    return {"customer": {"portal_url": _invitation(link, "/my")}}


@route("POST", "/customers/{external_id}/checkout_url", CHECKOUT)
def checkout_url(call: Call) -> dict:
    """Return where a customer leaves a card."""
    link = find_link(call, call.path["external_id"])
    provider = call.env["payment.provider"].search(
        [("company_id", "=", call.company.id), ("state", "!=", "disabled")], limit=1
    )
    if not provider:
        raise InvalidError({"base": ["no_linked_payment_provider"]})
    url = _invitation(link, "/my/payment_method")
    told = {
        "lago_customer_id": lago_id(link),
        "external_customer_id": link.external_id,
        "payment_provider": provider.code,
        "payment_provider_code": provider.code,
        "checkout_url": url,
    }
    if call.live:
        event = "customer.checkout_url_generated"
        call.env["fusion.billing.webhook"]._emit(call.service, event, link, told, link=link)
    return {"customer": told}


_PAID = [("state", "in", ("in_process", "paid"))]


def _own(call: Call, wanted: dict, link) -> list:
    """Return the condition for the payments of the service's invoices."""
    moves = call.env["account.move"]
    domain = own_invoices(call)
    if "invoice_id" in wanted:
        domain.append(("id", "=", find_invoice(call, wanted["invoice_id"]).id))
    found = moves.search(domain)
    if link is not None:
        found = found.filtered(lambda move: customer_of(move, call.service) == link)
    return [
        ("company_id", "=", call.company.id),
        ("payment_type", "=", "inbound"),
        ("invoice_ids", "in", found.ids),
    ]


def _answer(call: Call, table, more=()) -> dict:
    domain = [*_own(call, {}, None), *more]
    payment = find_by_id(call, table, call.path["lago_id"], domain)
    return table.answer(payment, _link_of(call, payment))


def _link_of(call: Call, payment):
    for move in payment.invoice_ids | payment.reconciled_invoice_ids:
        link = customer_of(move, call.service)
        if link:
            return link
    return call.env["fusion.billing.account.link"]


def _tokens(call: Call, link) -> list:
    """Return the condition for the cards of a customer; none of one that others share."""
    partner = link.partner_id if _is_alone(link) else link.partner_id.browse()
    return [("partner_id", "=", partner.id or 0), ("company_id", "=", call.company.id)]


def _live_orders(call: Call, link):
    return call.env["sale.order"].search(
        [
            ("x_fc_account_link_id", "=", link.id),
            ("x_fc_shadow", "=", False),
            ("state", "=", "sale"),
        ]
    )


def _default(call: Call, link):
    return _live_orders(call, link).payment_token_id[:1]


def _is_alone(link) -> bool:
    """Tell whether a contact is this account's own, and nobody else's."""
    staff = any(user._is_internal() for user in link.partner_id.user_ids)
    return link._keeps_contact() and not staff


def _invitation(link, path: str) -> str:
    """Return an address by which a contact comes into the portal.

    Raises:
        InvalidError: The contact is not the service's to invite, or has no address.
    """
    partner = link.partner_id
    if not _is_alone(link):
        raise InvalidError({"base": ["shared_contact"]})
    if not partner.email:
        raise InvalidError({"email": [MANDATORY]})
    partner.signup_prepare()
    found = partner.with_context(signup_valid=True)._get_signup_url_for_action(url=path)
    return found[partner.id]
