"""The rules of a reconciliation's invoices: each finds what it is for, and nothing else."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tasks.check.suites import load_suite
from tasks.model.records import Severity
from tasks.reconcile.facts import check_invoices, invoice_facts, item_facts
from tests.expectations.invoice_cases import CASES, CLEAN, ORPHAN_ITEM, START

KEEP_OUT = {name for name in CASES if name.endswith("_missing")} | {
    "value_unreadable",
    "invoice_unsettled",
}

LATE = "invoice_created_at_unreliable"


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
    assert [each.rule for each in found.findings if each.key == "lost"] == [ORPHAN_ITEM]


def test_rules_say_of_how_many_invoices_they_were_asked(found):
    assert {stat.checked for stat in found.checks if stat.suite == "invoices"} == {1000}


@pytest.mark.parametrize("name", CASES)
def test_only_what_cannot_be_compared_is_kept_out(name):
    (rule,) = load_suite("invoices").broken(invoice_facts([CLEAN | CASES[name]]))
    assert rule.name == name
    assert (rule.severity is Severity.CRITICAL_ROW) is (name in KEEP_OUT)


@pytest.mark.parametrize(
    ("values", "broken"),
    [
        ({"created_at": START - timedelta(days=31)}, []),
        ({"created_at": START - timedelta(days=31, microseconds=1)}, [LATE]),
        ({"created_at": START + timedelta(days=92)}, []),
        ({"created_at": START + timedelta(days=92, microseconds=1)}, [LATE]),
        ({"total": "44.0799"}, []),
        ({"total": "44.08"}, ["invoice_total_does_not_foot"]),
        ({"total": "44.06"}, ["invoice_total_does_not_foot"]),
        ({"amount": "39.0049"}, []),
        ({"amount": "39.005"}, ["invoice_items_do_not_foot"]),
        ({"amount": "38.995"}, ["invoice_items_do_not_foot"]),
        ({"currency": "CA"}, ["invoice_currency_missing"]),
        ({"currency": "CAD\n"}, ["invoice_currency_missing"]),
        ({"currency": None}, ["invoice_currency_missing"]),
        ({"status": None, "paid_at": None}, ["invoice_status_unknown"]),
        ({"stripe_invoice_id": None}, ["invoice_origin_unknown"]),
        ({"stripe_invoice_id": "lago:7"}, []),
        ({"status": "refunded"}, []),
        ({"status": "disputed"}, ["invoice_unsettled"]),
        ({"status": "cancelled", "paid_at": None}, []),
        ({"subtotal": "0", "tax": "0", "total": "0", "item_id": None, "amount": None}, []),
    ],
)  # fmt: skip
def test_limits_hold_to_the_last_digit(values, broken):
    rules = load_suite("invoices").broken(invoice_facts([CLEAN | values]))
    assert [rule.name for rule in rules] == broken
