"""The door to Stripe: which cards a customer has. It reads, with a key that can do no more.

A card's number never comes out of Stripe; only the ids, the brand, the last four digits and the
expiry are taken out of an answer here.
"""

from __future__ import annotations

import re
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import urlsplit

import stripe

from tasks.model.cards import CARD, Card, Holder, brand_code
from tasks.model.errors import ConfigError, FatalError, RetryableError

#: What is charged for an invoice: this, else the default source of older customers.
_DEFAULTS = ["invoice_settings.default_payment_method", "default_source"]
_CUSTOMER = re.compile(r"cus_\w{1,250}", re.ASCII)
_FULL_KEY = "sk_live_"

stripe.enable_telemetry = False


@dataclass(frozen=True, slots=True)
class StripeAccess:
    """Where Stripe is, and the key to call it with."""

    api_key: str = field(repr=False)
    url: str = "https://api.stripe.com"
    timeout_seconds: float = 30.0


class Stripe:
    """Reads customers of one Stripe account.

    Raises:
        ConfigError: The address is none, or the key can do more than read.
    """

    def __init__(self, access: StripeAccess) -> None:
        parts = urlsplit(access.url)
        if parts.scheme not in ("http", "https") or not parts.hostname or parts.path.strip("/"):
            raise ConfigError(f"STRIPE_API_URL {access.url!r} is not like https://api.stripe.com.")
        if access.api_key.startswith(_FULL_KEY):
            raise ConfigError(
                "STRIPE_API_KEY is a secret key, which can charge cards. Make a restricted key in"
                " Stripe (Developers > API keys) that may read customers, sources and payment"
                " methods, and nothing else."
            )
        self._client = stripe.StripeClient(
            access.api_key,
            base_addresses={"api": access.url.rstrip("/")},
            # Tasks retry: one fault, one layer.
            max_network_retries=0,
            http_client=stripe.RequestsClient(timeout=access.timeout_seconds),
        )

    def holder(self, stripe_customer: str) -> Holder:
        """Read a customer with the card that invoices are charged to, else with all cards.

        Raises:
            ConfigError: Stripe refuses the key, or the key may not read this.
            RetryableError: Stripe cannot be reached now, or asks to wait.
            FatalError: Stripe refuses the question.
        """
        if not _CUSTOMER.fullmatch(stripe_customer):
            return Holder(stripe_customer, "unknown")
        try:
            return self._read(stripe_customer)
        except stripe.StripeError as error:
            if _is_missing(error):
                return Holder(stripe_customer, "unknown")
            # The text of an error may hold the key.
            raise _translated(error) from None
        except (AttributeError, KeyError, TypeError, ValueError):
            raise FatalError(
                "What answers is not Stripe, or not as it is known. Check STRIPE_API_URL."
            ) from None

    def _read(self, stripe_customer: str) -> Holder:
        found = self._client.v1.customers.retrieve(stripe_customer, {"expand": _DEFAULTS})
        body = found.to_dict()
        if body.get("deleted"):
            return Holder(stripe_customer, "deleted")
        chosen = (body.get("invoice_settings") or {}).get("default_payment_method")
        chosen = chosen or body.get("default_source")
        if chosen:
            card = _card(chosen)
            return Holder(stripe_customer, "known", card.payment_method, (card,))
        listed = self._client.v1.payment_methods.list(
            {"customer": stripe_customer, "type": CARD, "limit": 100}
        )
        cards = tuple(_card(each.to_dict()) for each in listed.auto_paging_iter())
        return Holder(stripe_customer, "known", None, cards)


def _card(body: Any) -> Card:
    """Take out of a payment method, or of a source of older customers, what is told of it."""
    if not isinstance(body, dict):
        return Card(str(body), kind="unknown")
    kind = body.get("type") or body.get("object") or "unknown"
    if kind != CARD:
        return Card(str(body.get("id")), kind=str(kind))
    # A card of older customers is its own object.
    values = body[CARD] if isinstance(body.get(CARD), dict) else body
    return Card(
        payment_method=str(body["id"]),
        brand=brand_code(values.get("brand") or ""),
        last4=str(values.get("last4") or ""),
        month=int(values.get("exp_month") or 0),
        year=int(values.get("exp_year") or 0),
    )


def _is_missing(error: stripe.StripeError) -> bool:
    return isinstance(error, stripe.InvalidRequestError) and error.http_status == 404


def _translated(error: stripe.StripeError) -> ConfigError | RetryableError | FatalError:
    status = error.http_status
    if isinstance(error, stripe.AuthenticationError) or status == 401:
        return ConfigError("Stripe refused the key. Check STRIPE_API_KEY.")
    if isinstance(error, stripe.PermissionError) or status == 403:
        return ConfigError(
            "The key in STRIPE_API_KEY may not read customers, sources or payment methods: give"
            " it the right to read them."
        )
    if isinstance(error, stripe.RateLimitError) or status == 429:
        return RetryableError("Stripe says 429 (too many requests): run it again later.")
    if isinstance(error, stripe.APIConnectionError):
        return RetryableError("Stripe cannot be reached, or did not answer in time.")
    if status is None or status >= 500:
        return RetryableError(f"Stripe failed with HTTP {status or 'no status'}.")
    return FatalError(
        f"Stripe refused the question with HTTP {status} ({error.code or 'no code'})."
    )
