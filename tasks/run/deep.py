"""doctor --deep: would the first invoices be right, and be charged, mailed and booked?"""

from __future__ import annotations

from typing import Any

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.run.doctor import Diagnosis
from tasks.run.settings import Settings

_SAMPLE = 5
REHEARSAL = "Rehearsal"


def look_deep(diagnosis: Diagnosis, settings: Settings, service: str) -> None:
    """Look at Odoo's settings, and at the first invoices of some customers; nothing of it stays."""
    with diagnosis.look_at("Odoo's settings"):
        take(diagnosis, odoo_cutover.look_at_odoo(settings.odoo(), service, _SAMPLE))


def take(diagnosis: Diagnosis, looked: dict[str, Any]) -> None:
    """Take over what Odoo found: ``findings`` of its settings, and a ``rehearsal``."""
    for finding in looked["findings"]:
        _note(diagnosis, finding)
    if not looked["rehearsal"]:
        diagnosis.found.append((REHEARSAL, "Nobody is in shadow: there is nothing to rehearse."))
    for row in looked["rehearsal"]:
        _tell(diagnosis, row)


def _note(diagnosis: Diagnosis, finding: dict[str, str]) -> None:
    subject, sentence, remedy = (finding[name] for name in ("subject", "sentence", "remedy"))
    if remedy:
        diagnosis.faults.append((subject, f"{sentence} {remedy}"))
    else:
        diagnosis.found.append((subject, sentence))


def _tell(diagnosis: Diagnosis, row: dict[str, Any]) -> None:
    if row["code"]:
        said = f"Customer {row['customer']} cannot be invoiced: {row['message']}"
        diagnosis.faults.append((REHEARSAL, said))
        return
    for invoice in row["invoices"]:
        diagnosis.found.append((REHEARSAL, invoice_words(invoice)))


def invoice_words(invoice: dict[str, Any]) -> str:
    """Tell a rehearsed invoice in a sentence."""
    lines = len(invoice["lines"])
    charged = f"charged to {invoice['charged']}" if invoice["charged"] else "not charged"
    why = f" ({invoice['no_card']})" if invoice.get("no_card") else ""
    mailed = "mailed" if invoice["mailed"] else "not mailed"
    return (
        f"{invoice['subscription']}: on {invoice['date']} {lines} line{'' if lines == 1 else 's'},"
        f" {invoice['untaxed']} + {invoice['tax']} tax = {invoice['total']} {invoice['currency']},"
        f" {charged}{why}, {mailed}."
    )
