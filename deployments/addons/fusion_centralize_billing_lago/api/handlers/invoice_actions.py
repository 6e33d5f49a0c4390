"""What can be done with invoices: made once, posted, voided, charged, told of as paid."""

from odoo import fields
from odoo.fields import Command

from ...crediting import wallets
from ..call import Call
from ..currencies import check_pays_in, find_currency
from ..errors import (
    INVALID,
    MANDATORY,
    UNSUPPORTED,
    InvalidError,
    MethodNotAllowedError,
    read_each,
    under,
)
from ..finding import check_entity, check_tax_codes, find_code, find_link
from ..inputs import (
    BY_PROVIDER,
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
from ..lago_id import lago_id
from ..objects import ADD_ON, INVOICE
from ..objects.values import major
from ..routing import route
from .invoices import (
    PAYMENT_STATUS,
    find_invoice,
    pay,
    payment_url_of,
    payment_url_schema,
    refuse_shadow,
    shown,
)

FEE = Shape(
    {
        "add_on_code": Text(),
        "invoice_display_name": Text(),
        "unit_amount_cents": Whole(0, 10**10),
        "units": Credits(),
        "description": Text(600),
        "from_datetime": Moment(),
        "to_datetime": Moment(),
        "tax_codes": Listing(Text()),
    },
    mandatory=("add_on_code",),
)
ONE_OFF = Shape(
    {
        "external_customer_id": Text(200),
        "billing_entity_code": Text(),
        "currency": CURRENCY,
        "fees": Listing(FEE),
        "skip_psp": Flag(),
        "invoice_custom_section": Unsupported(),
        "payment_method": BY_PROVIDER,
    },
    mandatory=("external_customer_id", "fees"),
)
CHANGES = Shape(
    {
        "payment_status": PAYMENT_STATUS,
        "metadata": Listing(Shape({"id": Text(40), "key": Text(40), "value": Text()}), 20),
    }
)
VOID = Shape(
    {
        "generate_credit_note": Unsupported(),
        "refund_amount": Unsupported(),
        "credit_amount": Unsupported(),
    }
)
METHOD = Shape(
    {"payment_method_type": Choice(("provider",), ("manual",)), "payment_method_id": Text(40)}
)
URL = payment_url_schema("invoice_payment_details", "lago_invoice_id")


@route(
    "POST",
    "/invoices",
    INVOICE.one,
    body=ONE_OFF,
    partly="no payment method, no invoice sections",
    faults=(404,),
)
def create(call: Call) -> dict:
    """Invoice add-ons once; until the service is live, the invoice is a draft that stays one."""
    values = call.body()
    link = find_link(call, values["external_customer_id"])
    currency = find_currency(call, values) if values.get("currency") else link._fc_currency()
    currency = currency or call.currency
    check_pays_in(link, currency)
    check_entity(call, values)
    with under("fees"):
        lines = read_each(lambda fee: _line(call, link, fee, currency), values["fees"])
    shadow = not (call.live or link.billing_state == "live")
    move = call.env["account.move"].create(
        {
            "move_type": "out_invoice",
            "partner_id": link.partner_id.id,
            "currency_id": currency.id,
            "company_id": call.company.id,
            "invoice_date": fields.Date.context_today(link),
            "x_fc_link_id": link.id,
            "x_fc_kind": "one_off",
            "x_fc_shadow": shadow,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }
    )
    if not shadow:
        move.action_post()
    return shown(call, move)


def _line(call: Call, link, fee: dict, currency) -> dict:
    add_on = find_code(call, ADD_ON, fee["add_on_code"])
    if fee.get("unit_amount_cents") is not None:
        price = major(fee["unit_amount_cents"], currency)
    elif add_on.currency_id == currency:
        price = add_on.amount
    else:
        # What it costs in another currency nobody has said.
        raise InvalidError({"unit_amount_cents": [MANDATORY]})
    starts, ends = fee.get("from_datetime"), fee.get("to_datetime")
    if bool(starts) != bool(ends) or (starts and starts > ends):
        raise InvalidError({"from_datetime" if not starts else "to_datetime": [INVALID]})
    codes = check_tax_codes(call, fee) or add_on.tax_code_ids
    codes = codes or check_tax_codes(call, link.api_values or {})
    line = {
        "product_id": add_on.product_id.id,
        "name": fee.get("description") or fee.get("invoice_display_name") or add_on.name,
        "quantity": float(fee.get("units") if fee.get("units") is not None else 1),
        "price_unit": price,
        "x_fc_link_id": link.id,
        "x_fc_add_on_id": add_on.id,
    }
    if codes:
        line["tax_ids"] = [Command.set(codes.tax_ids.ids)]
    if starts:
        line["name"] += f"\n{starts.date()} - {ends.date()}"
    return line


@route("PUT", "/invoices/{lago_id}", INVOICE.one, body=CHANGES)
def update(call: Call) -> dict:
    """Say that an invoice is paid, or keep pairs with it."""
    move = find_invoice(call)
    values = call.body()
    status = values.get("payment_status")
    if status and status != INVOICE.show(move, call.service)["payment_status"]:
        if status != "succeeded" or move.state != "posted":
            # Odoo knows it from payments: one is not undone by a word.
            raise InvalidError({"payment_status": [UNSUPPORTED]})
        refuse_shadow(move.x_fc_shadow, "payment_status")
        pay(move, move.amount_residual, call.env._("Told by %s", call.service.name))
    if "metadata" in values:
        faults = {
            str(index): {"key": [MANDATORY]}
            for index, one in enumerate(values["metadata"] or [])
            if not one.get("key")
        }
        if faults:
            raise InvalidError({"metadata": faults})
        _keep(move, metadata={one["key"]: one.get("value") for one in values["metadata"] or []})
    return shown(call, move)


@route("DELETE", "/invoices/{lago_id}", INVOICE.one, faults=(405,))
def destroy(call: Call) -> dict:
    """Delete a one-off invoice that was never posted."""
    move = find_invoice(call)
    if move.state != "draft" or move.x_fc_kind != "one_off":
        raise MethodNotAllowedError("not_deletable")
    answer = shown(call, move)
    move.unlink()
    return answer


@route("PUT", "/invoices/{lago_id}/refresh", INVOICE.one)
def refresh(call: Call) -> dict:
    """Return an invoice as it is: Odoo keeps drafts up to date itself."""
    return shown(call, find_invoice(call))


@route("PUT", "/invoices/{lago_id}/finalize", INVOICE.one)
def finalize(call: Call) -> dict:
    """Post a draft."""
    move = find_invoice(call)
    if move.state == "draft":
        refuse_shadow(move.x_fc_shadow, "invoice")
        move.action_post()
    return shown(call, move)


@route(
    "POST", "/invoices/{lago_id}/void", INVOICE.one, partly="without a credit note", faults=(405,)
)
def void(call: Call) -> dict:
    """Cancel a posted invoice that nobody has paid; credits that it used are given back."""
    if call.data.strip():
        call.bare(VOID)
    move = find_invoice(call)
    paid = move.matched_payment_ids if "matched_payment_ids" in move._fields else None
    if move.state != "posted" or paid or _is_credited(move):
        raise MethodNotAllowedError("not_voidable")
    usage = call.env["fusion.billing.rating"].search(
        [("order_line_id", "in", move.invoice_line_ids.sale_line_ids.ids)]
    )
    wallets.give_back(move)
    move.button_draft()
    move.button_cancel()
    # What an invoice charged is not charged by the next one.
    usage.order_line_id.write({"product_uom_qty": 0.0})
    return shown(call, move)


@route("POST", "/invoices/{lago_id}/retry", INVOICE.one, faults=(405,))
def retry(call: Call) -> dict:
    """Make an invoice again that failed: none of Odoo's does so halfway."""
    find_invoice(call)
    raise MethodNotAllowedError("invalid_status")


@route(
    "POST",
    "/invoices/{lago_id}/retry_payment",
    None,
    partly="by the customer's own card alone",
    faults=(405,),
)
def retry_payment(call: Call) -> None:
    """Charge the customer's card again for an unpaid invoice."""
    if call.data.strip():
        call.bare(Shape({"payment_method": METHOD}))
    move = find_invoice(call)
    refuse_shadow(move.x_fc_shadow, "invoice")
    if move.state != "posted" or not move.amount_residual:
        raise MethodNotAllowedError("invalid_status")
    order = move.invoice_line_ids.sale_line_ids.order_id.filtered("payment_token_id")[:1]
    if not order:
        raise InvalidError({"payment_method": ["no_payment_method"]})
    order._fc_charge(move)


@route("POST", "/invoices/{lago_id}/lose_dispute", INVOICE.one, faults=(405,))
def lose_dispute(call: Call) -> dict:
    """Note that a dispute about the payment was lost."""
    move = find_invoice(call)
    if move.state != "posted":
        raise MethodNotAllowedError("not_disputable")
    if not (move.x_fc_api_values or {}).get("dispute_lost_at"):
        now = fields.Datetime.now().replace(microsecond=0)
        _keep(move, dispute_lost_at=f"{now.isoformat()}Z")
        move._fc_tell_lost_dispute()
    return shown(call, move)


@route("POST", "/invoices/{lago_id}/payment_url", URL, faults=(405,))
def payment_url(call: Call) -> dict:
    """Return where an invoice can be paid."""
    move = find_invoice(call)
    refuse_shadow(move.x_fc_shadow, "invoice")
    if move.state != "posted" or not move.amount_residual:
        raise MethodNotAllowedError("invalid_status")
    told = INVOICE.show(move, call.service)
    return {
        "invoice_payment_details": {
            "lago_customer_id": told["customer"]["lago_id"],
            "lago_invoice_id": lago_id(move),
            "external_customer_id": told["customer"]["external_id"],
            **payment_url_of(move),
        }
    }


@route("POST", "/invoices/{lago_id}/download", INVOICE.one)
def download(call: Call) -> dict:
    """Return an invoice with the address of its PDF."""
    return shown(call, find_invoice(call))


def _keep(move, **told) -> None:
    move.write({"x_fc_api_values": {**(move.x_fc_api_values or {}), **told}})


def _is_credited(move) -> bool:
    lines = move.env["account.move.line"]
    domain = [
        ("x_fc_fee_line_id", "in", move.invoice_line_ids.ids),
        ("parent_state", "=", "posted"),
    ]
    return bool(lines.search_count(domain))
