"""Values in Lago's JSON, read strictly: what a figure depends on must be a number."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal, InvalidOperation
from functools import lru_cache
from sys import intern
from typing import Any, TypeVar

from tasks.model.errors import FatalError
from tasks.model.lago import LagoCoupon, LagoCustomer, LagoMetric, LagoSubscription
from tasks.model.lago_billed import LagoCreditNote, LagoWallet
from tasks.model.lago_units import NO_VALUES, major

Json = Mapping[str, Any]
Faulty = TypeVar(
    "Faulty",
    LagoCoupon,
    LagoCreditNote,
    LagoCustomer,
    LagoMetric,
    LagoSubscription,
    LagoWallet,
)
#: What reading a row that is not as Lago's document says raises.
SPOILED = (KeyError, TypeError, ValueError, AttributeError, ArithmeticError, FatalError)
#: So many numbers and moments are kept, to be one object wherever they come again.
SHARED = 1 << 14


def readable(
    read: Callable[[Json], Faulty], row: Json, names: tuple[str, ...], least: Json
) -> Faulty:
    """Read a row; of one that is spoiled take its names, and say in ``fault`` what is wrong.

    One row that cannot be read keeps itself out, nobody else.

    Args:
        read: Makes our record of a row.
        row: Lago's.
        names: Fields without which nobody could say whose row it is.
        least: What ``read`` asks of any row beside the names.

    Raises:
        KeyError: It lacks one of the names.
    """
    try:
        return read(row)
    except SPOILED as error:
        fault = reason(error)
    return replace(read({**least, **{name: row[name] for name in names}}), fault=fault)


def reason(error: Exception) -> str:
    """Say what is wrong with a row, after "It" and before a full stop."""
    if isinstance(error, KeyError):
        return f"lacks or spoils {error}"
    return f"cannot be read: {str(error).rstrip('.')}"


def texts(row: Json, *names: str) -> None:
    """Refuse a row that has something else than a text (or nothing) in one of these fields."""
    _refuse_others(row, names, str)


def text(row: Json, name: str, otherwise: str = "") -> str:
    """Give a text of a row that may be spoiled."""
    value = row.get(name)
    return value if value and isinstance(value, str) else otherwise


def lists(row: Json, *names: str) -> None:
    """Refuse a row that has something else than a list (or nothing) in one of these fields."""
    _refuse_others(row, names, list)


def flag(row: Json, name: str, *, default: bool = False) -> bool:
    """Read a yes or no; ``default`` where Lago says nothing. "false" is a text, not a no."""
    _refuse_others(row, (name,), bool)
    return default if row.get(name) is None else bool(row[name])


def whole(row: Json, name: str) -> int | None:
    """Read a count that need not be there."""
    _refuse_others(row, (name,), int)
    value: int | None = row.get(name)
    if isinstance(value, bool) or (value or 0) < 0:
        raise ValueError(f"{name} is {value!r}")
    return value


def mapping(row: Json, name: str) -> Json:
    """Read an object that need not be there."""
    _refuse_others(row, (name,), dict)
    return row.get(name) or {}


def _refuse_others(row: Json, names: tuple[str, ...], kind: type) -> None:
    for name in names:
        value = row.get(name)
        if value is not None and not isinstance(value, kind):
            raise ValueError(f"{name} is {value!r}")


def values_of(values: Any) -> dict[str, tuple[str, ...]]:
    """Read the values of a filter, each a list or one."""
    return {
        str(key): tuple(str(each) for each in (value if isinstance(value, list) else [value]))
        for key, value in (values or {}).items()
    }


def tax_codes(row: Json) -> tuple[str, ...]:
    """Read the codes of the taxes of an object, sorted."""
    return tuple(sorted(each["code"] for each in row.get("taxes") or ()))


def amount(row: Json, name: str, currency: str) -> Decimal:
    """Read an amount of whole subunits in the major unit."""
    value = row[name]
    if not isinstance(value, int) or isinstance(value, bool):
        # Lago counts in whole subunits: anything else is not an amount to trust.
        raise FatalError(f"Lago's {name} is {value!r}; a whole number is needed.")
    return major(value, currency)


@lru_cache(maxsize=SHARED, typed=True)
def subunits(value: object, currency: str) -> Decimal:
    """Read an amount of subunits that may have decimals, in the major unit."""
    return decimal(value or 0) * major(1, currency)


def shared(text: str | None) -> str | None:
    """Give one copy of a text that many rows repeat."""
    return None if text is None else intern(text)


def shared_mapping(values: Mapping[str, Any]) -> Mapping[str, Any]:
    """Give one copy of the values of a filter or a group, which many rows repeat."""
    return _shared_mapping(tuple(values.items())) if values else NO_VALUES


@lru_cache(maxsize=SHARED)
def _shared_mapping(items: tuple[tuple[str, Any], ...]) -> Mapping[str, Any]:
    return dict(items)


@lru_cache(maxsize=SHARED, typed=True)
def decimal(value: object) -> Decimal:
    """Read a number; equal ones are one object."""
    try:
        number = Decimal(str(value))
    except InvalidOperation:
        number = Decimal("NaN")
    if not number.is_finite():
        raise FatalError(f"Lago sent {value!r} where a number is needed.")
    return number


def moment_of(row: Json, name: str) -> datetime | None:
    """Read a moment that need not be there."""
    return moment(row[name]) if row.get(name) else None


@lru_cache(maxsize=SHARED, typed=True)
def moment(text: str) -> datetime:
    """Read a moment; without a zone it is UTC."""
    moment = datetime.fromisoformat(text)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)


@lru_cache(maxsize=SHARED, typed=True)
def after(last: datetime) -> datetime:
    """Give the moment after the last second of a period."""
    return last.replace(microsecond=0) + timedelta(seconds=1)
