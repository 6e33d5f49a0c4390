"""Whose an invoice is: the accounts of services that it bills."""


def links_of(move):
    """Return the accounts that an invoice bills: of its orders, or of the API's own lines."""
    links = move.x_fc_link_id
    for order in move.sudo().invoice_line_ids.sale_line_ids.order_id:
        if order.x_fc_service_id:
            links |= order._fc_link()
    return links


def lines_of_link(move, link):
    """Return the lines of an invoice that an account's orders, or its service, brought."""
    lines = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    return lines.filtered(
        lambda line: (
            link == line.x_fc_link_id
            or any(order._fc_link() == link for order in line.sale_line_ids.order_id)
        )
    )


def bills_orders(move) -> bool:
    """Tell whether it is a customer's invoice of a service's orders."""
    return move.move_type == "out_invoice" and bool(move._fc_orders())


def use_lines(move, lines) -> float:
    """Let an invoice be paid by outstanding lines; return how much of it was."""
    before = move.amount_residual
    for line in lines:
        if move.currency_id.is_zero(move.amount_residual):
            break
        move.sudo().js_assign_outstanding_line(line.id)
    return before - move.amount_residual


def receivable_lines(move):
    """Return the lines of a posted credit that are still to be used."""
    return move.line_ids.filtered(
        lambda line: line.account_id.account_type == "asset_receivable" and not line.reconciled
    )
