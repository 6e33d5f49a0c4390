"""A rehearsal: the first real invoice, made by Odoo's own code and taken back at once.

The customers of a call are switched inside a savepoint, each of their subscriptions is invoiced
for the day on which its first invoice is due, and all of it is rolled back. Together they take a
fraction of the time that they take alone, and who is refused is refused alone. Nobody is charged
and nothing is sent: Odoo charges and mails in its scheduled action, which is not run; what would
wait for the end of the transaction is forgotten.
"""

from collections import deque
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.loader.halving import load_in_halves
from odoo.addons.fusion_centralize_billing.loader.writing import write_grouped
from odoo.addons.fusion_centralize_billing.models.sale_order import SILENT
from odoo.addons.fusion_centralize_billing.periods.calendar import Calendar, day_of, midnight

from .cards import without_usable_card
from .scope import BILLABLE, Customer, Held, find_customers
from .switch import SWITCHED, Switch


@dataclass(frozen=True, slots=True)
class _Decision:
    """Stands for the approval, which a rehearsal comes before."""

    who: str = "Rehearsal"
    note: str = ""


@dataclass(slots=True, eq=False)
class _First:
    """The first invoice of a subscription; ``told``, or why it is refused, once it is tried."""

    held: Held
    order: object
    told: dict | None = None
    refused: str | None = None

    def fail(self, _code: str, message: str) -> None:
        """End it as not made."""
        self.refused = message


def rehearse(service, customers: list[str], billed_until: dict | None = None) -> list[dict]:
    """Return the first invoices of customers who are in shadow, as Odoo would make them.

    Nothing of it stays. Amounts are decimal texts in the invoice's currency.

    Args:
        service: The ``fusion.billing.service``, in a superuser environment of its company.
        customers: External ids, each once.
        billed_until: By subscription: until when the old side has billed it (as for the switch).
            What is not in it is taken as the last import said.

    Returns:
        For each customer ``customer``, ``code`` and ``message`` (None where nothing is wrong) and
        ``invoices``, one for each subscription; see ``readme/USAGE.md``.
    """
    env = service.env
    env.flush_all()
    found = find_customers(env, service, customers)
    waiting = without_usable_card(
        env, SQL("link.id = ANY(%s)", [customer.link_id for customer in found.values()])
    )
    shadows = [found[key] for key in customers if key in found and not found[key].live]
    with _undone(env):
        told = {one["customer"]: one for one in _rehearse(service, shadows, billed_until or {})}
    for external_id, answer in told.items():
        no_card = waiting.get(external_id)
        for invoice in answer["invoices"]:
            invoice["no_card"] = None if invoice["charged"] else no_card
    unknown = ("unknown_customer", "No account has this id.")
    live = ("live", "Odoo bills the customer already.")
    return [
        told.get(key) or _refused(key, *(live if key in found else unknown)) for key in customers
    ]


def sample_of(service, number: int) -> list[str]:
    """Return customers in shadow to rehearse: of each recurring plan some, the newest first."""
    query = SQL(
        """
        SELECT external_id FROM (
            SELECT DISTINCT ON (link.id) link.external_id, link.id, row_number() OVER (
                PARTITION BY so.plan_id ORDER BY so.id DESC) AS place
            FROM fusion_billing_account_link link
            JOIN sale_order so ON so.x_fc_account_link_id = link.id
            WHERE link.service_id = %s AND link.billing_state != 'live'
                AND so.x_fc_shadow IS TRUE AND so.next_invoice_date IS NOT NULL AND %s
            ORDER BY link.id, place
        ) found ORDER BY place, id DESC LIMIT %s
        """,
        service.id,
        BILLABLE,
        number,
    )
    return [key for (key,) in service.env.execute_query(query)]


@contextmanager
def _undone(env):
    """Undo all that is done, and forget what it left to do after the transaction."""
    later = env.cr.postcommit
    functions, data = deque(later._funcs), dict(later.data)
    try:
        with closing(env.cr.savepoint()):
            yield
    finally:
        later._funcs, later.data = functions, data
        env.invalidate_all(flush=False)


def _rehearse(service, customers: list[Customer], billed_until: dict) -> Iterator[dict]:
    """Switch customers, invoice each of their subscriptions once, and yield their answers."""
    if not customers:
        return
    # Nobody is told and no chatter is kept: neither would stay.
    env = service.env(context={**service.env.context, SILENT: True, "tracking_disable": True})
    cutover = env["fusion.billing.cutover"].create(
        {"key": f"rehearsal {customers[0].link_id}", "service_id": service.id}
    )
    held = [one for customer in customers for one in customer.shadows]
    orders = env["sale.order"].browse([one.order_id for one in held])
    firsts = {one.order_id: _First(one, order) for one, order in zip(held, orders, strict=True)}
    until = {
        one.held.source_id: days
        for one in firsts.values()
        if (days := _first_days(one.order, one.held))
    }
    switch = Switch(env, cutover, _Decision(), "rehearsal", until | billed_until, env.user)
    switch.rehearse(customers)
    theirs = [
        (customer, [firsts[one.order_id] for one in customer.shadows]) for customer in customers
    ]
    ready = [one for customer, ours in theirs if customer.outcome == SWITCHED for one in ours]
    load_in_halves(env, ready, _invoice)
    for customer, ours in theirs:
        yield _answer(customer, ours)


def _answer(customer: Customer, firsts: list[_First]) -> dict:
    if customer.outcome != SWITCHED:
        return _refused(customer.external_id, customer.code, customer.message)
    for one in firsts:
        if one.refused:
            said = f"{one.held.external_id}: {one.refused}"
            return _refused(customer.external_id, "no_invoice", said)
    return {
        "customer": customer.external_id,
        "code": None,
        "message": None,
        "invoices": [one.told for one in firsts],
    }


def _first_days(order, held: Held) -> dict[str, str] | None:
    """Return the first days of the price and of the usage that are invoiced, as imported last."""
    if not held.next_invoice or not held.recurrence:
        return None
    day = held.next_invoice
    if order._fc_due_day(day) != day:
        # In arrears a period is invoiced when it is over: it is the one before.
        day = _begin_of_period(held.recurrence, day - timedelta(days=1))
    # A price by the week goes with usage by the month where there is none to be told.
    usage = _begin_of_period(held.usage_calendar, day)
    return {"flat": day.isoformat(), "usage": usage.isoformat()}


def _begin_of_period(calendar: Calendar, day: date) -> date:
    number = calendar.number_at(midnight(day, calendar.zone))
    return day_of(calendar.boundary(number), calendar.zone)


def _invoice(firsts: list[_First]) -> None:
    """Post the first invoice of each subscription; they are in one savepoint."""
    env = firsts[0].order.env
    orders = env["sale.order"].browse([one.order.id for one in firsts])
    days = {order.id: order.next_invoice_date for order in orders}
    # The same as of each alone, and several times as fast.
    moves = orders.with_context(raise_if_nothing_to_invoice=False)._create_invoices(grouped=True)
    by_order = {move._fc_orders().id: move for move in moves}
    write_grouped([(move, {"invoice_date": days[key]}) for key, move in by_order.items()])
    moves.action_post()
    for one, order in zip(firsts, orders, strict=True):
        one.told = _tell(order, one.held, days[order.id], by_order.get(order.id))


def _tell(order, held: Held, day: date, move) -> dict:
    """Return the invoice of an order that is due on ``day``; ``move`` is None without lines."""
    token, plan = order.payment_token_id, order.plan_id
    told = {
        "subscription": held.source_id,
        "order": order.name,
        "date": day.isoformat(),
        "lines": [],
        "untaxed": "0.00",
        "tax": "0.00",
        "total": "0.00",
        "due": "0.00",
        "currency": order.currency_id.name,
        "charged": None,
        "mailed": bool(plan.invoice_mail_template_id),
        "closed_on": None,
        "next_invoice": None,
    }
    if not move:
        return told
    exact = f"{{:.{move.currency_id.decimal_places}f}}"
    shown = move.invoice_line_ids.filtered(lambda line: line.display_type == "product")
    limit = plan.auto_close_limit
    due = move.amount_residual
    return told | {
        "lines": [_line(line, exact) for line in shown],
        "untaxed": exact.format(move.amount_untaxed),
        "tax": exact.format(move.amount_tax),
        "total": exact.format(move.amount_total),
        "due": exact.format(due),
        "currency": move.currency_id.name,
        "charged": token.display_name if token and due > 0 else None,
        "closed_on": (day + timedelta(days=limit)).isoformat() if limit and due > 0 else None,
        "next_invoice": order.next_invoice_date and order.next_invoice_date.isoformat(),
    }


def _line(line, exact: str) -> dict:
    return {
        "product": line.product_id.display_name,
        "name": line.name,
        "quantity": f"{line.quantity:f}".rstrip("0").rstrip("."),
        "price": f"{line.price_unit:.6f}".rstrip("0").rstrip("."),
        "discount": f"{line.discount:f}".rstrip("0").rstrip("."),
        "taxes": line.tax_ids.mapped("name"),
        "untaxed": exact.format(line.price_subtotal),
        "total": exact.format(line.price_total),
        "from": line.deferred_start_date and line.deferred_start_date.isoformat(),
        "to": line.deferred_end_date and line.deferred_end_date.isoformat(),
    }


def _refused(external_id: str, code: str, message: str) -> dict:
    return {"customer": external_id, "code": code, "message": message, "invoices": []}
