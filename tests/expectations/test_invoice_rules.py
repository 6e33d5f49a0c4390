"""The rules of a reconciliation's invoices: each finds what it is for, and nothing else."""

from __future__ import annotations

import pytest

from tasks.reconcile.check import check_invoices
from tasks.reconcile.facts import invoice_facts, is_readable, item_facts
from tests.expectations.invoice_cases import CASES, CLEAN, ORPHAN_ITEM

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
    assert [each.rule for each in found.findings if each.key == "lost"] == [ORPHAN_ITEM]


def test_rules_say_of_how_many_invoices_they_were_asked(found):
    assert {stat.checked for stat in found.checks if stat.suite == "invoices"} == {1000}


@pytest.mark.parametrize("name", CASES)
def test_only_what_cannot_be_compared_is_kept_out(name):
    facts = invoice_facts([CLEAN | CASES[name]])

    assert facts["is_clean"] is False
    assert is_readable(facts) is (name not in KEEP_OUT)
