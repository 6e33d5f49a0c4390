"""doctor --deep: what it says of Odoo's settings and of first invoices."""

from __future__ import annotations

from tasks.run.doctor import Diagnosis, invoice_words, take

INVOICE = {
    "subscription": "s-1",
    "date": "2026-12-14",
    "lines": [{}],
    "untaxed": "49.00",
    "tax": "6.37",
    "total": "55.37",
    "currency": "CAD",
    "charged": "•••• 4242",
    "no_card": None,
    "mailed": True,
}


def test_invoice_is_told_in_a_sentence():
    assert invoice_words(INVOICE) == (
        "s-1: on 2026-12-14 1 line, 49.00 + 6.37 tax = 55.37 CAD, charged to •••• 4242, mailed."
    )
    without = INVOICE | {"charged": None, "no_card": "Has no card.", "mailed": False, "lines": []}
    said = invoice_words(without)
    assert "0 lines" in said
    assert "not charged (Has no card.), not mailed" in said


def test_fault_has_its_remedy_and_what_cannot_be_invoiced_is_one():
    diagnosis = Diagnosis()
    looked = {
        "findings": [
            {"subject": "Mail", "sentence": "No server.", "remedy": "Add one."},
            {"subject": "Sequence", "sentence": "The last is INV/1.", "remedy": ""},
        ],
        "rehearsal": [
            {"customer": "a", "code": None, "message": None, "invoices": [INVOICE]},
            {"customer": "b", "code": "no_calendar", "message": "It has none.", "invoices": []},
        ],
    }
    take(diagnosis, looked)
    assert diagnosis.faults == [
        ("Mail", "No server. Add one."),
        ("Rehearsal", "Customer b cannot be invoiced: It has none."),
    ]
    assert [subject for subject, _ in diagnosis.found] == ["Sequence", "Rehearsal"]
    empty = Diagnosis()
    take(empty, {"findings": [], "rehearsal": []})
    assert "Nobody is in shadow" in empty.found[0][1]
