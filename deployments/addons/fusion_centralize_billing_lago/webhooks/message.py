"""The events that an app can be told of, and the message that tells of one, in Lago's envelope.

The names are Lago's, but for a subscription that is paused and resumed, which Lago does not know.
"""

import json
from collections.abc import Collection, Iterable
from typing import Any

#: Event type -> key of the object in the message.
OBJECT_TYPES = {
    "customer.created": "customer",
    "customer.updated": "customer",
    "customer.payment_provider_created": "customer",
    "customer.checkout_url_generated": "payment_provider_customer_checkout_url",
    "billable_metric.created": "billable_metric",
    "billable_metric.updated": "billable_metric",
    "billable_metric.deleted": "billable_metric",
    "plan.created": "plan",
    "plan.updated": "plan",
    "plan.deleted": "plan",
    "subscription.started": "subscription",
    "subscription.updated": "subscription",
    "subscription.paused": "subscription",
    "subscription.resumed": "subscription",
    "subscription.terminated": "subscription",
    "subscription.canceled": "subscription",
    "subscription.trial_ended": "subscription",
    "subscription.termination_alert": "subscription",
    "subscription.usage_threshold_reached": "subscription",
    "invoice.drafted": "invoice",
    "invoice.created": "invoice",
    "invoice.one_off_created": "invoice",
    "invoice.paid_credit_added": "invoice",
    "invoice.generated": "invoice",
    "invoice.voided": "invoice",
    "invoice.deleted": "invoice",
    "invoice.payment_status_updated": "invoice",
    "invoice.payment_overdue": "invoice",
    "invoice.payment_failure": "payment_provider_invoice_payment_error",
    "invoice.payment_dispute_lost": "payment_dispute_lost",
    "credit_note.created": "credit_note",
    "credit_note.generated": "credit_note",
    "payment.succeeded": "payment",
    "payment_request.created": "payment_request",
    "payment_request.payment_status_updated": "payment_request",
    "wallet.depleted_ongoing_balance": "wallet",
    "wallet_transaction.created": "wallet_transaction",
    "wallet_transaction.updated": "wallet_transaction",
    "wallet_transaction.payment_failure": "payment_provider_wallet_transaction_payment_error",
    "events.errors": "events_errors",
}

#: In an endpoint's filter it stands for all of them, as in Lago.
ALL = "*"


def unknown_types(wanted: Iterable[str]) -> list[str]:
    """Return what of a filter is no event type; a filter is a list of names.

    >>> unknown_types(["invoice.created", "*"])
    []
    >>> unknown_types(["invoice.unknown"])
    ['invoice.unknown']
    """
    return [str(name) for name in wanted if name != ALL and name not in OBJECT_TYPES]


def wants(event_types: Collection[str] | None, event_type: str) -> bool:
    """Tell whether an endpoint with this filter is told of the event; no filter: of all.

    >>> wants(None, "invoice.created"), wants(["customer.created"], "invoice.created")
    (True, False)
    """
    return not event_types or ALL in event_types or event_type in event_types


def message_body(event_type: str, organization_id: str, content: dict[str, Any]) -> str:
    """Return the message as text: it is stored so, and sent byte for byte.

    Args:
        event_type: One of ``OBJECT_TYPES``.
        organization_id: The service's id in the API.
        content: The object that the event is about, as the API shows it.
    """
    object_type = OBJECT_TYPES[event_type]
    envelope = {
        "webhook_type": event_type,
        "object_type": object_type,
        "organization_id": organization_id,
        object_type: content,
    }
    return json.dumps(envelope, ensure_ascii=False, separators=(",", ":"))
