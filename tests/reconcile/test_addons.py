"""Add-ons meet under one name, whoever spelt it: what is billed is not reported as missing."""

from __future__ import annotations

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.model.addons import addon_key, names_by_key
from tasks.model.ledger import LineOutcome, ledger_frame
from tasks.reconcile.compare import compare
from tasks.reconcile.ledger_nexacloud import InvoiceItem, item_name
from tests.reconcile.ledgers import TORONTO, line

names = st.text(min_size=1, max_size=20).filter(lambda name: name.strip() and "\0" not in name)


@pytest.mark.parametrize(
    "spelling",
    [
        "Daily backup",
        "  daily   BACKUP ",
        "Daily-backup",
        "Daily backup (2026-09-05 → 2026-10-05)",
        "Add-on: Daily backup",
        "Daily backup (monthly)",
        "Daily backup × 12",
        "Daily Bàckup",
    ],
)
def test_spellings_of_an_addon_are_one(spelling):
    assert addon_key(spelling) == addon_key("Daily backup")
    item = InvoiceItem(spelling, None, None, Decimal(9))
    named = item_name(item, of_subscription=True, addons=names_by_key(["Daily backup"]))
    assert named == "addon:Daily backup"


@pytest.mark.parametrize(
    "name", ["Overage protection", "Credit pack", "Backup (2026-01-01 → 2026-02-01)"]
)
def test_addon_whose_name_reads_like_something_else_is_an_addon(name):
    item = InvoiceItem(name, None, None, Decimal(9))
    named = item_name(item, of_subscription=True, addons=names_by_key([name]))
    assert named.startswith("addon:")


def test_money_given_back_for_an_addon_is_a_credit():
    item = InvoiceItem("Daily backup", None, None, Decimal(-9))
    named = item_name(item, of_subscription=True, addons=names_by_key(["Daily backup"]))
    assert named == "credit:Daily backup"


@given(names)
def test_every_name_has_a_key_and_is_its_own_spelling(name):
    assert addon_key(name)
    assert names_by_key([name, None, " "]) == {addon_key(name): name}


@given(st.lists(names, max_size=6), st.randoms())
def test_spelling_chosen_does_not_hang_on_the_order(found, random):
    shuffled = random.sample(found, len(found))
    assert names_by_key(found) == names_by_key(shuffled)


def test_addon_spelt_otherwise_is_matched_and_shown_as_odoo_has_it():
    odoo = ledger_frame([line("9.90", "addon:Daily backup")])
    other = ledger_frame([line("9.90", "addon:DAILY  BACKUP (monthly)")])
    (row,) = compare(odoo, other, TORONTO).to_dicts()
    assert (row["item"], row["outcome"]) == ("addon:Daily backup", LineOutcome.MATCH)


def test_addons_of_two_names_stay_two():
    odoo = ledger_frame([line("9.90", "addon:Backup"), line("4.00", "addon:Static IP")])
    found = compare(odoo, odoo, TORONTO)
    assert set(found["item"]) == {"addon:Backup", "addon:Static IP"}
    assert set(found["outcome"]) == {LineOutcome.MATCH}
