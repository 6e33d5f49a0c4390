"""A batch of usage as it comes over the wire: checked for its shape, its rows read strictly."""

import re
from dataclasses import dataclass
from datetime import datetime

from odoo import _
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import (
    check_batch,
    is_text,
    read_moment,
)
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, InvalidRowError

MAX_ROWS = 20_000

_ROW_LENGTH = 6
_NUMBER = re.compile(r"-?\d+(\.\d+)?", re.ASCII)
_QUANTITY = re.compile(r"\d{1,18}(\.\d{1,6})?", re.ASCII)
_MAX_KEY = 200


@dataclass(slots=True, eq=False)
class UsageRow:
    """One row on its way through the loader.

    ``quantity`` stays the decimal text that came: PostgreSQL reads it exactly. Moments are
    UTC without a zone. The ids and the billing period are None until they are resolved;
    ``outcome`` is None until the row is done. ``outside`` tells that its time lies in no billing
    period (any more).
    """

    index: int
    external_id: str
    metric: str
    period_start: datetime | None = None
    period_end: datetime | None = None
    quantity: str = ""
    key: str = ""
    subscription_id: int | None = None
    metric_id: int | None = None
    billing: tuple[datetime, datetime] | None = None
    outside: bool = False
    outcome: str | None = None
    code: str | None = None
    message: str | None = None

    def fail(self, code: str, message: str) -> None:
        """End the row as not loaded."""
        self.outcome, self.code, self.message = FAILED, code, message

    def answer(self) -> dict:
        """Return the row's line of the answer."""
        return {
            "index": self.index,
            "external_id": self.external_id,
            "metric": self.metric,
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class UsageBatch:
    """A checked batch."""

    service: str
    run: str | None
    key: str
    dry_run: bool
    rows: list[UsageRow]


def parse_batch(batch: object) -> UsageBatch:
    """Return the batch; rows with a wrong value have failed already.

    Raises:
        UserError: The batch has not the shape of format 1; nothing of it was loaded.
    """
    check_batch(batch, MAX_ROWS, run=(str, type(None)))
    return UsageBatch(
        service=batch["service"],
        run=batch["run"],
        key=batch["key"],
        dry_run=batch["dry_run"],
        rows=[_read_row(index, cells) for index, cells in enumerate(batch["rows"])],
    )


def _read_row(index: int, cells: object) -> UsageRow:
    if not isinstance(cells, list) or len(cells) != _ROW_LENGTH:
        raise UserError(
            _(
                "A row of the batch is not [subscription, metric, period start, period end, "
                "quantity, idempotency key]; nothing was loaded."
            )
        )
    if not all(map(is_text, cells)):
        texts = [cell if is_text(cell) else "" for cell in cells[:2]]
        row = UsageRow(index, *texts)
        row.fail("invalid_value", "Every cell of a row is a text; correct it in the source.")
        return row
    external_id, metric, start, end, quantity, key = cells
    row = UsageRow(index, external_id, metric, quantity=quantity, key=key)
    try:
        row.period_start, row.period_end = read_moment(start), read_moment(end)
        _check(row)
    except InvalidRowError as refused:
        row.fail(refused.code, refused.message)
    return row


def _check(row: UsageRow) -> None:
    """Raise InvalidRowError for what is wrong with the row whatever Odoo holds."""
    if not row.key or len(row.key) > _MAX_KEY:
        raise InvalidRowError(
            "invalid_value", f"The idempotency key must have 1 to {_MAX_KEY} characters."
        )
    if row.period_start >= row.period_end:
        raise InvalidRowError("period_invalid", "The period ends before it begins.")
    if not _QUANTITY.fullmatch(row.quantity):
        if row.quantity.startswith("-") and _NUMBER.fullmatch(row.quantity):
            raise InvalidRowError("negative_quantity", "A quantity is never negative.")
        raise InvalidRowError(
            "invalid_value",
            "The quantity must be a decimal text of at most 18 digits and 6 decimals.",
        )
