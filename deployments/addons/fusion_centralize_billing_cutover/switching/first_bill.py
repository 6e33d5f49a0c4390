"""The first invoice of each subscription after the switch, and what confirming must leave of it."""

from odoo.exceptions import UserError

_OF_LINE = ("product_uom_qty", "price_unit", "discount", "price_subtotal", "price_tax")


def first_bill(order) -> dict:
    """Return the first invoice of an order as JSON types, usage left aside.

    Amounts are decimal texts in the order's currency; ``date`` is the day on which Odoo invoices
    what the old side has not billed.
    """
    currency = order.currency_id
    lines = [line for line in order.order_line if not line.display_type and _is_due(order, line)]
    untaxed = sum(line.price_subtotal for line in lines)
    tax = sum(line.price_tax for line in lines)
    return {
        "order": order.x_fc_external_id,
        "subscription": order._fc_public_id(),
        "date": order.next_invoice_date.isoformat() if order.next_invoice_date else None,
        "currency": currency.name,
        "lines": [
            {
                "name": (line.name or "").splitlines()[0] if line.name else "",
                "quantity": f"{line.product_uom_qty:g}",
                "price": f"{line.price_unit:.6f}".rstrip("0").rstrip("."),
                "untaxed": _amount(currency, line.price_subtotal),
                "tax": _amount(currency, line.price_tax),
                "taxes": ", ".join(line.tax_ids.mapped("name")),
            }
            for line in lines
        ],
        "untaxed": _amount(currency, untaxed),
        "tax": _amount(currency, tax),
        "total": _amount(currency, untaxed + tax),
    }


def terms_of(link, orders) -> dict:
    """Return all that decides about the bills of an account, their days aside, as JSON types."""
    return {
        "stripe": link.stripe_customer_id or "",
        "owed": sorted(
            [credit.external_id, credit.kind, str(credit.amount)]
            for credit in link.credit_ids
            if not credit.move_id
        ),
        "orders": [[order.id, _plain(held_of(order))] for order in orders],
    }


def bill_text(bill: list[dict]) -> str:
    """Write first invoices down for a person, a line each."""
    return "\n".join(
        f"{one['date']}: {one['total']} {one['currency']} ({one['tax']} tax) = "
        + " + ".join(f"{line['name']} {line['untaxed']}" for line in one["lines"])
        for one in bill
    )


def _is_due(order, line) -> bool:
    """Whether a line is billed still; of arrears the first invoice may look back."""
    ends_on = line.x_fc_ends_on
    if not ends_on or order.x_fc_arrears or not order.next_invoice_date:
        return True
    return ends_on > order.next_invoice_date


def _amount(currency, amount: float) -> str:
    return f"{currency.round(amount):.{currency.decimal_places}f}"


def _plain(held: dict) -> dict:
    return {name: str(value) for name, value in held.items()}


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
