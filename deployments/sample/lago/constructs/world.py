"""The construct world: every construct's customer, and the labels of what must come out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta

from deployments.sample.lago.constructs.charges import METRICS, app, charges
from deployments.sample.lago.constructs.money import coupons, money
from deployments.sample.lago.constructs.people import owed, people
from deployments.sample.lago.constructs.periods import periods
from deployments.sample.lago.objects.parts import lago_id
from deployments.sample.lago.tenant.biller import Bill, bills, codes_of, tax_of
from deployments.sample.lago.tenant.book import TenantBook
from deployments.sample.lago.tenant.terms import Contract, Json

SERVICE = "memberships"
TODAY = date(2026, 11, 12)
#: No bill lies further ahead.
HORIZON = timedelta(days=800)
SHARED = "coupon_several_subscriptions"
DELETED = "coupon_unreadable"
SPOILED = "credit_note_unreadable"


def constructs() -> Iterator[Contract]:
    """Yield a contract for each construct; its customer's id is the construct's name."""
    for area in (periods, money, coupons, owed, charges, people, app):
        yield from area()


def construct_document(today: date = TODAY) -> Json:
    """Give the world as the sandbox serves it; ``labels`` are not for the API."""
    book = TenantBook(SERVICE, today, METRICS)
    contracts = list(constructs())
    book.add(contracts)
    document = book.document()
    document["coupons"] = [row for row in document["coupons"] if row["code"] != DELETED]
    _add_second_subscription(document)
    for note in document["credit_notes"]:
        if note["customer"]["external_id"] == SPOILED.replace("_", "-"):
            note["balance_amount_cents"] = "seven"
    document["labels"] = [label(contract, today) for contract in contracts]
    return document


def label(contract: Contract, today: date) -> Json:
    """Say what the next bill of a contract is, after a day; ``next`` is None if there is none."""
    coming = [bill for bill in bills(contract, today + HORIZON) if bill.day > today]
    return {
        "construct": contract.key.replace("-", "_"),
        "customer": contract.key,
        "subscription": f"{contract.key}-1",
        "next": _told(contract, coming[0]) if coming else None,
    }


def _told(contract: Contract, bill: Bill) -> Json:
    tax = tax_of(contract, bill)
    return {
        "due_on": bill.day.isoformat(),
        "currency": contract.sold.currency,
        "lines": [
            {
                "item": due.item,
                "start": due.start.isoformat(),
                "end": due.end.isoformat(),
                "units": str(due.units),
                "amount": str(due.amount),
                "tax_codes": list(codes_of(contract, due)),
                **({"part": due.part} if due.part else {}),
            }
            for due in bill.dues
        ],
        "coupons": {code: str(amount) for code, amount in bill.coupons.items()},
        "taxes": {code: str(amount) for code, amount in tax.by_code.items()},
        "net": str(bill.net),
        "tax": str(tax.total),
        "total": str(bill.net + tax.total),
    }


def _add_second_subscription(document: Json) -> None:
    """Let a customer's coupon be shared by two subscriptions."""
    key = f"{SHARED.replace('_', '-')}"
    first = next(row for row in document["subscriptions"] if row["external_customer_id"] == key)
    second = {"lago_id": lago_id("subscription", f"{key}:2"), "external_id": f"{key}-2"}
    document["subscriptions"].append(first | second)
