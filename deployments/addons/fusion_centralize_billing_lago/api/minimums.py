"""The least that a period of a plan costs, as a service tells it."""

from odoo import fields
from odoo.fields import Command

from .errors import MANDATORY, UNSUPPORTED, InvalidError, under
from .finding import check_tax_codes
from .objects.values import major

NAME = "minimum_commitment"


def minimum_of(call, currency, values: dict) -> dict:
    """Return what a plan keeps of the minimum that values tell; nothing if they tell none.

    A minimum of 0 is none.

    Raises:
        InvalidError: It has no amount, or one of its taxes is not known.
    """
    told = values.get(NAME)
    if not told:
        return {}
    if told.get("amount_cents") is None:
        raise InvalidError({NAME: {"amount_cents": [MANDATORY]}})
    with under(NAME):
        codes = check_tax_codes(call, told)
    return {
        "minimum_amount": major(told["amount_cents"], currency),
        "minimum_name": told.get("invoice_display_name") or False,
        "minimum_taxes_told": bool(codes),
        "minimum_tax_ids": [Command.set(codes.tax_ids.ids)],
    }


def check_minimum(minimum: dict, cycle: str, *, monthly: bool) -> None:
    """Refuse a minimum of a period whose usage is billed before the period is over.

    Raises:
        InvalidError: It is one of a longer plan that bills its usage each month.
    """
    if minimum.get("minimum_amount") and monthly and cycle in ("yearly", "semiannual"):
        raise InvalidError({NAME: [UNSUPPORTED]})


def settle_minimum(orders, plan) -> None:
    """Let what is over be rated by a plan's terms as they are, before they change."""
    if plan.minimum_amount:
        orders._fc_rate_sent(fields.Datetime.now())


def since_now(plan, minimum: dict) -> dict:
    """Return what is written of a minimum: one that is new is none of what is over."""
    is_new = minimum.get("minimum_amount") and not plan.minimum_amount
    return {**minimum, **({"minimum_from": fields.Datetime.now()} if is_new else {})}
