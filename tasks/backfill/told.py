"""What Odoo said of rows that it took: told in every run until somebody mends it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from tasks.model.records import Finding, LoadedRow, Severity

_TABLES = {"customer": "users", "plan": "plans", "order": "deployments"}
#: Odoo's code -> what a person does about it.
REMEDIES = {
    "region_unknown": "Correct the region in the source, or set the contact's state in Odoo; the"
    " tax of their orders depends on it.",
    "email_ambiguous": "Merge the contacts in Odoo if they are one customer.",
    "contact_shared": "Correct the contact in Odoo, or give each account a contact of its own.",
    "email_archived": "Restore the contact in Odoo before the cutover.",
    "language_unknown": "Activate the language in Odoo and run the backfill again.",
    "currency_without_rate": "Enter an exchange rate in Odoo before the cutover.",
    "discount_by_hand": "Nothing, if it is agreed with the customer; else take it off the order"
    " in Odoo.",
}


def told(answers: Iterable[LoadedRow]) -> Iterator[Finding]:
    """Yield a warning for each row about which Odoo said what a person should know."""
    for answer in answers:
        remedy = REMEDIES.get(answer.code or "")
        if remedy and answer.entity in _TABLES:
            yield Finding(
                table=_TABLES[answer.entity],
                key=answer.external_id,
                rule=answer.code or "",
                severity=Severity.WARNING,
                sentence=answer.message or "",
                observed="",
                remedy=remedy,
            )
