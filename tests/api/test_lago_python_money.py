"""Lago's own client for Python, unmodified, about money: against a live service."""

from __future__ import annotations

from dataclasses import replace
from uuid import uuid4

import pytest
from lago_python_client import Client
from lago_python_client.models import (
    AddOn,
    AppliedCoupon,
    Coupon,
    CreditNote,
    Customer,
    Invoice,
    Item,
    Items,
    OneOffInvoice,
    Payment,
    Plan,
    Subscription,
    Tax,
    Wallet,
    WalletTransaction,
)


@pytest.fixture(scope="module")
def lago(api) -> Client:
    """A client of a service that Odoo bills: its address and its key are all that is set."""
    told = {"name": "Money", "code": f"money-{uuid4().hex[:8]}", "phase": "live"}
    service = api.odoo.execute("fusion.billing.service", "create", told)
    key = api.odoo.execute("fusion.billing.service", "issue_api_key", [service], "tests")
    live = replace(api, key=key)
    return Client(api_key=live.key, api_url=live.url)


def test_an_app_s_money_goes_the_same_ways(lago: Client) -> None:
    lago.taxes.create(Tax(name="HST", code="hst", rate=13.0))
    lago.add_ons.create(
        AddOn(name="Set-up", code="setup", amount_cents=10_000, amount_currency="CAD")
    )
    told = {"external_id": "m", "name": "Zoé", "email": "zoe-money@example.ca"}
    lago.customers.create(Customer(**told, tax_codes=["hst"]))
    for code, amount in (("small", 2000), ("big", 4000)):
        plan = {"name": code, "code": code, "interval": "monthly", "amount_cents": amount}
        lago.plans.create(Plan(**plan, amount_currency="CAD", pay_in_advance=True))
    coupon = {"name": "Tenth", "code": "tenth", "coupon_type": "percentage"}
    lago.coupons.create(
        Coupon(**coupon, percentage_rate=10.0, frequency="forever", expiration="no_expiration")
    )
    given = lago.applied_coupons.create(
        AppliedCoupon(external_customer_id="m", coupon_code="tenth")
    )
    assert given.coupon_code == "tenth"

    fees = [{"add_on_code": "setup", "units": 1, "tax_codes": ["hst"]}]
    bill = lago.invoices.create(OneOffInvoice(external_customer_id="m", currency="CAD", fees=fees))
    assert (bill.status, bill.total_amount_cents) == ("finalized", 11_300)
    fee = bill.fees.__root__[0]
    note = lago.credit_notes.create(
        CreditNote(
            invoice_id=bill.lago_id,
            reason="other",
            credit_amount_cents=1130,
            refund_amount_cents=0,
            items=Items(__root__=[Item(fee_id=fee.lago_id, amount_cents=1000)]),
        )
    )
    assert (note.total_amount_cents, note.credit_status) == (1130, "available")
    paid = lago.payments.create(
        Payment(invoice_id=bill.lago_id, amount_cents=11_300, reference="cheque")
    )
    assert paid.amount_cents == 11_300
    assert lago.invoices.find(bill.lago_id).payment_status == "succeeded"
    changed = lago.invoices.update(Invoice(metadata=[]), bill.lago_id)
    assert changed.lago_id == bill.lago_id

    wallet = lago.wallets.create(
        Wallet(external_customer_id="m", rate_amount="1.0", currency="CAD", granted_credits="50")
    )
    assert wallet.balance_cents == 5000
    lago.wallet_transactions.create(
        WalletTransaction(wallet_id=wallet.lago_id, granted_credits="5")
    )
    second = lago.invoices.create(
        OneOffInvoice(external_customer_id="m", currency="CAD", fees=fees)
    )
    # The credit note goes before the wallet.
    assert second.credit_notes_amount_cents == 1130
    assert second.prepaid_credit_amount_cents == 5500
    assert second.total_due_amount_cents == 11_300 - 1130 - 5500
    assert lago.wallets.find(wallet.lago_id).balance_cents == 0

    ids = {"external_customer_id": "m", "external_id": "s"}
    lago.subscriptions.create(Subscription(**ids, plan_code="small"))
    upgraded = lago.subscriptions.create(Subscription(**ids, plan_code="big"))
    assert upgraded.plan_code == "big"
    assert [one.code for one in lago.taxes.find_all()["taxes"]] == ["hst"]
    assert lago.credit_notes.find(note.lago_id).credit_status == "consumed"
    assert lago.wallets.destroy(wallet.lago_id).status == "terminated"
    assert lago.coupons.destroy("tenth").code == "tenth"
