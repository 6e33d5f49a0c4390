"""Records as an outline that a diff can show: a line each, without what is as by default."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import MISSING, Field, fields, is_dataclass
from decimal import Decimal
from enum import Enum
from typing import Any


def outlined(record: Any, depth: int = 0) -> Iterator[str]:
    """Write a record's own values on a line, and the records that it holds below it."""
    own, below = [], []
    for field in fields(record):
        value = getattr(record, field.name)
        if is_dataclass(value):
            below.append(value)
        elif isinstance(value, tuple) and value and all(map(is_dataclass, value)):
            below += value
        elif value != _default(field):
            own.append(f"{field.name}={shown(value)}")
    yield f"{'  ' * depth}{type(record).__name__} {' '.join(own)}"
    for each in below:
        yield from outlined(each, depth + 1)


def _default(field: Field[Any]) -> Any:
    if field.default_factory is not MISSING:
        return field.default_factory()
    return field.default


def shown(value: Any) -> str:
    """Write a value: numbers with all their digits, sets in order, moments as ISO has them."""
    if isinstance(value, Enum):
        return str(value.value)
    if isinstance(value, Decimal):
        return format(value, "f")
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{name}: {shown(each)}" for name, each in value.items()) + "}"
    if isinstance(value, tuple | list):
        return f"({', '.join(map(shown, value))})"
    if isinstance(value, frozenset | set):
        return f"{{{', '.join(sorted(map(shown, value)))}}}"
    return value.isoformat() if hasattr(value, "isoformat") else repr(value)
