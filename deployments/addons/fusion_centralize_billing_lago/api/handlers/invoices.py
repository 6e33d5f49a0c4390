"""Invoices of Odoo that bill the service's subscriptions."""

from odoo import fields

from ..call import Call
from ..finding import any_link, find_by_id, find_link
from ..inputs import Choice, Day, Text
from ..objects import INVOICE
from ..objects.invoice import STATUSES
from ..paging import listed
from ..routing import route

MODEL = "account.move"
STATES = {shown: state for state, shown in STATUSES.items()}
QUERY = {
    "status": Choice(tuple(STATES)),
    "payment_status": Choice(("pending", "succeeded", "failed")),
    "issuing_date_from": Day(),
    "issuing_date_to": Day(),
    "currency": Text(3),
    "payment_overdue": Choice(("true", "false")),
}
PAID = ("paid", "in_payment", "reversed")


@route(
    "GET",
    "/customers/{external_id}/invoices",
    INVOICE.page,
    summary="List a customer's invoices",
    query=QUERY,
    paged=True,
    faults=(404, 422),
)
@route(
    "GET",
    "/invoices",
    INVOICE.page,
    query={"external_customer_id": Text(200), **QUERY},
    paged=True,
    faults=(422,),
)
def list_(call: Call) -> dict:
    """List invoices."""
    wanted = call.wanted()
    domain = _own(call)
    if "external_id" in call.path:
        link = find_link(call, call.path["external_id"])
        domain.append((f"{_ORDER}.x_fc_account_link_id", "=", link.id))
    elif "external_customer_id" in wanted:
        link = any_link(call, wanted["external_customer_id"])
        domain.append((f"{_ORDER}.x_fc_account_link_id", "=", link.id or 0))
    statuses = call.query.getlist("statuses[]") or call.query.getlist("status[]")
    states = [STATES[one] for one in statuses if one in STATES]
    if "status" in wanted:
        states.append(STATES[wanted["status"]])
    if states:
        domain.append(("state", "in", states))
    if "payment_status" in wanted:
        domain += _payment(wanted["payment_status"])
    for name, operator in (("issuing_date_from", ">="), ("issuing_date_to", "<=")):
        if name in wanted:
            domain.append(("invoice_date", operator, wanted[name]))
    if "currency" in wanted:
        domain.append(("currency_id.name", "=", wanted["currency"].upper()))
    if "payment_overdue" in wanted:
        domain += _overdue(call, wanted["payment_overdue"] == "true")
    order = "invoice_date desc, id desc"
    return listed(
        call, MODEL, domain, order, "invoices", lambda one: INVOICE.show(one, call.service)
    )


@route("GET", "/invoices/{lago_id}", INVOICE.one, faults=(404,))
def find(call: Call) -> dict:
    """Find an invoice, with its fees."""
    return {"invoice": INVOICE.show(_found(call), call.service, full=True)}


@route("POST", "/invoices/{lago_id}/download", None, faults=(404,))
def download(call: Call) -> None:
    """Ask for the PDF: the answer is empty, Odoo sends invoices itself."""
    _found(call)


_ORDER = "invoice_line_ids.sale_line_ids.order_id"


def _own(call: Call) -> list:
    """Return the condition for the invoices that bill the service's orders."""
    return [
        ("company_id", "=", call.company.id),
        ("move_type", "=", "out_invoice"),
        (f"{_ORDER}.x_fc_service_id", "=", call.service.id),
    ]


def _found(call: Call):
    return find_by_id(call, MODEL, call.path["lago_id"], _own(call), "invoice")


def _payment(status: str) -> list:
    failed = ("transaction_ids.state", "=", "error")
    if status == "succeeded":
        return [("payment_state", "in", PAID)]
    unpaid = [("payment_state", "not in", PAID)]
    return [*unpaid, failed] if status == "failed" else [*unpaid, "!", failed]


def _overdue(call: Call, overdue: bool) -> list:
    today = fields.Date.context_today(call.env[MODEL])
    late = [
        "&",
        "&",
        ("state", "=", "posted"),
        ("payment_state", "not in", PAID),
        ("invoice_date_due", "<", today),
    ]
    return late if overdue else ["!", *late]
