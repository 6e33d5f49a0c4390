"""The rules of a reconciliation's invoices: each finds what it is for, and nothing else."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tasks.check import check_invoices
from tasks.domain.facts.invoices import invoice_facts, is_readable, item_facts

START = datetime(2026, 9, 5, 4, tzinfo=UTC)
CLEAN = {
    "invoice_id": "clean",
    "user_id": "anna",
    "subscription_id": "sub-1",
    "item_id": "item-1",
    "stripe_invoice_id": "in_1",
    "status": "paid",
    "currency": "CAD",
    "description": "Daily backups",
    "subtotal": "39.0000",
    "tax": "5.0700",
    "total": "44.07",
    "quantity": "1",
    "unit_price": "39.00",
    "amount": "39.0000",
    "period_start": START,
    "period_end": START + timedelta(days=30),
    "created_at": START,
    "paid_at": START,
}
CASES = {
    "invoice_amount_missing": {"subtotal": None},
    "invoice_currency_missing": {"currency": ""},
    "invoice_customer_missing": {"user_id": None},
    "invoice_period_missing": {"period_end": START},
    "invoice_created_at_unreliable": {"created_at": START - timedelta(days=400)},
    "invoice_items_do_not_foot": {"amount": "12"},
    "invoice_origin_unknown": {"stripe_invoice_id": "x"},
    "invoice_status_unknown": {"status": "lost", "paid_at": None},
    "invoice_status_unreliable": {"paid_at": None},
    "invoice_total_does_not_foot": {"total": "50"},
    "invoice_without_items": {"item_id": None, "amount": None},
}
KEEP_OUT = {name for name in CASES if name.endswith("_missing")}


@pytest.fixture(scope="module")
def found():
    suspicious = [
        invoice_facts([CLEAN | {"invoice_id": name} | values]) for name, values in CASES.items()
    ]
    orphan = {"id": "lost", "invoice_id": "gone", "description": "Item", "amount": "12"}
    return check_invoices(
        [invoice_facts([CLEAN]), *suspicious],
        [item_facts(orphan)],
        invoices=1000,
        docs_dir=None,
        run_name="cases",
    )


@pytest.mark.parametrize("name", CASES)
def test_an_invoice_breaks_exactly_its_rule(name, found):
    assert {each.rule for each in found.findings if each.key == name} == {name}


def test_a_clean_invoice_breaks_none_and_an_orphan_item_its_own(found):
    assert not [each for each in found.findings if each.key == "clean"]
    assert [each.rule for each in found.findings if each.key == "lost"] == ["invoice_item_orphan"]


def test_rules_say_of_how_many_invoices_they_were_asked(found):
    assert {stat.checked for stat in found.checks if stat.suite == "invoices"} == {1000}


@pytest.mark.parametrize("name", CASES)
def test_only_what_cannot_be_compared_is_kept_out(name):
    facts = invoice_facts([CLEAN | CASES[name]])

    assert facts["is_clean"] is False
    assert is_readable(facts) is (name not in KEEP_OUT)
