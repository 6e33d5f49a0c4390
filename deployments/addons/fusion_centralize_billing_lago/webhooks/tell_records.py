"""What a live service made and changed beside customers, subscriptions and invoices."""

from collections.abc import Callable
from dataclasses import dataclass

from ..api.lago_id import lago_id
from ..api.objects import (
    CREDIT_NOTE,
    METRIC,
    PAYMENT,
    PAYMENT_REQUEST,
    PLAN,
    WALLET,
    WALLET_TRANSACTION,
)
from ..api.objects.invoice import customer_of
from . import told


@dataclass(frozen=True)
class Kind:
    """One kind of record that is told of.

    Attributes:
        name: Of its events, before the dot.
        show: Makes its object.
        is_gone: Tells that it was deleted.
    """

    name: str
    show: Callable
    is_gone: Callable


_KINDS = {
    "fusion.billing.plan": Kind("plan", PLAN.show, lambda plan: not plan.active),
    "fusion.billing.metric": Kind("billable_metric", METRIC.show, lambda one: not one.active),
}


def tell_kept(records) -> None:
    """Tell of plans and metrics that were made, changed and deleted."""
    kind = _KINDS[records._name]
    live = records.filtered(lambda one: one.service_id.phase == "live")
    for service, its_records in live.grouped("service_id").items():
        known = told.read(its_records, service)
        for record in its_records.sorted("id"):
            before = known.get(record.id, told.Told())
            content = kind.show(record)
            status = "gone" if kind.is_gone(record) else "here"
            now = before.now(status=status, digest=told.digest_of(content))
            if now != before and not (status == "gone" == before.status):
                told.keep(record, service, now)
                _emit(record, service, f"{kind.name}.{_change(record, before, status)}", content)


def _change(record, before, status: str) -> str:
    if status == "gone":
        return "deleted"
    is_new = not before.status and record.create_date == record.env.cr.now()
    return "created" if is_new or before.status == "gone" else "updated"


def tell_credit_notes(notes) -> None:
    """Tell of credit notes that were posted."""
    for note in notes.sorted("id"):
        service = note.x_fc_link_id.service_id
        if note.x_fc_kind != "credit_note" or note.state != "posted" or told.read(note, service):
            continue
        told.keep(note, service, told.Told(status="posted"))
        _tell_note(note, "created")


def tell_notes_generated(notes) -> None:
    """Tell that the documents of credit notes are there."""
    for note in notes.sorted("id"):
        _tell_note(note, "generated")


def _tell_note(note, change: str) -> None:
    link = note.x_fc_link_id
    event_type = f"credit_note.{change}"
    _emit(note, link.service_id, event_type, lambda: CREDIT_NOTE.show(note), link)


def tell_payments(payments) -> None:
    """Tell of payments that a provider took for a service's invoices."""
    done = payments.filtered(
        lambda one: one.payment_transaction_id and one.state in ("in_process", "paid")
    )
    for payment in done.sorted("id"):
        moves = payment.invoice_ids | payment.reconciled_invoice_ids
        links = {}
        for move in moves:
            services = move.invoice_line_ids.sale_line_ids.order_id.x_fc_service_id
            for service in services | move.x_fc_link_id.service_id:
                links.setdefault(service, customer_of(move, service))
        for service, link in links.items():
            if not link or told.read(payment, service):
                continue
            told.keep(payment, service, told.Told(status="succeeded"))
            show = PAYMENT.show
            _emit(
                payment,
                service,
                "payment.succeeded",
                lambda payment=payment, link=link, show=show: show(payment, link),
                link,
            )


def tell_requests(requests) -> None:
    """Tell of payment requests that were made, and when they are paid."""
    for request in requests.sorted("id"):
        before = told.read(request, request.service_id).get(request.id, told.Told())
        now = before.now(status=request.payment_status)
        if now == before:
            continue
        told.keep(request, request.service_id, now)
        change = "payment_status_updated" if before.status else "created"
        _emit(
            request,
            request.service_id,
            f"payment_request.{change}",
            lambda request=request: PAYMENT_REQUEST.show(request),
            request.link_id,
        )


def tell_movements(movements) -> None:
    """Tell of credits that come in and go out, and of wallets that are empty then."""
    for one in movements.filtered(lambda one: not one.wallet_id.shadow).sorted("id"):
        before = told.read(one, one.service_id).get(one.id, told.Told())
        now = before.now(status=one.state)
        if now != before:
            told.keep(one, one.service_id, now)
            change = "updated" if before.status else "created"
            _emit(
                one,
                one.service_id,
                f"wallet_transaction.{change}",
                lambda one=one: WALLET_TRANSACTION.show(one, full=True),
                one.link_id,
            )
    for wallet in movements.wallet_id.sorted("id"):
        _tell_wallet(wallet)


def _tell_wallet(wallet) -> None:
    before = told.read(wallet, wallet.service_id).get(wallet.id, told.Told())
    now = before.now(status="funded" if wallet.balance > 0 else "depleted")
    if now == before or wallet.shadow:
        return
    told.keep(wallet, wallet.service_id, now)
    if (before.status, now.status) == ("funded", "depleted"):
        _emit(
            wallet,
            wallet.service_id,
            "wallet.depleted_ongoing_balance",
            lambda: WALLET.show(wallet),
            wallet.link_id,
        )


def tell_refused_purchase(transaction, move) -> None:
    """Tell that credits could not be paid for."""
    movements = move.env["fusion.billing.wallet.transaction"].search(
        [("invoice_id", "=", move.id), ("kind", "=", "purchased")]
    )
    for one in movements:
        link = one.link_id
        content = {
            "lago_wallet_transaction_id": lago_id(one),
            "lago_customer_id": lago_id(link),
            "external_customer_id": link.external_id,
            "provider_customer_id": link.stripe_customer_id or "",
            "payment_provider": transaction.provider_code or "",
            "payment_provider_code": transaction.provider_code or "",
            "provider_error": {"message": str(transaction.state_message or "")},
        }
        _emit(one, one.service_id, "wallet_transaction.payment_failure", content, link)


def _emit(record, service, event_type: str, content, link=None) -> None:
    record.env["fusion.billing.webhook"]._emit(service, event_type, record, content, link=link)
