"""A month's invoice against Odoo's: what was asked for and is not what Odoo will ask is seen.

The rows of an invoice can say many things of one amount: items, subtotal, tax, total and status.
Whatever they say, a customer of whom nothing is open gets the same bill from Odoo.
"""

from __future__ import annotations

from decimal import Decimal
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.check.suites import load_suite
from tasks.model.records import Severity
from tasks.reconcile.facts import invoice_facts
from tasks.reconcile.ledger_nexacloud import (
    Invoice,
    InvoiceItem,
    kept_out_line,
    nexacloud_lines,
    plan_key,
)
from tests.reconcile.ledgers import TORONTO, due, flat, known, line, matched, moment

CENT = Decimal("0.01")
ADDONS, PLANS = {"backup": "Backup"}, {plan_key("Pro")}
START, END = moment("2026-09-05"), moment("2026-10-05")
#: Each line rounds its tax on both sides, the invoice its own, and its total less than a cent.
ROUNDING = Decimal("0.06")
RULES = load_suite("invoices")

amounts = st.decimals("-60", "60", places=2)
spoils = st.fixed_dictionaries(
    {},
    optional={
        "subtotal": amounts,
        "tax": amounts,
        "total": amounts,
        "Pro": amounts,
        "Backup": amounts,
        "more": st.tuples(
            st.sampled_from(("Coupon", "Setup fee", "Pro", "Backup", "Unused time on Pro", "")),
            amounts,
        ),
        "status": st.sampled_from(("void", "draft", "open", "refunded", "disputed", "odd")),
        "currency": st.sampled_from(("USD", "cad", "")),
        "is_itemized": st.just(value=False),
    },
)


def row_of(spoil: dict[str, Any], rate: Decimal) -> dict[str, Any]:
    """Lay out an invoice of 48.00 and its tax, with what is spoiled added to what is right."""
    items = [(name, Decimal(price) + spoil.get(name, 0)) for name, price in PRICES.items()]
    items += [spoil["more"]] if "more" in spoil else []
    subtotal = sum((amount for _, amount in items), Decimal(0)) + spoil.get("subtotal", 0)
    tax = round(subtotal * rate / 100, 2) + spoil.get("tax", 0)
    status = spoil.get("status", "paid")
    return {
        "invoice_id": "INV-1",
        "user_id": "anna",
        "subscription_id": "sub-1",
        "stripe_invoice_id": "in_1",
        "status": status,
        "currency": spoil.get("currency", "CAD"),
        "subtotal": subtotal,
        "tax": tax,
        "total": subtotal + tax + spoil.get("total", 0),
        "period_start": START,
        "period_end": END,
        "created_at": START,
        "paid_at": START if status in {"paid", "refunded", "disputed"} else None,
        "unreadable": None,
        "items": items if spoil.get("is_itemized", True) else [],
    }


PRICES = {"Pro": "39.00", "Backup": "9.00"}


def lines_of(row: dict[str, Any]):
    """Read the invoice as the reconciliation does."""
    texts = {name: str(row[name]) for name in ("subtotal", "tax", "total")}
    told = [{**row, **texts, "item_id": "x", "amount": str(amount)} for _, amount in row["items"]]
    facts = invoice_facts(told or [{**row, **texts, "item_id": None, "amount": None}])
    if any(rule.severity is not Severity.WARNING for rule in RULES.broken(facts)):
        return list(filter(None, [kept_out_line("nexacloud", facts)]))
    invoice = Invoice(
        invoice_id=row["invoice_id"],
        customer=row["user_id"],
        subscription=row["subscription_id"],
        origin_id=row["stripe_invoice_id"],
        status=row["status"],
        currency=row["currency"].upper(),
        subtotal=row["subtotal"],
        tax=row["tax"],
        total=row["total"],
        start=START,
        end=END,
        paid_at=row["paid_at"],
        items=tuple(InvoiceItem(text, None, None, amount) for text, amount in row["items"]),
    )
    found = nexacloud_lines("nexacloud", invoice, TORONTO, ADDONS, PLANS)
    return list(found) if invoice.counts else []


def open_causes(row: dict[str, Any], rate: Decimal) -> set[str]:
    """Compare with Odoo, which has what is due, at this rate; give the causes of what is open."""
    ours = [
        flat(PRICES["Pro"], tax_rate=str(rate)),
        line(PRICES["Backup"], "addon:Backup", tax_rate=str(rate), origin="odoo"),
    ]
    terms = known([due(each) for each in ours], runs=("sub-1",))
    rows = matched(ours, lines_of(row), source=terms)
    return {each["cause"] for each in rows if each["wrong_side"]}


@settings(max_examples=60, deadline=None)
@given(spoils, st.sampled_from(("0", "5", "13", "14.975", "15")))
def test_of_whom_nothing_is_open_odoo_asks_what_the_old_side_asked(spoil, rate):
    row = row_of(spoil, Decimal(rate))
    due_in_odoo = Decimal(48) * (1 + Decimal(rate) / 100)
    asked = row["total"]
    if not open_causes(row, Decimal(rate)):
        assert abs(asked - due_in_odoo) <= ROUNDING
        assert row["status"] not in {"void", "draft", "refunded", "disputed"}
        assert row["currency"].upper() == "CAD"


@pytest.mark.parametrize("rate", ["0", "5", "13", "14.975", "15"])
def test_of_an_invoice_that_is_as_it_should_be_nothing_is_open(rate):
    assert open_causes(row_of({}, Decimal(rate)), Decimal(rate)) == set()


@pytest.mark.parametrize(
    ("spoil", "causes"),
    [
        ({"total": Decimal("-9.60")}, {"discount"}),
        ({"total": Decimal("-6.24")}, {"tax_included"}),
        ({"subtotal": Decimal("-9.60")}, {"credit"}),
        ({"total": Decimal("4")}, {"not_itemized"}),
        ({"status": "refunded"}, {"credit"}),
        ({"status": "disputed"}, {"kept_out"}),
        ({"status": "void"}, {"unexplained"}),
        ({"currency": "USD"}, {"currency"}),
        ({"Backup": Decimal("3")}, {"flat_price_differs"}),
        ({"tax": Decimal("-1.17")}, {"tax_differs"}),
        ({"more": ("Setup fee", Decimal("99"))}, {"one_off"}),
        ({"more": ("Goodwill", Decimal("-5"))}, {"credit"}),
        ({"is_itemized": False}, {"not_itemized"}),
    ],
)
def test_what_is_open_has_its_true_cause(spoil, causes):
    assert open_causes(row_of(spoil, Decimal(13)), Decimal(13)) == causes
