"""A batch of reconciliation lines as it comes over the wire."""

import hashlib
import json
import re
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal

from odoo import _
from odoo.exceptions import UserError

from odoo.addons.fusion_centralize_billing.loader.arguments import (
    LARGEST_INTEGER,
    check_batch,
    check_storable,
    is_text,
    read_moment,
    read_window,
)
from odoo.addons.fusion_centralize_billing.loader.row import FAILED, InvalidRowError

MAX_ROWS = 5_000

_OUTCOMES = {"match", "delta", "missing_in_odoo", "missing_in_external"}
_TEXTS = ("customer", "subscription", "item", "outcome", "currency", "cause", "evidence", "ref")
_WRONG_SIDES = {"copy", "billed", "terms", "open"}
_RATES = ("external_tax_rate", "odoo_tax_rate")
_AMOUNTS = ("odoo_amount", "external_amount", "delta")
_AMOUNT = re.compile(r"-?\d{1,9}(\.\d{1,6})?", re.ASCII)
_MAX_TEXT = 10_000
# A subscription has one line of these in a period; of others there can be several.
_SINGLE = ("flat", "usage:", "minimum")


@dataclass(slots=True, eq=False)
class Line:
    """One line on its way; ``values`` has the texts and amounts, ``key`` what it is known by.

    ``outcome`` is the answer's word (created, ...); the line's own is in ``values``.
    """

    index: int
    values: dict = field(default_factory=dict)
    key: str = ""
    outcome: str | None = None
    code: str | None = None
    message: str | None = None

    def fail(self, code: str, message: str) -> None:
        """End the line as not loaded."""
        self.outcome, self.code, self.message = FAILED, code, message

    def answer(self) -> dict:
        """Return the line's row of the answer."""
        return {
            "index": self.index,
            "outcome": self.outcome,
            "code": self.code,
            "message": self.message,
        }


@dataclass(frozen=True, slots=True)
class Final:
    """What the last batch of a run says of all of it."""

    since: datetime
    until: datetime
    matched: int
    totals: str


#: The service's id of a subscription, and the first moment of its period.
LongPeriod = tuple[str, datetime]


@dataclass(frozen=True, slots=True)
class ReconciliationBatch:
    """A checked batch; ``final`` is None before the last one.

    ``long_periods`` are subscriptions with the begin of a period longer than the run's time, which
    was compared too: what stands of their prices and was not named by the run agrees now.
    """

    service: str
    run: str
    key: str
    dry_run: bool
    lines: list[Line]
    long_periods: list[LongPeriod]
    final: Final | None


def parse_batch(batch: object) -> ReconciliationBatch:
    """Return the batch; lines with a wrong value have failed already.

    Raises:
        UserError: The batch has not the shape of format 1; nothing of it was loaded.
    """
    check_batch(batch, MAX_ROWS)
    lines = [_read_line(index, row) for index, row in enumerate(batch["rows"])]
    _refuse_repeats(lines)
    return ReconciliationBatch(
        service=batch["service"],
        run=batch["run"],
        key=batch["key"],
        dry_run=batch["dry_run"],
        lines=lines,
        long_periods=read_long_periods(batch.get("long_periods", [])),
        final=_read_final(batch) if batch.get("final") else None,
    )


def read_long_periods(values: object, most: int = MAX_ROWS) -> list[LongPeriod]:
    """Return subscriptions with the begin of a period, from pairs of an id and an ISO time.

    There are at most ``most``.

    Raises:
        UserError: They are none.
    """
    wrong = _("Long periods are a list of at most %(most)s [subscription, ISO time].",
              most=most)  # fmt: skip
    if not isinstance(values, list) or len(values) > most:
        raise UserError(wrong)
    found = []
    for pair in values:
        if not isinstance(pair, list) or len(pair) != 2 or not all(map(is_text, pair)):
            raise UserError(wrong)
        try:
            found.append((pair[0], read_moment(pair[1])))
        except InvalidRowError as refused:
            raise UserError(refused.message) from None
    return found


def _read_final(batch: dict) -> Final:
    since, until = read_window(batch.get("period_from"), batch.get("period_to"))
    matched = batch.get("matched", 0)
    if type(matched) is not int or not 0 <= matched <= LARGEST_INTEGER:
        raise UserError(_("'matched' is the number of lines that match."))
    check_storable(batch.get("totals"))
    totals = json.dumps(batch.get("totals") or {}, indent=2, ensure_ascii=False)
    return Final(since, until, matched, totals)


def _read_line(index: int, row: object) -> Line:
    if not isinstance(row, dict):
        raise UserError(_("A row of the batch is no object; nothing was loaded."))
    line = Line(index)
    try:
        line.values = _values(row)
    except InvalidRowError as refused:
        line.fail(refused.code, refused.message)
    else:
        line.key = _key(line.values)
    return line


def _values(row: dict) -> dict:
    """Return the values of a line as they are stored, amounts still as decimal texts."""
    values = {name: _text(row, name) for name in (*_TEXTS, *_AMOUNTS)}
    values["origin"] = _text(row, "origin") if "origin" in row else ""
    if values["outcome"] not in _OUTCOMES or not values["item"]:
        raise InvalidRowError("invalid_value", "outcome or item is none that Odoo knows.")
    for name in _AMOUNTS:
        if not _AMOUNT.fullmatch(values[name]):
            wrong = f"{name} must be a decimal text with 6 decimals."
            raise InvalidRowError("invalid_value", wrong)
    values |= {name: _decimal(row, name) for name in ("expected_amount", *_RATES)}
    values["expected_known"] = values["expected_amount"] is not None
    # Who does not tell which side is wrong, does not know it.
    wrong = row.get("wrong_side", "" if values["outcome"] == "match" else "open")
    if wrong and not (isinstance(wrong, str) and wrong in _WRONG_SIDES):
        raise InvalidRowError("invalid_value", "wrong_side is none that Odoo knows.")
    values["wrong_side"] = wrong or None
    odoo, external, delta = (Decimal(values[name]) for name in _AMOUNTS)
    if odoo - external != delta:
        raise InvalidRowError("invalid_value", "delta is not Odoo's amount minus the external one.")
    values["period_start"] = read_moment(_text(row, "period_start"))
    values["period_end"] = read_moment(_text(row, "period_end"))
    if values["period_start"] > values["period_end"]:
        raise InvalidRowError("invalid_value", "The period ends before it begins.")
    return values


def _decimal(row: dict, name: str) -> str | None:
    """Return a decimal text that a row may leave out."""
    value = row.get(name)
    if value is not None and not (isinstance(value, str) and _AMOUNT.fullmatch(value)):
        raise InvalidRowError(
            "invalid_value", f"{name} must be a decimal text with 6 decimals, or null."
        )
    return value


def _text(row: dict, name: str) -> str:
    value = row.get(name)
    if not is_text(value) or len(value) > _MAX_TEXT:
        raise InvalidRowError("invalid_value", f"{name} must be a text that PostgreSQL can store.")
    return value


def _key(values: dict) -> str:
    """Return what a line is known by in every run, of one length whatever its texts are."""
    known = [values[name] for name in ("customer", "subscription", "item", "currency")]
    known.append(str(values["period_start"]))
    if not values["subscription"] or not values["item"].startswith(_SINGLE):
        known += [values["origin"], values["ref"]]
    return hashlib.sha256(json.dumps(known).encode()).hexdigest()


def _refuse_repeats(lines: list[Line]) -> None:
    seen: dict[str, int] = {}
    for line in lines:
        if line.outcome:
            continue
        first = seen.setdefault(line.key, line.index)
        if first != line.index:
            line.fail("duplicate_key", f"Row {first} of the batch is the same line.")
