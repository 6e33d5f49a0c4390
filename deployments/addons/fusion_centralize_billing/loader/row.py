"""A row on its way through the loader, and the answer it ends with."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field

CREATED = "created"
UPDATED = "updated"
UNCHANGED = "unchanged"
FAILED = "failed"
OUTCOMES = (CREATED, UPDATED, UNCHANGED, FAILED)


class InvalidRowError(Exception):
    """A row that can be refused without asking the ORM.

    Args:
        code: One of the failure codes of the contract (readme/USAGE.md).
        message: One plain sentence without personal data.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message


@dataclass(slots=True, eq=False)
class Row:
    """One plan, customer or order of a bundle.

    ``parent`` is an order's customer. ``values`` and ``work`` are what a loader notes down
    for itself between its steps. ``outcome`` is None until the row is done.
    """

    entity: str
    external_id: str
    data: dict
    fingerprint: str
    parent: "Row | None" = None
    outcome: str | None = None
    odoo_id: int | None = None
    code: str | None = None
    message: str | None = None
    values: dict = field(default_factory=dict)
    work: dict = field(default_factory=dict)

    def done(self, outcome: str, odoo_id: int) -> None:
        """End the row well."""
        self.outcome, self.odoo_id = outcome, odoo_id

    def note(self, code: str, message: str) -> None:
        """Add what a person should know about a row that did not fail."""
        self.code, self.message = code, message

    def fail(self, code: str, message: str) -> None:
        """End the row as not loaded."""
        self.outcome, self.odoo_id = FAILED, None
        self.code, self.message = code, message

    def answer(self, dry_run: bool) -> dict:
        """Return the row's line of the answer; what a dry run creates has no id."""
        return {
            "entity": self.entity,
            "external_id": self.external_id,
            "outcome": self.outcome,
            "odoo_id": None if dry_run and self.outcome == CREATED else self.odoo_id,
            "code": self.code,
            "message": self.message,
        }


def read_rows(rows: Iterable[Row], read: Callable[[Row], None]) -> list[Row]:
    """Read each row, and return those that ``read`` does not refuse; the others have failed."""
    good = []
    for row in rows:
        try:
            read(row)
        except InvalidRowError as refused:
            row.fail(refused.code, refused.message)
        else:
            good.append(row)
    return good
