"""A tax: a code of the service, and the taxes of Odoo that it stands for."""

from ..lago_id import lago_id
from .table import CENTS, CREATED, FLAG, ID, ID_, MOMENT, NUMBER, TEXT, TEXT_, Table
from .values import cents, moment

TAX = Table(
    "Tax",
    {
        "lago_id": (ID, lago_id),
        "name": (TEXT, lambda code: code.name or code.code),
        "code": (TEXT, lambda code: code.code),
        "description": (TEXT_, lambda code: code.description or None),
        "rate": (NUMBER, lambda code: rate_of(code.tax_ids)),
        "applied_to_organization": (FLAG, lambda code: code.applied_to_organization),
        "created_at": CREATED,
    },
    root="tax",
    model="fusion.billing.tax.code",
    plural="taxes",
)
# What every applied tax tells, whether it is of a fee, an invoice or a credit note.
APPLIED_TAX = Table(
    "AppliedTax",
    {
        "lago_id": (ID, lambda seen: lago_id(seen["record"])),
        "lago_tax_id": (ID_, lambda seen: lago_id(seen["code"])),
        "tax_name": (TEXT, lambda seen: seen["tax"].name),
        "tax_code": (TEXT, lambda seen: seen["code"].code or seen["tax"].name),
        "tax_rate": (NUMBER, lambda seen: rate_of(seen["tax"])),
        "tax_description": (TEXT_, lambda seen: seen["code"].description or None),
        "base_amount_cents": (CENTS, lambda seen: seen["base"]),
        "amount_cents": (CENTS, lambda seen: seen["amount"]),
        "amount_currency": (TEXT, lambda seen: seen["currency"].name),
        "created_at": (MOMENT, lambda seen: moment(seen["record"].create_date)),
    },
)


def rate_of(taxes) -> float:
    """Return the percentage of one or several taxes together."""
    every = taxes.flatten_taxes_hierarchy()
    return float(sum(tax.amount for tax in every if tax.amount_type == "percent"))


def taxes_named(service, codes) -> list[dict]:
    """Return the taxes of these codes of a service; a code that is gone is left out."""
    if not codes:
        return []
    found = service.env["fusion.billing.tax.code"].search(
        [("service_id", "=", service.id), ("code", "in", codes)]
    )
    return [TAX.show(code) for code in found]


def code_of_tax(service, tax):
    """Return the service's code that stands for a tax of Odoo, possibly empty."""
    return service.env["fusion.billing.tax.code"].search(
        [("service_id", "=", service.id), ("tax_ids", "in", tax.ids)], limit=1
    )


def taxes_of_lines(service, lines) -> list[dict]:
    """Return the taxes that the lines of an invoice bear, each with its share, by tax."""
    bases, currency, posted = {}, lines[:1].currency_id, _posted(lines)
    for line in lines:
        price = line.price_unit * (1 - (line.discount or 0.0) / 100)
        told = line.tax_ids.compute_all(
            price, currency, line.quantity, line.product_id, line.partner_id
        )
        for one in told["taxes"]:
            base, amount, record = bases.get(one["id"], (0.0, 0.0, line))
            bases[one["id"]] = (base + one["base"], amount + one["amount"], record)
    shown = []
    for tax_id, (base, amount, record) in bases.items():
        tax = lines.env["account.tax"].browse(tax_id)
        shown.append(
            APPLIED_TAX.show(
                {
                    "record": record,
                    "tax": tax,
                    "code": code_of_tax(service, tax),
                    "base": cents(base, currency),
                    "amount": cents(posted.get(tax_id, amount), currency),
                    "currency": currency,
                }
            )
        )
    return shown


def _posted(lines) -> dict[int, float]:
    """Return what Odoo books of each tax, if these are all lines of one invoice or credit note.

    Odoo rounds the sum of an invoice, not what each of its lines bears.
    """
    move = lines.move_id
    if len(move) != 1 or move.invoice_line_ids.filtered(lambda one: one.tax_ids) - lines:
        return {}
    booked = {}
    for line in move.line_ids.filtered("tax_line_id"):
        tax_id = line.tax_line_id.id
        booked[tax_id] = booked.get(tax_id, 0.0) + line.amount_currency
    return {tax_id: abs(amount) for tax_id, amount in booked.items()}
