"""An add-on: what a service sells once, or beside a plan."""

from ..lago_id import lago_id
from .table import CENTS, CREATED, FREE, ID, TEXT, TEXT_, Table, list_of
from .tax import TAX
from .values import cents

ADD_ON = Table(
    "AddOn",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda add_on: add_on.name),
        "invoice_display_name": (TEXT_, lambda add_on: add_on.invoice_display_name or None),
        "code": (TEXT, lambda add_on: add_on.code),
        "amount_cents": (CENTS, lambda add_on: cents(add_on.amount, add_on.currency_id)),
        "amount_currency": (TEXT, lambda add_on: add_on.currency_id.name),
        "description": (TEXT_, lambda add_on: add_on.description or None),
        "created_at": CREATED,
        "taxes": (list_of(FREE), lambda add_on: [TAX.show(code) for code in add_on.tax_code_ids]),
    },
    root="add_on",
    model="fusion.billing.add.on",
)
