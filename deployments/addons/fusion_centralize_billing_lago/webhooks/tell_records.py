"""What a live service made and changed beside subscriptions and invoices."""

from collections.abc import Callable
from dataclasses import dataclass
from functools import partial

from ..api.lago_id import lago_id
from ..api.objects import (
    CREDIT_NOTE,
    CUSTOMER,
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
        link_of: Returns the account that it concerns, if it does.
    """

    name: str
    show: Callable
    is_gone: Callable = lambda record: not record.active
    link_of: Callable = lambda _record: None


_KINDS = {
    "fusion.billing.plan": Kind("plan", PLAN.show),
    "fusion.billing.metric": Kind("billable_metric", METRIC.show),
    "fusion.billing.account.link": Kind(
        "customer", CUSTOMER.show, is_gone=lambda _link: False, link_of=lambda link: link
    ),
}


def tell_kept(records) -> None:
    """Tell of plans, metrics and customers of live services that were made, changed and deleted.

    A service that is not live yet has its own books: its records are copies, and not told of.
    """
    kind = _KINDS[records._name]
    live = records.filtered(lambda one: one.service_id.phase == "live")
    for service, its_records in live.grouped("service_id").items():
        known = told.read(its_records, service)
        for record in its_records.sorted("id"):
            before, content = known.get(record.id, told.Told()), kind.show(record)
            status = "gone" if kind.is_gone(record) else "here"
            if status == "gone" == before.status:
                continue
            digest = told.digest_of(content, without=("updated_at",))
            if told.news(record, service, before, status=status, digest=digest):
                change = f"{kind.name}.{_change(record, before, status)}"
                _emit(record, service, change, content, kind.link_of(record))


def _change(record, before, status: str) -> str:
    if status == "gone":
        return "deleted"
    # What is older than its service's going live is not new.
    is_new = not before.status and record.create_date == record.env.cr.now()
    return "created" if is_new or before.status == "gone" else "updated"


def tell_partners(partners) -> None:
    """Tell of the accounts that these contacts are billed for."""
    tell_kept(_live_links(partners))


def tell_cards(tokens) -> None:
    """Tell that customers of live services have left a card: their provider knows them."""
    links = _live_links(tokens.partner_id)
    for link in links.filtered(lambda one: one._keeps_contact()).sorted("id"):
        event_type = "customer.payment_provider_created"
        _emit(link, link.service_id, event_type, CUSTOMER.show(link), link)


def _live_links(partners):
    return partners.env["fusion.billing.account.link"].search(
        [("partner_id", "in", partners.ids), ("service_id.phase", "=", "live")]
    )


def tell_credit_notes(notes) -> None:
    """Tell of credit notes that were posted."""
    for note in notes.sorted("id"):
        is_posted = note.x_fc_kind == "credit_note" and note.state == "posted"
        if is_posted and told.news(note, note.x_fc_link_id.service_id, status="posted"):
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
            if link and told.news(payment, service, status="succeeded"):
                content = partial(PAYMENT.show, payment, link)
                _emit(payment, service, "payment.succeeded", content, link)


def tell_requests(requests) -> None:
    """Tell of payment requests that were made, and when they are paid."""
    for request in requests.sorted("id"):
        before = told.news(request, request.service_id, status=request.payment_status)
        if before:
            change = "payment_status_updated" if before.status else "created"
            content = partial(PAYMENT_REQUEST.show, request)
            event_type = f"payment_request.{change}"
            _emit(request, request.service_id, event_type, content, request.link_id)


def tell_movements(movements) -> None:
    """Tell of credits that come in and go out, and of wallets that are empty then."""
    for one in movements.filtered(lambda one: not one.wallet_id.shadow).sorted("id"):
        before = told.news(one, one.service_id, status=one.state)
        if before:
            change = "updated" if before.status else "created"
            content = partial(WALLET_TRANSACTION.show, one, full=True)
            _emit(one, one.service_id, f"wallet_transaction.{change}", content, one.link_id)
    for wallet in movements.wallet_id.filtered(lambda one: not one.shadow).sorted("id"):
        status = "funded" if wallet.balance > 0 else "depleted"
        before = told.news(wallet, wallet.service_id, status=status)
        if before and (before.status, status) == ("funded", "depleted"):
            event_type = "wallet.depleted_ongoing_balance"
            content = partial(WALLET.show, wallet)
            _emit(wallet, wallet.service_id, event_type, content, wallet.link_id)


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
