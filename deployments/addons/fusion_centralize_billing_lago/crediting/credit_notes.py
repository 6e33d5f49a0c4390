"""Credit notes that a service asked for: made of an invoice's lines, used by later invoices."""

from odoo import fields
from odoo.fields import Command

from .parties import links_of, receivable_lines, use_lines

#: What a credit note is for: it lowers later invoices, money goes back, or its own invoice is due
#: less.
CREDIT, REFUND, OFFSET = "credit", "refund", "offset"


def make(move, link, parts: dict, told: dict):
    """Return a posted credit note of an invoice.

    Args:
        move: The invoice.
        link: Whose account.
        parts: For each of its lines: how much of it, before tax.
        told: What the service says of it: ``use`` is one of credit, refund and offset.
    """
    lines = [
        {
            "name": line.name or line.product_id.name,
            "product_id": line.product_id.id,
            "quantity": 1.0,
            "price_unit": amount,
            "account_id": line.account_id.id,
            "tax_ids": [Command.set(line.tax_ids.ids)],
            "x_fc_link_id": link.id,
            "x_fc_fee_line_id": line.id,
        }
        for line, amount in parts.items()
    ]
    note = move.env["account.move"].create(
        {
            "move_type": "out_refund",
            "partner_id": move.partner_id.id,
            "currency_id": move.currency_id.id,
            "company_id": move.company_id.id,
            "invoice_date": fields.Date.context_today(move),
            "fiscal_position_id": move.fiscal_position_id.id,
            "ref": move.name,
            "x_fc_link_id": link.id,
            "x_fc_kind": "credit_note",
            "x_fc_api_values": told,
            "invoice_line_ids": [Command.create(line) for line in lines],
        }
    )
    note.action_post()
    if told.get("use") == OFFSET:
        use_lines(move, receivable_lines(note))
    return note


def use(moves) -> None:
    """Let posted invoices use what credit notes still owe to their customers."""
    for move in moves:
        if move.move_type != "out_invoice" or move.x_fc_kind == "credit":
            continue
        for link in links_of(move):
            notes = move.env["account.move"].sudo().search(
                [
                    ("x_fc_link_id", "=", link.id),
                    ("x_fc_kind", "=", "credit_note"),
                    ("state", "=", "posted"),
                    ("payment_state", "in", ("not_paid", "partial")),
                    ("currency_id", "=", move.currency_id.id),
                ],
                order="id",
            )  # fmt: skip
            for note in notes:
                if (note.x_fc_api_values or {}).get("use", CREDIT) == CREDIT:
                    use_lines(move, receivable_lines(note))


def credited(line) -> float:
    """Return how much of an invoice's line is credited already, before tax."""
    notes = line.env["account.move.line"].search(
        [("x_fc_fee_line_id", "=", line.id), ("parent_state", "=", "posted")]
    )
    return sum(notes.mapped("price_subtotal"))
