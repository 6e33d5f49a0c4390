"""Moments and days."""

from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from .invalid import InvalidError

_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_MOST_SECONDS = 10**10


@dataclass(frozen=True)
class Moment:
    """An ISO 8601 time, or a date, which is its first moment in UTC."""

    def read(self, value):
        """Return the moment in UTC without a zone, in whole seconds."""
        if not isinstance(value, str):
            raise InvalidError("invalid_date")
        try:
            moment = datetime.fromisoformat(value.strip())
            if moment.tzinfo:
                moment = moment.astimezone(UTC).replace(tzinfo=None)
        except (ValueError, OverflowError):
            raise InvalidError("invalid_date") from None
        if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
            raise InvalidError("invalid_date")
        return moment.replace(microsecond=0)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string", "format": "date-time"}


@dataclass(frozen=True)
class Day:
    """An ISO 8601 date."""

    def read(self, value):
        """Return the date."""
        try:
            return date.fromisoformat(value)
        except (ValueError, TypeError):
            raise InvalidError("invalid_date") from None

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string", "format": "date"}


@dataclass(frozen=True)
class Timestamp:
    """Seconds since 1970: a whole number, one with decimals, or either as text."""

    def read(self, value):
        """Return the moment in UTC without a zone, in whole milliseconds."""
        if isinstance(value, bool) or not isinstance(value, (int, float, str)):
            raise InvalidError("invalid_format")
        try:
            seconds = Decimal(str(value).strip())
            # Written out, 1e99999999 would keep all of Odoo busy.
            if not 0 <= seconds < _MOST_SECONDS:
                raise InvalidError("invalid_format")
            moment = datetime.fromtimestamp(int(seconds), UTC).replace(tzinfo=None)
            milliseconds = int(seconds % 1 * 1000)
        except (ArithmeticError, ValueError, OverflowError, OSError):
            raise InvalidError("invalid_format") from None
        if not _FIRST_YEAR <= moment.year < _LAST_YEAR:
            raise InvalidError("invalid_format")
        return moment.replace(microsecond=milliseconds * 1000)

    def schema(self) -> dict:
        """Return its JSON schema."""
        # From 2000 to 2199.
        number = {"type": "number", "minimum": 946684800, "maximum": 7258118399}
        return {"anyOf": [number, {"type": "string", "pattern": r"^1\d{9}(\.\d{1,6})?$"}]}
