"""Payments that are told of: posted in Odoo as if a person had registered them."""

from odoo import fields
from odoo.exceptions import UserError

from ..errors import InvalidError


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
