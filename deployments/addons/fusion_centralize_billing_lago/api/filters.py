"""Filters: by which properties events of a metric are told apart, and which a charge prices so.

A metric lists the values of some properties. A filter of a charge names some of these, one or
more of each property. Of the filters that an event meets, the one with most properties prices
it; what meets none is priced by the charge itself.
"""

import json
from itertools import combinations

from .errors import INVALID, TAKEN, UNSUPPORTED, InvalidError
from .inputs import Flag, Free, Listing, Shape, Text

#: Stands for all values that the metric lists.
ALL_VALUES = "__ALL_FILTER_VALUES__"
_MOST_KEYS = 20
_MOST_VALUES = 1000
_MOST_FILTERS = 200


class _Values:
    """Texts, each once."""

    def read(self, value):
        """Return the list."""
        texts = list(dict.fromkeys(Listing(Text(), _MOST_VALUES).read(value)))
        if not texts or "" in texts:
            raise InvalidError(INVALID)
        return texts

    def schema(self) -> dict:
        """Return its JSON schema."""
        text = {**Text().schema(), "pattern": r"\S"}
        return {"type": "array", "items": text, "minItems": 1, "maxItems": _MOST_VALUES}


class _ValuesByKey:
    """Lists of texts by property."""

    def read(self, value):
        """Return the lists by property."""
        if not isinstance(value, dict) or not 0 < len(value) <= _MOST_KEYS:
            raise InvalidError(INVALID)
        return {_Key().read(key): _Values().read(texts) for key, texts in value.items()}

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {
            "type": "object",
            "minProperties": 1,
            "maxProperties": _MOST_KEYS,
            "propertyNames": _Key().schema(),
            "additionalProperties": _Values().schema(),
        }


class _Key:
    """The name of a property."""

    def read(self, value):
        """Return the name."""
        name = Text().read(value)
        if not name:
            raise InvalidError(INVALID)
        return name

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {**Text().schema(), "pattern": r"\S"}


_FILTER = {"invoice_display_name": Text(), "properties": Free(), "values": _ValuesByKey()}
FILTER = Shape(_FILTER, ("properties", "values"))
NEW_FILTER = Shape({**_FILTER, "cascade_updates": Flag()}, FILTER.mandatory)
FILTER_CHANGES = NEW_FILTER.partial()
FILTERS = Listing(FILTER, _MOST_FILTERS)
METRIC_FILTERS = Listing(Shape({"key": _Key(), "values": _Values()}, ("key", "values")), _MOST_KEYS)


def listed_once(filters: list[dict]) -> list[dict]:
    """Return a metric's filters, of a property that is there twice the last."""
    by_key = {one["key"]: one["values"] for one in filters}
    return [{"key": key, "values": values} for key, values in by_key.items()]


def check_listed(values: dict, listed: list[dict]) -> None:
    """Refuse a charge's filter by what its metric does not list.

    Raises:
        InvalidError: It names such a property or value.
    """
    known = {one["key"]: {*one["values"], ALL_VALUES} for one in listed}
    for key, texts in values.items():
        alone = texts == [ALL_VALUES] or ALL_VALUES not in texts
        if not alone or not set(texts) <= known.get(key, set()):
            raise InvalidError({"values": [INVALID]})


def spelled(values: dict, listed: list[dict]) -> dict:
    """Return the values of a charge's filter by property, with all of a metric's spelled out."""
    known = {one["key"]: one["values"] for one in listed}
    return {
        key: sorted(known.get(key, ()) if texts == [ALL_VALUES] else texts)
        for key, texts in values.items()
    }


def check_apart(parts: list[dict]) -> None:
    """Refuse filters of which an event can meet two that name as many properties.

    Args:
        parts: Spelled values of each filter.

    Raises:
        InvalidError: Two are the same, or nothing says which of two counts; by index.
    """
    for (_first, one), (second, other) in combinations(enumerate(parts), 2):
        if one == other:
            raise InvalidError({str(second): {"values": [TAKEN]}})
        if len(one) == len(other) and _meet(one, other):
            raise InvalidError({str(second): {"values": [UNSUPPORTED]}})


def event_filters(parts: list[dict]) -> list[str]:
    """Return which events each filter prices, and last, which none does: as metrics keep it."""
    chosen = [
        {"is": part, "not": [other for other in parts if _narrows(other, part)]}
        for part in [*parts, {}]
    ]
    return [json.dumps(one, sort_keys=True) for one in chosen]


def _narrows(one: dict, other: dict) -> bool:
    return len(one) > len(other) and _meet(one, other)


def _meet(one: dict, other: dict) -> bool:
    """Tell whether an event can have values of both."""
    return all(set(one[key]) & set(other[key]) for key in one.keys() & other.keys())


def met(part: dict, properties: dict) -> bool:
    """Tell whether an event with these properties meets a filter; numbers are as their texts."""
    return all(key in properties and _text(properties[key]) in part[key] for key in part)


def _text(value) -> str | None:
    return value if isinstance(value, str) or value is None else json.dumps(value)
