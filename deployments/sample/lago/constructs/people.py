"""Constructs of customers, and of what is owed to them."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime
from decimal import Decimal

from deployments.sample.lago.constructs.common import MONTHLY, contract
from deployments.sample.lago.tenant.terms import Contract, Wallet


def people() -> Iterator[Contract]:
    """Yield the constructs of the area ``people``, and a subscription that ended."""
    several = "first@emails.example, second@emails.example,third@emails.example"
    yield contract("emails_several", MONTHLY, customer={"email": several})
    yield contract("email_none", MONTHLY, customer={"email": None})
    yield contract("email_malformed", MONTHLY, customer={"email": "nobody at home"})
    yield contract("customer_unreadable", MONTHLY, customer={"created_at": None})
    yield contract("name_none", MONTHLY, customer={"name": None})
    other = {
        "payment_provider": "gocardless", "payment_provider_code": "gc",
        "provider_customer_id": "CU000123",
    }  # fmt: skip
    yield contract("provider_other", MONTHLY, customer={"billing_configuration": other})
    apart = {"billing_entity_code": "another"}
    yield contract("billing_entity_other", MONTHLY, subscription=apart)
    yield contract("partner_self_billed", MONTHLY, customer={"account_type": "partner"})
    yield contract("terminated", MONTHLY, ended_at=datetime(2026, 9, 17, 11, tzinfo=UTC))


def owed() -> Iterator[Contract]:
    """Yield the constructs of the area ``owed``."""
    yield contract("wallet_paid", MONTHLY, wallets=(Wallet(paid=Decimal("42.50")),))
    yield contract("wallet_granted", MONTHLY, wallets=(Wallet(granted=Decimal(15)),))
    yield contract("credit_note_balance", MONTHLY, credit_note=Decimal(12))
    left = Wallet(paid=Decimal("12.50"))
    over = datetime(2026, 9, 17, 11, tzinfo=UTC)
    yield contract("owed_without_subscription", MONTHLY, wallets=(left,), ended_at=over)
    top_up = Wallet(paid=Decimal(20), top_up_below=Decimal(10))
    yield contract("wallet_top_up_rule", MONTHLY, wallets=(top_up,))
    ends = Wallet(granted=Decimal(20), more={"expiration_at": "2027-03-01T00:00:00Z"})
    yield contract("wallet_expiry", MONTHLY, wallets=(ends,))
    limits = {"applies_to": {"fee_types": ["charge"], "billable_metric_codes": []}}
    yield contract("wallet_limits", MONTHLY, wallets=(Wallet(paid=Decimal(20), more=limits),))
    blank = Wallet(paid=Decimal(20), more={"balance_cents": None})
    yield contract("wallet_unreadable", MONTHLY, wallets=(blank,))
    yield contract("credit_note_unreadable", MONTHLY, credit_note=Decimal(7))
    euros = Wallet(paid=Decimal(20), more={"currency": "EUR"})
    yield contract("wallet_currency", MONTHLY, wallets=(euros,))
