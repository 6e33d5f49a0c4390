"""The events that an app can be told of, and the object that each carries.

The names are Lago's, but for a subscription that is paused and resumed, which Lago does not know.
"""

from collections.abc import Collection, Iterable

#: Event type -> key of the object in the message.
OBJECT_TYPES = {
    "customer.created": "customer",
    "customer.updated": "customer",
    "subscription.started": "subscription",
    "subscription.updated": "subscription",
    "subscription.paused": "subscription",
    "subscription.resumed": "subscription",
    "subscription.terminated": "subscription",
    "subscription.usage_threshold_reached": "subscription",
    "invoice.created": "invoice",
    "invoice.payment_status_updated": "invoice",
    "invoice.payment_overdue": "invoice",
    "invoice.payment_failure": "payment_provider_invoice_payment_error",
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
