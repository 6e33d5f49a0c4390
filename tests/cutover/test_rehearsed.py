"""The first invoices in words and as a table: their sums are Odoo's, faults are named."""

from __future__ import annotations

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.cutover.rehearsed import gate_of_rehearsal, kept_back, rehearsal_table, rehearsed_of

LINE = {
    "product": "Pro",
    "name": "Pro",
    "quantity": "1",
    "price": "49",
    "discount": "0",
    "taxes": ["13%"],
    "untaxed": "49.00",
    "total": "55.37",
    "from": "2026-12-14",
    "to": "2027-01-13",
}
INVOICE = {
    "subscription": "s-1",
    "order": "S00001",
    "date": "2026-12-14",
    "lines": [LINE],
    "untaxed": "49.00",
    "tax": "6.37",
    "total": "55.37",
    "due": "55.37",
    "currency": "CAD",
    "charged": "•••• 4242",
    "no_card": None,
    "mailed": True,
    "closed_on": "2027-03-14",
    "next_invoice": "2027-01-14",
}


def rehearsed(*invoices, customer="a", code=None, message=None):
    raw = {"customer": customer, "code": code, "message": message, "invoices": list(invoices)}
    return rehearsed_of(raw)


def test_what_all_first_invoices_come_to_is_one_sentence():
    other = INVOICE | {"date": "2026-12-20", "charged": None, "no_card": "Has no card."}
    gate = gate_of_rehearsal([rehearsed(INVOICE, other)])
    assert gate.ok
    assert gate.sentence == (
        "Odoo made and took back 2 first invoices, from 2026-12-14 to 2026-12-20: 110.74 CAD with"
        " tax; 1 would be charged to a card, 2 mailed."
    )
    assert gate_of_rehearsal([]).ok


def test_one_who_cannot_be_invoiced_is_kept_back_alone_and_by_name():
    failed = rehearsed(customer="b", code="no_invoice", message="No account is set.")
    live = rehearsed(customer="c", code="live", message="Odoo bills them.")
    all_of_them = [rehearsed(INVOICE), failed, live]
    gate = gate_of_rehearsal(all_of_them)
    assert (gate.ok, gate.count, gate.examples) == (True, 1, ("b",))
    assert "1 cannot be invoiced" in gate.sentence
    billed = {"a": {"s-1": ""}, "b": {"s-2": "", "s-3": "Kept out."}, "c": {"s-4": ""}}
    assert kept_back(billed, all_of_them) == {
        "a": {"s-1": ""},
        "b": {"s-2": "its first invoice cannot be made. No account is set.", "s-3": "Kept out."},
        "c": {"s-4": ""},
    }
    rows = rehearsal_table(all_of_them).rows
    assert [row[0] for row in rows] == ["a", "b", "c"]
    assert "No account is set." in rows[1]


def test_table_has_every_line_with_what_happens_to_its_invoice():
    usage = LINE | {
        "product": "CPU",
        "quantity": "12.5",
        "price": "0.0075",
        "from": None,
        "to": None,
    }
    table = rehearsal_table([rehearsed(INVOICE | {"lines": [LINE, usage]})])
    assert len({len(row) for row in table.rows} | {len(table.columns)}) == 1
    first, second = (dict(zip(table.columns, row, strict=True)) for row in table.rows)
    assert (first["price"], first["charged to"], first["to"]) == (
        Decimal(49),
        "•••• 4242",
        "2027-01-13",
    )
    assert (second["price"], second["quantity"], second["from"]) == (
        Decimal("0.0075"),
        Decimal("12.5"),
        "",
    )
    assert first["closed unpaid on"] == "2027-03-14"


amounts = st.decimals("0", "99999.99", places=2)


@given(st.lists(st.tuples(amounts, st.sampled_from(["CAD", "EUR"])), min_size=1, max_size=20))
def test_totals_foot_by_currency(made):
    invoices = [INVOICE | {"total": str(total), "currency": code} for total, code in made]
    said = gate_of_rehearsal([rehearsed(*invoices)]).sentence
    for code in {code for _, code in made}:
        total = sum(amount for amount, other in made if other == code)
        assert f"{total:,.2f} {code}" in said
