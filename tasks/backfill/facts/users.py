"""What the quality rules ask about users, one mapping of facts per user.

A fact of ``None`` means that its rule does not apply to the row.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from typing import Any

from tasks.backfill.facts.moments import moment_facts
from tasks.model.source import Row, Source, billed_subscriptions

# Dots stand between characters only; the host has at least one dot. Letters of any script pass.
_LOCAL = r"[^\s@.<>()\[\],;:\"\\]+(?:\.[^\s@.<>()\[\],;:\"\\]+)*"
_LABEL = r"[^\W_](?:[\w-]*[^\W_])?"
_EMAIL = re.compile(rf"{_LOCAL}@(?:{_LABEL}\.)+[^\W\d_](?:[\w-]*[^\W_])")
_STRIPE_CUSTOMER = re.compile(r"cus_[A-Za-z0-9]+")


def is_email(text: str | None) -> bool:
    """Tell whether a text is one well-formed address, without surrounding blanks.

    >>> is_email("zoe.roy@example.ca"), is_email("zoe@example"), is_email(None)
    (True, False, False)
    """
    return text is not None and _EMAIL.fullmatch(text) is not None


def email_key(text: str) -> str:
    """Fold an address so that spellings of one mailbox compare equal."""
    return text.strip().lower()


def is_stripe_customer(text: str) -> bool:
    """Tell whether a text looks like a Stripe customer id (``cus_`` and letters or digits)."""
    return _STRIPE_CUSTOMER.fullmatch(text) is not None


def user_facts(source: Source) -> list[dict[str, Any]]:
    """Say what the rules need to know about each user, in reading order.

    ``users_with_this_email`` counts the user too. ``customers_with_this_stripe_id`` counts
    different addresses behind one id. ``payer_has_stripe_id`` is None for a user without a
    live subscription.
    """
    shared = Counter(email_key(u["email"]) for u in source.users if is_email(u["email"]))
    holders = _stripe_holders(source.users)
    payers = {row["user_id"] for row in billed_subscriptions(source)}
    return [_facts(user, shared, holders, payers) for user in source.users]


def _facts(
    user: Row, shared: Counter[str], holders: dict[str, set[str]], payers: Iterable[str]
) -> dict[str, Any]:
    email, stripe_id = user["email"], user["stripe_customer_id"]
    return moment_facts(user) | {
        "email_is_well_formed": is_email(email),
        "users_with_this_email": shared[email_key(email)] if is_email(email) else None,
        "stripe_id_is_well_formed": None if stripe_id is None else is_stripe_customer(stripe_id),
        "customers_with_this_stripe_id": len(holders[stripe_id]) if stripe_id in holders else None,
        "payer_has_stripe_id": stripe_id is not None if user["id"] in payers else None,
        "has_country": bool(user["country_code"] and user["country_code"].strip()),
        "has_name": any(
            user[part] and user[part].strip() for part in ("full_name", "company_name")
        ),
    }


def _stripe_holders(users: Sequence[Row]) -> dict[str, set[str]]:
    """Who carries each well-formed Stripe id; a user without an address stands for itself."""
    holders = defaultdict(set)
    for user in users:
        stripe_id = user["stripe_customer_id"]
        if stripe_id is not None and is_stripe_customer(stripe_id):
            email = user["email"]
            holders[stripe_id].add(user["id"] if email is None else email_key(email))
    return dict(holders)
