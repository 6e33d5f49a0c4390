"""Invoices of Odoo that bill the service's subscriptions, and one-off ones that it asks for."""

from decimal import Decimal

from odoo import fields
from odoo.exceptions import UserError
from odoo.tools import SQL

from ..call import Call
from ..currencies import of_amount
from ..errors import INVALID, InvalidError
from ..finding import asked_for, asked_link, entity_query, find_by_id
from ..inputs import Choice, Day, Keyed, Listing, Text, Whole
from ..objects import INVOICE, TEXT, all_of
from ..objects.invoice import PAYMENT_STATUSES, STATUSES
from ..objects.values import PAID
from ..paging import listed
from ..routing import route

STATES = {shown: state for state, shown in STATUSES.items()}
# Lago's other words; no invoice of Odoo is in such a state.
STATUS = Choice((*STATES, "failed", "pending"))
PAYMENT_STATUS = Choice(PAYMENT_STATUSES)
YES_NO = Choice(("true", "false"))
QUERY = {
    "status[]": Listing(STATUS),
    "statuses[]": Listing(STATUS),
    "payment_status[]": Listing(PAYMENT_STATUS),
    "payment_statuses[]": Listing(PAYMENT_STATUS),
    "issuing_date_from": Day(),
    "issuing_date_to": Day(),
    "amount_from": Whole(0, 10**15),
    "amount_to": Whole(0, 10**15),
    "currency": Text(3),
    "payment_overdue": YES_NO,
    "partially_paid": YES_NO,
    "payment_dispute_lost": YES_NO,
    "self_billed": YES_NO,
    "invoice_type": Choice(("subscription", "add_on", "credit", "one_off", "progressive_billing")),
    "search_term": Text(),
    "metadata[key]": Keyed(),
    **entity_query(),
}
_ORDER = "invoice_line_ids.sale_line_ids.order_id"


@route("GET", "/invoices", INVOICE.page, query=QUERY, of_customer="List a customer's invoices")
def list_(call: Call) -> dict:
    """List invoices."""
    wanted = call.wanted()
    domain = [*own_invoices(call), *asked_for(call, wanted, None)]
    link = asked_link(call, wanted)
    if link is not None:
        domain += _of_link(link)
    if wanted.get("self_billed") == "true":
        domain.append(("id", "=", 0))
    statuses = [*wanted.get("status", ()), *wanted.get("statuses", ())]
    if statuses:
        domain.append(("state", "in", [STATES[one] for one in statuses if one in STATES]))
    domain += _payments([*wanted.get("payment_status", ()), *wanted.get("payment_statuses", ())])
    domain += _figures(wanted)
    if "payment_overdue" in wanted:
        domain += _overdue(call, wanted["payment_overdue"] == "true")
    if "partially_paid" in wanted:
        operator = "=" if wanted["partially_paid"] == "true" else "!="
        domain.append(("payment_state", operator, "partial"))
    if "invoice_type" in wanted:
        domain += _typed(wanted["invoice_type"])
    if "search_term" in wanted:
        term = wanted["search_term"]
        domain += ["|", "|", ("name", "ilike", term), ("x_fc_link_id.external_id", "ilike", term)]
        domain.append((f"{_ORDER}.x_fc_account_link_id.external_id", "ilike", term))
    told = _told(call, wanted)
    if told is not None:
        domain.append(("id", "in", told))
    order = "invoice_date desc, id desc"
    return listed(call, INVOICE, domain, order, lambda one: INVOICE.show(one, call.service))


@route("GET", "/invoices/{lago_id}", INVOICE.one)
def find(call: Call) -> dict:
    """Find an invoice, with its fees."""
    return shown(call, find_invoice(call))


def shown(call: Call, move) -> dict:
    """Return the answer that shows a single invoice."""
    return INVOICE.answer(move, call.service, full=True)


def own_invoices(call: Call) -> list:
    """Return the condition for the invoices that bill the service."""
    return [
        ("company_id", "=", call.company.id),
        ("move_type", "=", "out_invoice"),
        "|",
        ("x_fc_link_id.service_id", "=", call.service.id),
        (f"{_ORDER}.x_fc_service_id", "=", call.service.id),
    ]


def find_invoice(call: Call, text: str | None = None):
    """Return the service's invoice of an id, that of the path if none is given.

    Raises:
        NotFoundError: There is none.
    """
    wanted = call.path["lago_id"] if text is None else text
    return find_by_id(call, INVOICE, wanted, own_invoices(call))


def payment_url_schema(root: str, lago_id: str):
    """Give the answer that tells where to pay, under a root; ``lago_id`` names what is paid."""
    paid = ("lago_customer_id", lago_id, "external_customer_id")
    return all_of({root: all_of(dict.fromkeys((*paid, "payment_provider", "payment_url"), TEXT))})


def payment_url_of(move) -> dict:
    """Return where a posted invoice can be paid: an address that holds its own key."""
    path = move.sudo().get_portal_url()
    return {"payment_provider": "odoo", "payment_url": f"{move.get_base_url()}{path}"}


def refuse_shadow(shadow, name: str) -> None:
    """Refuse what takes money while the service itself does.

    Raises:
        InvalidError: The record is a shadow.
    """
    if shadow:
        raise InvalidError({name: ["billed_by_service"]})


def _of_link(link) -> list:
    link_id = link.id or 0
    return [
        "|",
        ("x_fc_link_id", "=", link_id),
        (f"{_ORDER}.x_fc_account_link_id", "=", link_id),
    ]


def _typed(kind: str) -> list:
    if kind == "subscription":
        return [("x_fc_kind", "=", False)]
    return [("x_fc_kind", "=", kind if kind in ("one_off", "credit") else "none")]


def _payments(statuses: list) -> list:
    if not statuses:
        return []
    each = [_payment(status) for status in sorted(set(statuses))]
    return [*("|" for _one in each[1:]), *(part for one in each for part in one)]


def _payment(status: str) -> list:
    """Return one condition, as a domain whose parts are joined."""
    failed = ("transaction_ids.state", "=", "error")
    if status == "succeeded":
        return [("payment_state", "in", PAID)]
    unpaid = ("payment_state", "not in", PAID)
    return ["&", unpaid, failed] if status == "failed" else ["&", unpaid, "!", failed]


def _figures(wanted: dict) -> list:
    domain = []
    for name, operator in (("issuing_date_from", ">="), ("issuing_date_to", "<=")):
        if name in wanted:
            domain.append(("invoice_date", operator, wanted[name]))
    for name, operator in (("amount_from", ">="), ("amount_to", "<=")):
        if name in wanted:
            domain += of_amount("amount_total", operator, wanted[name])
    return domain


def _told(call: Call, wanted: dict) -> list[int] | None:
    """Return the ids of invoices of which the service said what is wanted; None: nothing is."""
    conditions = [
        SQL("x_fc_api_values->'metadata'->>%s = %s", key, value)
        for key, value in wanted.get("metadata", {}).items()
    ]
    if "payment_dispute_lost" in wanted:
        lost = wanted["payment_dispute_lost"] == "true"
        conditions.append(SQL("(x_fc_api_values->>'dispute_lost_at' IS NOT NULL) = %s", lost))
    if not conditions:
        return None
    call.env.flush_all()
    query = SQL(
        "SELECT id FROM account_move WHERE company_id = %s AND move_type = 'out_invoice' AND %s",
        call.company.id,
        SQL(" AND ").join(conditions),
    )
    return [move_id for (move_id,) in call.env.execute_query(query)]


def _overdue(call: Call, overdue: bool) -> list:
    today = fields.Date.context_today(call.env[INVOICE.model])
    late = [
        "&",
        "&",
        ("state", "=", "posted"),
        ("payment_state", "not in", PAID),
        ("invoice_date_due", "<", today),
    ]
    return late if overdue else ["!", *late]


def check_amount(move, cents: int, name: str) -> float:
    """Return an amount in major units that is owed on an invoice.

    Raises:
        InvalidError: Nothing is, or less.
    """
    amount = float(Decimal(cents).scaleb(-move.currency_id.decimal_places))
    if move.state != "posted" or not move.amount_residual:
        raise InvalidError({"invoice_id": ["invoice_is_not_payable"]})
    if move.currency_id.compare_amounts(amount, move.amount_residual) > 0:
        raise InvalidError({name: ["amount_cents_greater_than_the_invoice_amount"]})
    if amount <= 0:
        raise InvalidError({name: [INVALID]})
    return amount


def pay(moves, amount: float, reference: str, day=None):
    """Register a payment for posted invoices of one customer, and return it.

    Raises:
        InvalidError: Odoo cannot take it.
    """
    wizard = moves.env["account.payment.register"].with_context(
        active_model="account.move", active_ids=moves.ids
    )
    values = {
        "amount": amount,
        "payment_date": day or fields.Date.context_today(moves),
        "communication": reference,
    }
    if len(moves) > 1:
        values["group_payment"] = True
    try:
        return wizard.create(values)._create_payments()
    except UserError as refused:
        raise InvalidError({"base": [str(refused)]}) from None
