"""Strict reading of single values: what is accepted is stored exactly, or refused."""

import re
from datetime import date
from zoneinfo import ZoneInfo

from .row import InvalidRowError

# Odoo's own rounding to six decimals is exact up to about 500 million, so amounts stop
# below; a quantity is stored unrounded, and exact up to 15 digits.
_AMOUNT = re.compile(r"\d{1,8}(\.\d{1,6})?", re.ASCII)
_QUANTITY = re.compile(r"(?=[\d.]{1,16}$)\d{1,10}(\.\d{1,6})?", re.ASCII)
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)
_UNSTORABLE = re.compile("[\0\ud800-\udfff]")
_MAX_TEXT = 1000
_WHOLE = 100


def is_storable(value: str) -> bool:
    """Return whether PostgreSQL can store a text: no NUL, no half of a character."""
    return not _UNSTORABLE.search(value)


def _invalid(name: str, want: str) -> InvalidRowError:
    return InvalidRowError("invalid_value", f"{name} must be {want}; correct it in the source.")


def text(data: dict, name: str) -> str | bool:
    """Return a text without outer blanks, or False where there is none.

    Raises:
        InvalidRowError: It is not a text, too long, or holds what PostgreSQL cannot store.
    """
    value = data[name]
    if value is None:
        return False
    if not isinstance(value, str) or len(value) > _MAX_TEXT or not is_storable(value):
        raise _invalid(name, f"a text of at most {_MAX_TEXT} ordinary characters")
    return value.strip() or False


def required_text(data: dict, name: str) -> str:
    """Return a text that must not be empty.

    Raises:
        InvalidRowError: It is missing, empty, or refused by ``text``.
    """
    value = text(data, name)
    if not value:
        raise _invalid(name, "filled in")
    return value


def amount(data: dict, name: str) -> float:
    """Return a price or rate >= 0, given as decimal text with at most 6 decimals.

    Odoo's fields are floats: of so few digits the nearest float reads back as the same
    decimal, so 0.0075 stays 0.0075.

    Raises:
        InvalidRowError: It is a number instead of a text, negative, NaN or too precise.
    """
    return _decimal(data, name, _AMOUNT, "a decimal text from 0 to 99999999")


def signed_amount(data: dict, name: str) -> float:
    """Return a price that may be below 0: as ``amount``, with a minus before it.

    Raises:
        InvalidRowError: As for ``amount``.
    """
    value = data[name]
    if isinstance(value, str) and value.startswith("-"):
        return -amount({name: value[1:]}, name) or 0.0
    return amount(data, name)


def percent(data: dict, name: str) -> float:
    """Return a share of 0 to 100.

    Raises:
        InvalidRowError: As for ``amount``, or it is above 100.
    """
    value = amount(data, name)
    if value > _WHOLE:
        raise _invalid(name, "100 at most")
    return value


def quantity(data: dict, name: str) -> float:
    """Return a quantity >= 0 of units, given as decimal text with at most 15 digits.

    Raises:
        InvalidRowError: As for ``amount``.
    """
    return _decimal(data, name, _QUANTITY, "a decimal text >= 0")


def _decimal(data: dict, name: str, pattern: re.Pattern, want: str) -> float:
    value = data[name]
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise _invalid(name, f"{want} with at most 6 decimals")
    return float(value)


def day(data: dict, name: str) -> date | bool:
    """Return an ISO date, or False where there is none.

    Raises:
        InvalidRowError: It is not a date written as YYYY-MM-DD.
    """
    value = data[name]
    if value is None:
        return False
    try:
        if not isinstance(value, str) or not _DATE.fullmatch(value):
            raise ValueError(name)
        return date.fromisoformat(value)
    except ValueError:
        raise _invalid(name, "a date as YYYY-MM-DD") from None


def flag(data: dict, name: str) -> bool:
    """Return a boolean.

    Raises:
        InvalidRowError: It is anything else.
    """
    value = data[name]
    if not isinstance(value, bool):
        raise _invalid(name, "true or false")
    return value


def optional_flag(data: dict, name: str, default: bool) -> bool:
    """Return a boolean, or ``default`` where there is none.

    Raises:
        InvalidRowError: It is anything else.
    """
    return flag(data, name) if name in data else default


def optional_text(data: dict, name: str) -> str | bool:
    """Return a text as ``text`` does; a row need not have it."""
    return text(data, name) if name in data else False


def optional_day(data: dict, name: str) -> date | bool:
    """Return a date as ``day`` does; a row need not have it."""
    return day(data, name) if name in data else False


def texts(data: dict, name: str) -> list[str]:
    """Return a list of texts, none of them empty; a row need not have it.

    Raises:
        InvalidRowError: It is no list, or one of it is refused by ``required_text``.
    """
    found = data.get(name) or []
    if not isinstance(found, list):
        raise _invalid(name, "a list of texts")
    return [required_text({name: each}, name) for each in found]


def zone(data: dict, name: str) -> str | bool:
    """Return the name of a time zone, or False where there is none.

    Raises:
        InvalidRowError: There is no such zone.
    """
    found = optional_text(data, name)
    if found:
        try:
            ZoneInfo(found)
        except (KeyError, OSError, ValueError):
            raise _invalid(name, "the name of a time zone, as America/Toronto") from None
    return found
