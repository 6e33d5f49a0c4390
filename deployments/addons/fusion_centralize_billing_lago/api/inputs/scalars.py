"""Single values: texts, numbers, words, moments and days."""

import re
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal

from ..errors import INVALID, UNSUPPORTED, InvalidError

_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_DECIMAL = re.compile(r"-?\d{1,15}(\.\d{1,15})?", re.ASCII)
_FIRST_YEAR, _LAST_YEAR = 2000, 2200
_MOST_SECONDS = 10**10


@dataclass(frozen=True)
class Text:
    """A text; ``pattern`` has to match all of it."""

    max_length: int = 255
    pattern: str | None = None

    def read(self, value):
        """Return the text without outer blanks."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = str(value)
        if not isinstance(value, str) or _UNSTORABLE.search(value):
            raise InvalidError(INVALID)
        value = value.strip()
        if len(value) > self.max_length:
            raise InvalidError("value_is_too_long")
        if self.pattern and not re.fullmatch(self.pattern, value, re.ASCII):
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        schema = {"type": "string", "maxLength": self.max_length}
        if self.pattern:
            schema["pattern"] = f"^{self.pattern}$"
        return schema


CURRENCY = Text(3, "[A-Za-z]{3}")


@dataclass(frozen=True)
class Whole:
    """A whole number, also as text."""

    least: int = 0
    most: int = 2**31 - 1

    def read(self, value):
        """Return the number."""
        if isinstance(value, str) and re.fullmatch(r"-?\d{1,18}", value, re.ASCII):
            value = int(value)
        if isinstance(value, float) and value.is_integer():
            value = int(value)
        if type(value) is not int or not self.least <= value <= self.most:
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "integer", "minimum": self.least, "maximum": self.most}


@dataclass(frozen=True)
class Days:
    """A whole number of days, also as a number with decimals."""

    most: int = 3650

    def read(self, value):
        """Return the number of days."""
        return Whole(0, self.most).read(value)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "number", "minimum": 0, "maximum": self.most, "multipleOf": 1}


@dataclass(frozen=True)
class Flag:
    """True or false."""

    def read(self, value):
        """Return the flag."""
        if not isinstance(value, bool):
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "boolean"}


@dataclass(frozen=True)
class Choice:
    """One of some words.

    Args:
        words: What is taken.
        refused: Words of Lago's for what Odoo does not do.
    """

    words: tuple
    refused: tuple = ()

    def read(self, value):
        """Return the word."""
        if value in self.refused:
            raise InvalidError(UNSUPPORTED)
        if not isinstance(value, str) or value not in self.words:
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string", "enum": list(self.words)}


@dataclass(frozen=True)
class Number:
    """A decimal number >= 0: a text, as Lago wants it, so that no digit is lost.

    Args:
        decimals: How many digits after the point Odoo can keep.
    """

    decimals: int = 6
    code: str = INVALID

    def read(self, value):
        """Return the number as a decimal."""
        if not isinstance(value, str) or not _DECIMAL.fullmatch(value):
            raise InvalidError(self.code)
        number = Decimal(value)
        if number < 0 or number.normalize().as_tuple().exponent < -self.decimals:
            raise InvalidError(self.code)
        if number >= 10**9:
            raise InvalidError(self.code)
        return number

    def schema(self) -> dict:
        """Return its JSON schema."""
        pattern = rf"^\d{{1,9}}(\.\d{{1,{self.decimals}}})?$"
        return {"type": "string", "pattern": pattern}


@dataclass(frozen=True)
class Credits:
    """A quantity of credits or a rate above 0, as text or number."""

    most: int = 10**9
    least: Decimal = Decimal(0)

    def read(self, value):
        """Return the number as a decimal."""
        if isinstance(value, (int, float)) and not isinstance(value, bool):
            value = repr(value)
        number = Number(6).read(value)
        if not self.least <= number <= self.most:
            raise InvalidError(INVALID)
        return number

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string", "pattern": r"^\d{1,9}(\.\d{1,6})?$"}


@dataclass(frozen=True)
class Emails:
    """Addresses as Lago takes them: none, one, or several with commas between."""

    def read(self, value):
        """Return the addresses as one text, each without outer blanks."""
        text = Text(1000).read(value)
        each = [one.strip() for one in text.split(",")] if text else []
        if any(not re.fullmatch(r"[^@\s,]+@[^@\s,]+", one) or len(one) > 254 for one in each):
            raise InvalidError("invalid_email_format")
        return ",".join(each)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string", "maxLength": 1000}


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
