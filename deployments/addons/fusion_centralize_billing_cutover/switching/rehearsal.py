"""A rehearsal: the first real invoice, made by Odoo's own code and taken back at once.

A customer is switched inside a savepoint, each of their subscriptions is invoiced for the day on
which its first invoice is due, and all of it is rolled back. Nobody is charged and nothing is sent:
Odoo charges and mails in its scheduled action, which is not run; what would wait for the end of the
transaction is forgotten.
"""

from collections import deque
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import date, timedelta

from psycopg2 import DataError, IntegrityError

from odoo.exceptions import UserError
from odoo.tools import SQL

from odoo.addons.fusion_centralize_billing.periods.calendar import day_of, midnight

from .cards import without_usable_card
from .scope import BILLABLE, Customer, Held, find_customers
from .switch import SWITCHED, Switch

_REFUSALS = (UserError, IntegrityError, DataError, ValueError)


@dataclass(frozen=True, slots=True)
class _Decision:
    """Stands for the approval, which a rehearsal comes before."""

    who: str = "Rehearsal"
    note: str = ""


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
    answers = []
    for external_id in customers:
        customer = found.get(external_id)
        if customer is None:
            answers.append(_refused(external_id, "unknown_customer", "No account has this id."))
        elif customer.live:
            answers.append(_refused(external_id, "live", "Odoo bills the customer already."))
        else:
            with _undone(env):
                answer = _rehearse(service, customer, billed_until or {})
            no_card = waiting.get(external_id)
            for invoice in answer["invoices"]:
                invoice["no_card"] = None if invoice["charged"] else no_card
            answers.append(answer)
    return answers


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


def _rehearse(service, customer: Customer, billed_until: dict) -> dict:
    env = service.env
    cutover = env["fusion.billing.cutover"].create(
        {"key": f"rehearsal {customer.link_id}", "service_id": service.id}
    )
    days = {held.source_id: _boundary(env, held) for held in customer.shadows}
    until = {name: day.isoformat() for name, day in days.items() if day} | billed_until
    switch = Switch(env, cutover, _Decision(), "rehearsal", until, env.user)
    switch.rehearse(customer)
    if customer.outcome != SWITCHED:
        return _refused(customer.external_id, customer.code, customer.message)
    invoices = []
    for held in customer.shadows:
        order = env["sale.order"].browse(held.order_id)
        try:
            with env.cr.savepoint():
                invoices.append(_first_invoice(order, held))
        except _REFUSALS as error:
            said = str(error) if isinstance(error, UserError) else "Odoo refused the invoice."
            return _refused(customer.external_id, "no_invoice", f"{held.external_id}: {said}")
    return {
        "customer": customer.external_id,
        "code": None,
        "message": None,
        "invoices": invoices,
    }


def _boundary(env, held: Held) -> date | None:
    """Return the first day of the period that is invoiced first, as the last import said."""
    if not held.next_invoice or not held.recurrence:
        return None
    order = env["sale.order"].browse(held.order_id)
    day = held.next_invoice
    if order._fc_due_day(day) == day:
        return day
    # In arrears a period is invoiced when it is over: it is the one before.
    zone = held.recurrence.zone
    number = held.recurrence.number_at(midnight(day - timedelta(days=1), zone))
    return day_of(held.recurrence.boundary(number), zone)


def _first_invoice(order, held: Held) -> dict:
    day = order.next_invoice_date
    token, plan = order.payment_token_id, order.plan_id
    move = order.with_context(raise_if_nothing_to_invoice=False)._create_invoices()
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
    move.invoice_date = day
    move.action_post()
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
