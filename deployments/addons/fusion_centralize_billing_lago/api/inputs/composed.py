"""Objects and lists of values."""

import json
import re
from dataclasses import dataclass

from ..errors import INVALID, MANDATORY, UNSUPPORTED, InvalidError, read_each
from .scalars import Text

_NUL = re.compile(r"(?<!\\)(?:\\\\)*\\u0000")


@dataclass(frozen=True)
class Listing:
    """A list of values of one kind."""

    of: object
    most: int = 100

    def read(self, value):
        """Return the list."""
        if not isinstance(value, list) or len(value) > self.most:
            raise InvalidError(INVALID)
        return read_each(self.of.read, value)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "array", "items": self.of.schema(), "maxItems": self.most}


@dataclass(frozen=True)
class Free:
    """A JSON object of any content that can be stored."""

    most_bytes: int = 100_000

    def read(self, value):
        """Return the object."""
        if not isinstance(value, dict) or not _storable(value, self.most_bytes):
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "object"}


@dataclass(frozen=True)
class Anything:
    """Any value that can be stored: the handler looks at it."""

    most_bytes: int = 20_000

    def read(self, value):
        """Return the value."""
        if not _storable(value, self.most_bytes):
            raise InvalidError(INVALID)
        return value

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"description": "What is so already, or nothing."}


@dataclass(frozen=True)
class Unsupported:
    """A part of Lago's that would change what is billed, and that Odoo has not.

    Nothing is taken for it but what means that it is not used.
    """

    unused: tuple = (None, False, 0, "", [], {})

    def read(self, value):
        """Return None."""
        if not any(type(value) is type(empty) and value == empty for empty in self.unused):
            raise InvalidError(UNSUPPORTED)

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"enum": list(self.unused), "description": "Not supported: leave it out."}


#: How something is paid: by the customer's provider, or by what else Odoo has.
BY_PROVIDER = Unsupported((None, {}, {"payment_method_type": "provider"}))


@dataclass(frozen=True)
class Shape:
    """An object with known keys; another one is refused by its name, unless it says nothing.

    Args:
        fields: Kinds by key.
        mandatory: Keys that must be there and not empty.
        filled: Keys that may be missing, but not empty.
    """

    fields: dict
    mandatory: tuple = ()
    filled: tuple = ()

    def read(self, value):
        """Return the values of the keys that came. A null is kept: it empties a field."""
        if not isinstance(value, dict):
            raise InvalidError(INVALID)
        values, faults = {}, {}
        if not value.keys() <= self.fields.keys():
            faults = _unknown(value, self.fields)
        for name, kind in self.fields.items():
            if value.get(name) is None:
                if name in value:
                    values[name] = None
                continue
            try:
                values[name] = kind.read(value[name])
            except InvalidError as fault:
                faults[name] = fault.details
        for name in self.mandatory:
            if name not in faults and values.get(name) in (None, "", []):
                faults[name] = [MANDATORY]
        for name in self.filled:
            if name not in faults and values.get(name, 0) in (None, ""):
                faults[name] = [MANDATORY]
        if faults:
            raise InvalidError(faults)
        return values

    def schema(self) -> dict:
        """Return its JSON schema."""
        properties = {
            name: kind.schema()
            if name in (*self.mandatory, *self.filled)
            else _or_null(kind.schema())
            for name, kind in self.fields.items()
        }
        schema = {"type": "object", "properties": properties, "additionalProperties": False}
        if self.mandatory:
            schema["required"] = list(self.mandatory)
        return schema

    def partial(self, more: dict | None = None) -> "Shape":
        """Return the same for updates: what is mandatory may be left out, but not emptied.

        Args:
            more: Kinds of further keys.
        """
        return Shape({**self.fields, **(more or {})}, filled=self.mandatory)


@dataclass(frozen=True)
class Keyed:
    """Query parameters with a name of their own in brackets: ``metadata[key]``."""

    def read(self, value):
        """Return the texts by name."""
        return {name: Text().read(text) for name, text in value.items()}

    def schema(self) -> dict:
        """Return its JSON schema."""
        return {"type": "string"}


def _unknown(value: dict, known) -> dict:
    """Return the faults of an object's keys that are not known, and say something."""
    unused = Unsupported()
    faults = {}
    for name in value.keys() - known.keys():
        try:
            unused.read(value[name])
        except InvalidError as fault:
            faults[str(name)[:100]] = fault.details
    return faults


def _or_null(schema: dict) -> dict:
    if not schema.keys() & {"type", "anyOf", "enum"}:
        return schema
    if "enum" in schema:
        values = schema["enum"]
        allowed = {**schema, "enum": values if None in values else [*values, None]}
        allowed.pop("type", None)
        return allowed
    return {"anyOf": [schema, {"type": "null"}]}


def _storable(value, most_bytes: int) -> bool:
    """Tell whether PostgreSQL can store a JSON value."""
    try:
        text = json.dumps(value, ensure_ascii=False, allow_nan=False)
        return len(text.encode()) <= most_bytes and not _NUL.search(text)
    except (ValueError, UnicodeEncodeError, RecursionError):
        return False
