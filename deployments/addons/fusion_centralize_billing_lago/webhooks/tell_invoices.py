"""Invoices of services: made, paid, not paid, overdue."""

from functools import partial

from odoo import fields
from odoo.tools import SQL

from ..api.lago_id import lago_id
from ..api.objects import INVOICE
from ..api.objects.fee import lines_of
from ..api.objects.invoice import customer_of, is_overdue, payment_status
from ..crediting import wallets
from . import tell_records, told


def tell(moves) -> None:
    """Tell of customer invoices what has become of them, and of credit notes."""
    wallets.settle_paid(moves.filtered(lambda move: move.x_fc_kind == "credit"))
    for move in _invoices(moves):
        for service in _services_of(move):
            _tell_one(move, service)
    tell_records.tell_credit_notes(moves.filtered("x_fc_link_id"))
    requests = moves.env["fusion.billing.payment.request"]
    if moves:
        tell_records.tell_requests(requests.search([("invoice_ids", "in", moves.ids)]))


def tell_failures(transactions) -> None:
    """Tell that a payment was refused: of each attempt once, and of the invoice's status."""
    for transaction in transactions.filtered(lambda one: one.state == "error").sorted("id"):
        for move in _invoices(transaction.invoice_ids):
            for service in _services_of(move):
                _tell_failure(transaction, move, service)
            if move.x_fc_kind == "credit":
                tell_records.tell_refused_purchase(transaction, move)
    tell(transactions.invoice_ids)


def tell_overdue(env, services=None) -> int:
    """Tell of invoices that have become overdue; return how many were looked at."""
    rows = env.execute_query(
        SQL(
            """
            SELECT DISTINCT move.id FROM account_move move
            JOIN account_move_line line ON line.move_id = move.id
            JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
            JOIN sale_order_line ordered ON ordered.id = rel.order_line_id
            JOIN sale_order so ON so.id = ordered.order_id
            LEFT JOIN fusion_billing_webhook_told told ON told.model = 'account.move'
                AND told.record_id = move.id AND told.service_id = so.x_fc_service_id
            WHERE move.move_type = 'out_invoice' AND move.state = 'posted'
              AND move.payment_state IN ('not_paid', 'partial')
              AND move.invoice_date_due < %s AND so.x_fc_service_id IS NOT NULL
              AND told.overdue_since IS DISTINCT FROM move.invoice_date_due
              AND (%s::int[] IS NULL OR so.x_fc_service_id = ANY(%s))
            ORDER BY move.id
            """,
            fields.Date.today(),
            services,
            services,
        )
    )
    tell(env["account.move"].browse([move_id for (move_id,) in rows]))
    return len(rows)


def tell_documents(moves) -> None:
    """Tell that the documents of invoices and credit notes are there."""
    for move in _invoices(moves):
        for service in _services_of(move):
            _emit(move, service, "invoice.generated")
    tell_records.tell_notes_generated(moves.filtered(lambda one: one.x_fc_kind == "credit_note"))


def tell_deleted(moves) -> None:
    """Tell of invoices that are about to be deleted, if they were told of."""
    for move in _invoices(moves):
        for service in _services_of(move):
            if told.read(move, service):
                _emit(move, service, "invoice.deleted", INVOICE.show(move, service, full=True))


def _invoices(moves):
    """Return those that are for a customer and bill a service; most moves do not."""
    if not moves:
        return moves
    rows = moves.env.execute_query(
        SQL(
            """
            SELECT move.id FROM account_move move
            WHERE move.id IN %s AND move.move_type = 'out_invoice' AND (
                move.x_fc_link_id IS NOT NULL OR EXISTS (
                    SELECT FROM account_move_line line
                    JOIN sale_order_line_invoice_rel rel ON rel.invoice_line_id = line.id
                    JOIN sale_order_line ordered ON ordered.id = rel.order_line_id
                    JOIN sale_order so ON so.id = ordered.order_id
                    WHERE line.move_id = move.id AND so.x_fc_service_id IS NOT NULL
                )
            ) ORDER BY move.id
            """,
            tuple(moves.ids),
        )
    )
    return moves.browse([move_id for (move_id,) in rows]).filtered(
        lambda move: not move.x_fc_shadow
    )


def _orders_of(move, service=None):
    return lines_of(move, service).sale_line_ids.order_id


def _services_of(move):
    return _orders_of(move).x_fc_service_id | move.x_fc_link_id.service_id


# What an invoice is told as when it is posted.
_MADE = {"one_off": "invoice.one_off_created", "credit": "invoice.paid_credit_added"}
_DRAFT, _VOIDED = "draft", "voided"


def _tell_one(move, service) -> None:
    before = told.last(move, service)
    status = _status(move)
    now = before.now(
        status=status,
        overdue_since=move.invoice_date_due if is_overdue(move) else before.overdue_since,
    )
    if now == before or (status == _VOIDED and before.status is None):
        return
    told.keep(move, service, now)
    for event in _events(move, before, now):
        _emit(move, service, event)


def _status(move) -> str:
    if move.state == "posted":
        return payment_status(move)
    return _VOIDED if move.state == "cancel" else _DRAFT


def _events(move, before, now) -> list[str]:
    """Return the types of what has become of an invoice."""
    events = []
    if now.status == _DRAFT:
        events += ["invoice.drafted"] if before.status is None else []
    elif now.status == _VOIDED:
        events += ["invoice.voided"] if before.status != _VOIDED else []
    elif before.status in (None, _DRAFT, _VOIDED):
        events.append(_MADE.get(move.x_fc_kind, "invoice.created"))
    elif before.status != now.status:
        events.append("invoice.payment_status_updated")
    if now.overdue_since != before.overdue_since:
        events.append("invoice.payment_overdue")
    return events


def tell_lost_dispute(move) -> None:
    """Tell that a dispute about an invoice's payment was lost."""
    for service in _services_of(move):
        _emit(
            move,
            service,
            "invoice.payment_dispute_lost",
            lambda service=service: {
                **INVOICE.show(move, service, full=True),
                "provider_error": "dispute_lost",
            },
        )


def _tell_failure(transaction, move, service) -> None:
    if told.news(transaction, service, status="error"):
        content = partial(_failure_object, transaction, move, service)
        _emit(move, service, "invoice.payment_failure", content)


def _emit(move, service, event_type, content=None) -> None:
    # Orders of one invoice that are one subscription: an old plan and its new one.
    subscriptions = _subscriptions(move, service)
    move.env["fusion.billing.webhook"]._emit(
        service,
        event_type,
        move,
        content or (lambda: INVOICE.show(move, service, full=True)),
        link=customer_of(move, service),
        subscription=subscriptions[0] if len(subscriptions) == 1 else "",
    )


def _subscriptions(move, service) -> list[str]:
    return sorted({order._fc_public_id() for order in _orders_of(move, service)} - {None})


def _failure_object(transaction, move, service) -> dict:
    """Return Lago's object of a refused payment, and the subscriptions that the invoice bills."""
    link = customer_of(move, service)
    reason = transaction.state_message or ""
    return {
        "lago_invoice_id": lago_id(move),
        "lago_customer_id": lago_id(link),
        "external_customer_id": link.external_id or None,
        "provider_customer_id": link.stripe_customer_id or None,
        "payment_provider": transaction.provider_code or None,
        "payment_provider_code": transaction.provider_code or None,
        "provider_error": {"message": str(reason), "error_code": None},
        "error_details": {"code": None, "message": str(reason)},
        "external_subscription_ids": _subscriptions(move, service),
    }
