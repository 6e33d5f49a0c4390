"""What a public method was called with, before anything looks it up in the database.

Also moments and windows of time as they come over the wire.
"""

from datetime import UTC, datetime
from functools import lru_cache

from odoo import _
from odoo.exceptions import UserError

from .row import InvalidRowError
from .values import is_storable

BATCH_FORMAT = 1
LARGEST_INTEGER = 2**31 - 1
_FIRST_YEAR = 2000


def check_page(after_id: object, limit: object, most: int) -> None:
    """Hold the bounds of a page to what can be read.

    Args:
        after_id: Id of the last row of the page before; 0 for the first page.
        limit: Rows in the page.
        most: Rows in the largest page.

    Raises:
        UserError: One is no whole number, or out of bounds.
    """
    if type(limit) is not int or not 0 < limit <= most:
        raise UserError(_("A page has 1 to %(most)s rows: give such a limit.", most=most))
    if type(after_id) is not int or not 0 <= after_id <= LARGEST_INTEGER:
        raise UserError(_("A page begins after the id that the page before named, or after 0."))


def is_text(value: object) -> bool:
    """Return whether it is a text that PostgreSQL can look for."""
    return isinstance(value, str) and is_storable(value)


def check_text(value: object, name: str) -> None:
    """Hold a key or code to what PostgreSQL can look for.

    Raises:
        UserError: It is no text, or has characters that cannot be stored.
    """
    if not is_text(value):
        raise UserError(_("%(name)s is a text of ordinary characters.", name=name))


def check_storable(value: object) -> None:
    """Hold all that was sent to texts that PostgreSQL can store.

    Raises:
        UserError: There is one somewhere in it that has other characters.
    """
    waiting = [value]
    while waiting:
        one = waiting.pop()
        if isinstance(one, dict):
            waiting += [*one, *one.values()]
        elif isinstance(one, (list, tuple)):
            waiting += one
        elif isinstance(one, str):
            check_text(one, _("What is sent"))


def check_object(value: object, name: str) -> None:
    """Hold what was sent to an object of named values.

    Raises:
        UserError: It is something else.
    """
    if not isinstance(value, dict):
        raise UserError(_("%(name)s is an object of named values.", name=name))


def check_batch(batch: object, most: int, run: type | tuple[type, ...] = str) -> None:
    """Hold a batch to the shape of format 1.

    Args:
        batch: As it came.
        most: Rows that it may have.
        run: What the key of its run is.

    Raises:
        UserError: It has another shape; nothing of it was loaded.
    """
    if not isinstance(batch, dict) or batch.get("format") != BATCH_FORMAT:
        raise UserError(
            _(
                "The batch is not of format %(batch_format)s; nothing was loaded.",
                batch_format=BATCH_FORMAT,
            )
        )
    kinds = {"service": str, "run": run, "key": str, "dry_run": bool, "rows": list}
    for name, kind in kinds.items():
        if name not in batch or not isinstance(batch[name], kind):
            raise UserError(_("The batch's '%(name)s' is missing or of a wrong type.", name=name))
    for name in ("run", "key"):
        if batch[name] is not None:
            check_text(batch[name], name)
    if len(batch["rows"]) > most:
        raise UserError(
            _("A batch holds at most %(max_rows)s rows; send smaller ones.", max_rows=most)
        )


@lru_cache(maxsize=50_000)
def read_moment(text: str) -> datetime:
    """Return an ISO time as UTC without a zone; a time without an offset is UTC.

    Raises:
        InvalidRowError: It is none, or has fractions of a second.
    """
    try:
        moment = datetime.fromisoformat(text)
        if moment.tzinfo:
            moment = moment.astimezone(UTC).replace(tzinfo=None)
    except (ValueError, OverflowError):
        raise InvalidRowError("period_invalid", "A period's bounds are ISO times.") from None
    if moment.microsecond or moment.year < _FIRST_YEAR:
        raise InvalidRowError(
            "period_invalid", f"A period's bounds are whole seconds, from {_FIRST_YEAR} on."
        )
    return moment


def read_window(since: object, until: object) -> tuple[datetime, datetime]:
    """Return a window of time, given as two ISO texts.

    Raises:
        UserError: They are none, or the window is empty.
    """
    try:
        window = read_moment(str(since)), read_moment(str(until))
    except InvalidRowError as refused:
        raise UserError(
            _(
                "The window '%(since)s' to '%(until)s' is wrong. %(message)s",
                since=since,
                until=until,
                message=refused.message,
            )
        ) from None
    if window[0] >= window[1]:
        raise UserError(
            _("The window '%(since)s' to '%(until)s' is empty.", since=since, until=until)
        )
    return window
