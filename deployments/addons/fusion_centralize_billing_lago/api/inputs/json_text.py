"""JSON that can be read, and stored."""

import json
import math
import re

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


def storable(value, most_bytes: int) -> bool:
    """Tell whether PostgreSQL can store a JSON value."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return len(text.encode()) <= most_bytes and not _NUL.search(text)
    except (ValueError, UnicodeEncodeError, RecursionError):
        return False


def parse_json(data: bytes):
    """Return what a body holds.

    Raises:
        ValueError: It is no JSON, or a number is none.
    """
    try:
        return json.loads(data, parse_constant=_refuse, parse_float=_finite)
    except RecursionError:
        raise ValueError("too deep") from None


def _refuse(name: str):
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if math.isinf(number):
        raise ValueError(text)
    return number
