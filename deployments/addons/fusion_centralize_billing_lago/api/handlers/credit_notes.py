"""Credit notes: what is given back of an invoice, fee by fee."""

from decimal import ROUND_HALF_UP, Decimal

from odoo.tools import SQL

from ...crediting import credit_notes as crediting
from ..call import Call
from ..currencies import of_amount
from ..errors import INVALID, MANDATORY, UNSUPPORTED, InvalidError, MethodNotAllowedError
from ..finding import asked_for, entity_query, find_by_id
from ..inputs import Choice, Day, Free, Listing, Shape, Text, Whole
from ..lago_id import lago_id
from ..objects import CREDIT_NOTE, FREE, all_of
from ..objects.credit_note import REASONS
from ..objects.fee import lines_of, lowers
from ..objects.tax import code_of_tax
from ..objects.values import cents
from ..paging import listed
from ..routing import route
from .fees import line_of
from .invoices import PAYMENT_STATUS, YES_NO, find_invoice
from .metadata import metadata_routes

ITEM = Shape({"fee_id": Text(40), "amount_cents": Whole(0, 10**10)}, mandatory=("fee_id",))
VALUES = Shape(
    {
        "invoice_id": Text(40),
        "reason": Choice(REASONS),
        "description": Text(2000),
        "credit_amount_cents": Whole(0, 10**10),
        "refund_amount_cents": Whole(0, 10**10),
        "offset_amount_cents": Whole(0, 10**10),
        "items": Listing(ITEM),
        "metadata": Free(5_000),
    },
    mandatory=("invoice_id", "items"),
)
ESTIMATE = Shape({"invoice_id": Text(40), "items": Listing(ITEM)}, ("invoice_id", "items"))
CHANGES = Shape({"refund_status": PAYMENT_STATUS, "metadata": Free(5_000)})
QUERY = {
    "issuing_date_from": Day(),
    "issuing_date_to": Day(),
    "amount_from": Whole(0, 10**15),
    "amount_to": Whole(0, 10**15),
    "search_term": Text(),
    "currency": Text(3),
    "reason": Choice(REASONS),
    "credit_status": Choice(("available", "consumed", "voided")),
    "refund_status": PAYMENT_STATUS,
    "invoice_number": Text(),
    "self_billed": YES_NO,
    **entity_query(),
}
_USES = ("credit", "refund", "offset")


@route(
    "POST",
    "/credit_notes",
    CREDIT_NOTE.one,
    body=VALUES,
    partly="credited, refunded or offset, one at once",
    faults=(404, 405),
)
def create(call: Call) -> dict:
    """Give back some of a posted invoice."""
    values = call.body()
    move = _creditable(call, values["invoice_id"])
    parts = _parts(call, move, values["items"])
    link = move.x_fc_link_id or next(iter(parts)).sale_line_ids.order_id[:1]._fc_link()
    use = _use(values)
    told = {
        "use": use,
        "reason": values.get("reason") or "other",
        "description": values.get("description"),
        "metadata": values.get("metadata") or {},
    }
    note = crediting.make(move, link, parts, told)
    # Its total has to be what the service reckons: nothing is rounded off unseen.
    if cents(note.amount_total, note.currency_id) != values[f"{use}_amount_cents"]:
        raise InvalidError({f"{use}_amount_cents": ["does_not_match_item_amounts"]})
    return CREDIT_NOTE.answer(note)


@route(
    "POST",
    "/credit_notes/estimate",
    all_of({"estimated_credit_note": FREE}),
    body=ESTIMATE,
    root="credit_note",
    faults=(404, 405),
)
def estimate(call: Call) -> dict:
    """Return what a credit note would be; nothing is made."""
    values = call.body()
    move = _creditable(call, values["invoice_id"])
    parts = _parts(call, move, values["items"])
    currency = move.currency_id
    untaxed = sum(cents(amount, currency) for amount in parts.values())
    bases = _bases(parts, currency)
    tax = sum((_due(one, base) for one, base in bases.items()), Decimal(0))
    rounded = int(tax.quantize(Decimal(1), ROUND_HALF_UP))
    total = untaxed + rounded
    paid = cents(move.amount_total - move.amount_residual, currency)
    return {
        "estimated_credit_note": {
            "lago_invoice_id": lago_id(move),
            "invoice_number": move.name,
            "currency": currency.name,
            "taxes_amount_cents": rounded,
            "precise_taxes_amount_cents": float(tax),
            "taxes_rate": round(float(100 * tax / untaxed), 5) if untaxed else 0.0,
            "sub_total_excluding_taxes_amount_cents": untaxed,
            "max_creditable_amount_cents": total,
            "max_refundable_amount_cents": min(total, paid),
            "max_offsettable_amount_cents": min(total, cents(move.amount_residual, currency)),
            "coupons_adjustment_amount_cents": 0,
            "precise_coupons_adjustment_amount_cents": 0.0,
            "items": [
                {"amount_cents": cents(amount, currency), "lago_fee_id": fee_id}
                for fee_id, amount in zip(
                    (item["fee_id"] for item in values["items"]), parts.values(), strict=True
                )
            ],
            "applied_taxes": [_applied(call, tax, base, currency) for tax, base in bases.items()],
        }
    }


@route("GET", "/credit_notes/{lago_id}", CREDIT_NOTE.one)
def find(call: Call) -> dict:
    """Find a credit note."""
    return CREDIT_NOTE.answer(_found(call))


@route(
    "GET",
    "/credit_notes",
    CREDIT_NOTE.page,
    query=QUERY,
    of_customer="List a customer's credit notes",
)
def list_(call: Call) -> dict:
    """List credit notes."""
    wanted = call.wanted()
    domain = [*_own(call), *asked_for(call, wanted, "x_fc_link_id")]
    if wanted.get("self_billed") == "true":
        domain.append(("id", "=", 0))
    for name, (field, operator) in _COMPARED.items():
        if name in wanted:
            compared = (field, operator, wanted[name])
            domain += of_amount(*compared) if field == "amount_total" else [compared]
    if "search_term" in wanted:
        term = wanted["search_term"]
        domain += ["|", ("name", "ilike", term), ("x_fc_link_id.external_id", "ilike", term)]
    domain += _statuses(call, wanted)
    return listed(call, CREDIT_NOTE, domain)


_COMPARED = {
    "issuing_date_from": ("invoice_date", ">="),
    "issuing_date_to": ("invoice_date", "<="),
    "amount_from": ("amount_total", ">="),
    "amount_to": ("amount_total", "<="),
    "invoice_number": ("ref", "="),
}


@route("PUT", "/credit_notes/{lago_id}", CREDIT_NOTE.one, body=CHANGES)
def update(call: Call) -> dict:
    """Say what became of a refund, or keep pairs with a credit note."""
    note = _found(call)
    values = call.body()
    told = dict(note.x_fc_api_values or {})
    if values.get("refund_status"):
        if told.get("use") != "refund":
            raise InvalidError({"refund_status": [INVALID]})
        told["refund_status"] = values["refund_status"]
    if "metadata" in values:
        told["metadata"] = values["metadata"] or {}
    note.write({"x_fc_api_values": told})
    return CREDIT_NOTE.answer(note)


@route("PUT", "/credit_notes/{lago_id}/void", CREDIT_NOTE.one, faults=(405,))
def void(call: Call) -> dict:
    """Take back a credit that no invoice has used."""
    note = _found(call)
    shown = CREDIT_NOTE.show(note)
    untouched = shown["balance_amount_cents"] == shown["credit_amount_cents"]
    if shown["credit_status"] != "available" or not untouched:
        raise MethodNotAllowedError("no_voidable_amount")
    note.button_draft()
    note.button_cancel()
    return CREDIT_NOTE.answer(note)


@route("POST", "/credit_notes/{lago_id}/download", CREDIT_NOTE.one)
def download(call: Call) -> dict:
    """Return a credit note with the address of its PDF."""
    return find(call)


def _own(call: Call) -> list:
    return [
        ("x_fc_link_id.service_id", "=", call.service.id),
        ("x_fc_kind", "=", "credit_note"),
        ("state", "in", ("posted", "cancel")),
    ]


def _found(call: Call):
    return find_by_id(call, CREDIT_NOTE, call.path["lago_id"], _own(call))


def _statuses(call: Call, wanted: dict) -> list:
    """Return the conditions on what a credit note is for, and what has become of it."""
    domain = []
    status = wanted.get("credit_status")
    if status:
        domain.append(("id", "in", _told_ids(call, "use", "credit")))
        if status == "voided":
            domain.append(("state", "=", "cancel"))
        else:
            domain += [
                ("state", "=", "posted"),
                ("amount_residual", ">" if status == "available" else "=", 0),
            ]
    if "refund_status" in wanted:
        refunds = call.env[CREDIT_NOTE.model].browse(_told_ids(call, "use", "refund")).exists()
        wished = refunds.filtered(
            lambda note: CREDIT_NOTE.show(note)["refund_status"] == wanted["refund_status"]
        )
        domain.append(("id", "in", wished.ids))
    if "reason" in wanted:
        domain.append(("id", "in", _told_ids(call, "reason", wanted["reason"])))
    return domain


def _told_ids(call: Call, key: str, value: str) -> list[int]:
    call.env.flush_all()
    query = SQL(
        """
        SELECT move.id FROM account_move move
        JOIN fusion_billing_account_link link ON link.id = move.x_fc_link_id
        WHERE link.service_id = %s AND move.x_fc_kind = 'credit_note'
            AND move.x_fc_api_values->>%s = %s
        """,
        call.service.id,
        key,
        value,
    )
    return [move_id for (move_id,) in call.env.execute_query(query)]


def _creditable(call: Call, text: str):
    move = find_invoice(call, text)
    if move.state != "posted":
        raise MethodNotAllowedError("invalid_type_or_status")
    return move


def _use(values: dict) -> str:
    """Return what a credit note is for.

    Raises:
        InvalidError: For nothing, or for several things at once: Odoo has one balance.
    """
    named = [use for use in _USES if values.get(f"{use}_amount_cents")]
    if not named:
        raise InvalidError({"credit_amount_cents": [MANDATORY]})
    if len(named) > 1:
        raise InvalidError({f"{use}_amount_cents": [UNSUPPORTED] for use in named[1:]})
    return named[0]


def _parts(call: Call, move, items: list[dict]) -> dict:
    """Return how much of which line of an invoice is to be given back.

    Raises:
        InvalidError: A fee is not on it, or less of it is left.
    """
    lines = lines_of(move, call.service)
    parts, faults = {}, {}
    for index, item in enumerate(items):
        line = line_of(call, item["fee_id"], lines)
        amount = Decimal(item.get("amount_cents") or 0)
        if not line or lowers(line):
            faults[str(index)] = {"fee_id": ["fee_not_found"]}
        elif line in parts:
            faults[str(index)] = {"fee_id": [INVALID]}
        elif not 0 < amount <= _left(line):
            faults[str(index)] = {"amount_cents": ["higher_than_remaining_fee_amount"]}
        else:
            parts[line] = float(amount.scaleb(-move.currency_id.decimal_places))
    if faults:
        raise InvalidError({"items": faults})
    if not parts:
        raise InvalidError({"items": [MANDATORY]})
    return parts


def _left(line) -> int:
    return cents(line.price_subtotal - crediting.credited(line), line.currency_id)


def _bases(parts: dict, currency) -> dict:
    """Return what each tax is on, in cents."""
    bases = {}
    for line, amount in parts.items():
        for tax in line.tax_ids.flatten_taxes_hierarchy():
            bases[tax] = bases.get(tax, 0) + cents(amount, currency)
    return bases


def _due(tax, base: int) -> Decimal:
    """Return a tax in cents, unrounded."""
    return base * Decimal(str(tax.amount)) / 100


def _applied(call: Call, tax, base: int, currency) -> dict:
    code = code_of_tax(call.service, tax)
    return {
        "lago_tax_id": lago_id(code) or lago_id(tax),
        "tax_name": tax.name,
        "tax_code": code.code or tax.name,
        "tax_rate": tax.amount,
        "tax_description": code.description or "",
        "base_amount_cents": base,
        "amount_cents": int(_due(tax, base).quantize(Decimal(1), ROUND_HALF_UP)),
        "amount_currency": currency.name,
    }


metadata_routes("/credit_notes/{lago_id}", _found, "x_fc_api_values")
