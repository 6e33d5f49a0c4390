"""What the quality rules ask about users, one mapping of facts per user.

A fact of ``None`` means that its rule does not apply to the row.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from typing import Any

from tasks.backfill.facts.moments import moment_facts
from tasks.check.suites import Suite
from tasks.model.source import Row, Source, billed_subscriptions
from tasks.model.texts import is_usable_key, said


def email_key(text: str) -> str:
    """Fold an address so that spellings of one mailbox compare equal."""
    return text.strip().lower()


def user_facts(source: Source, rules: Suite) -> Iterator[dict[str, Any]]:
    """Say what the rules need to know about each user, in reading order.

    ``users_with_this_email`` counts the user too. ``customers_with_this_stripe_id`` counts
    different addresses behind one id. ``payer_has_stripe_id`` is None for a user without a
    live subscription.

    Args:
        source: All four tables.
        rules: Of the users: what an address and a Stripe id look like.
    """
    emails = [email_key(u["email"]) for u in source.users if _is_email(u["email"], rules)]
    holders = _stripe_holders(source.users, rules)
    payers = {row["user_id"] for row in billed_subscriptions(source)}
    shared = Counter(emails)
    return (
        moment_facts(user)
        | {
            "email_text": user["email"] or "",
            "users_with_this_email": (
                shared[email_key(user["email"])] if _is_email(user["email"], rules) else None
            ),
            "customers_with_this_stripe_id": (
                len(holders[user["stripe_customer_id"]])
                if user["stripe_customer_id"] in holders
                else None
            ),
            "payer_has_stripe_id": (
                user["stripe_customer_id"] is not None if user["id"] in payers else None
            ),
            "country": said(user["country_code"]),
            "name": said(user["full_name"]) or said(user["company_name"]),
            "key_is_usable": is_usable_key(user["id"]),
        }
        for user in source.users
    )


def _is_email(text: str | None, rules: Suite) -> bool:
    return rules.rules["email_malformed"].keeps(text or "")


def _stripe_holders(users: Sequence[Row], rules: Suite) -> dict[str, set[str]]:
    """Who carries each well-formed Stripe id; a user without an address stands for itself."""
    holders = defaultdict(set)
    for user in users:
        stripe_id, email = user["stripe_customer_id"], user["email"]
        if stripe_id is not None and rules.rules["stripe_id_malformed"].keeps(stripe_id):
            holders[stripe_id].add(user["id"] if email is None else email_key(email))
    return dict(holders)
