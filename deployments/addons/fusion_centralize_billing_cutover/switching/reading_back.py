"""What a switched order holds, against what it was given: Odoo's own steps may change it."""

from odoo.exceptions import UserError

_OF_LINE = ("product_uom_qty", "price_unit", "discount", "price_subtotal", "price_tax")


def held_of(order) -> dict[str, object]:
    """Return what confirming must leave as it is, each value by a name for a person."""
    held = {
        "start": order.start_date,
        "recurring plan": order.plan_id.name,
        "customer": order.partner_id.id,
        "currency": order.currency_id.name,
        "payment method": order.payment_token_id.id,
        "lines": len(order.order_line),
        "total": order.amount_total,
    }
    for number, line in enumerate(order.order_line.sorted("id"), start=1):
        values = {line._fields[name].string: line[name] for name in _OF_LINE}
        values["Taxes"] = sorted(line.tax_ids.ids)
        values["Product"] = line.product_id.id
        values["last day"] = line.x_fc_ends_on
        held |= {f"{label} of line {number}": value for label, value in values.items()}
    return held


def check_held(order, given: dict[str, object], next_invoice) -> None:
    """Compare an order, read anew, with what it held before it was confirmed.

    Raises:
        UserError: Something is another now, or it does not run from the day it was given.
    """
    held = held_of(order)
    wrong = [
        f"{name} {held.get(name)} instead of {value}"
        for name, value in given.items()
        if held.get(name) != value
    ]
    if order.next_invoice_date != next_invoice:
        wrong.append(f"next invoice {order.next_invoice_date} instead of {next_invoice}")
    if (order.state, order.subscription_state) != ("sale", "3_progress"):
        wrong.append(f"state {order.state}, {order.subscription_state}")
    if wrong:
        raise UserError(
            order.env._(
                "%(name)s was confirmed as another order: %(what)s.",
                name=order.name,
                what="; ".join(wrong),
            )
        )
