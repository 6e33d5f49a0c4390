"""Moments and windows of time as they come over the wire."""

from datetime import UTC, datetime
from functools import lru_cache

from odoo import _
from odoo.exceptions import UserError

from .row import InvalidRowError

_FIRST_YEAR = 2000


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
