"""An object of the API is one table: for each key its schema, and where its value comes from."""

from collections.abc import Callable
from copy import copy
from dataclasses import dataclass, field

from .values import moment


def or_null(schema: dict) -> dict:
    """Return the schema of a value that may be missing."""
    return {"anyOf": [schema, {"type": "null"}]}


def list_of(schema: dict) -> dict:
    """Return the schema of a list."""
    return {"type": "array", "items": schema}


def one_of(*words: str) -> dict:
    """Return the schema of one of these words."""
    return {"type": "string", "enum": list(words)}


def all_of(properties: dict) -> dict:
    """Return the schema of an object that has all of these keys and no other."""
    return {
        "type": "object",
        "properties": properties,
        "required": list(properties),
        "additionalProperties": False,
    }


ID = {"type": "string", "format": "uuid"}
TEXT = {"type": "string"}
WHOLE = {"type": "integer"}
CENTS = {"type": "integer", "description": "In the currency's smallest unit."}
NUMBER = {"type": "number"}
DECIMAL = {"type": "string", "pattern": r"^-?\d+\.\d+$"}
FLAG = {"type": "boolean"}
MOMENT = {"type": "string", "format": "date-time"}
DAY = {"type": "string", "format": "date"}
FREE = {"type": "object"}
NOTHING = {"type": "array", "maxItems": 0}
CREATED = (MOMENT, lambda record: moment(record.create_date))
UPDATED = (MOMENT, lambda record: moment(record.write_date))
TEXT_, FLAG_, ID_, MOMENT_, DAY_ = (or_null(one) for one in (TEXT, FLAG, ID, MOMENT, DAY))


@dataclass(frozen=True)
class Table:
    """One kind of object.

    Attributes:
        name: Of the schema among the document's components; "" for a part of another object.
        keys: Schema and value of each key. A value is read by a function of what is shown, or
            is the same for all.
        more: Further keys of a single object, which lists do not tell; a schema of None is not
            in the document (a webhook tells such a key).
        root: The key under which a single one is answered.
        plural: The key under which a list is; "": the root, with an s.
        model: Whose records are shown; "" for what is no record.
        view: Makes of a record what the functions read; None: the record itself.
        bare: Keys that are left out where there is no value: Lago's own document knows no null
            for them.
    """

    name: str
    keys: dict[str, tuple]
    more: dict[str, tuple] = field(default_factory=dict)
    root: str = ""
    plural: str = ""
    model: str = ""
    view: Callable | None = None
    bare: tuple = ()

    def show(self, *record, full: bool = False) -> dict:
        """Return a record as its object.

        Args:
            record: What the view is made of.
            full: Also what only a single one tells.
        """
        seen = self.view(*record) if self.view else record[0]
        keys = {**self.keys, **self.more} if full else self.keys
        shown = {
            key: value(seen) if callable(value) else copy(value)
            for key, (_schema, value) in keys.items()
        }
        for key in self.bare:
            if shown[key] is None:
                del shown[key]
        return shown

    def some(self, *names: str) -> dict[str, tuple]:
        """Return some of the keys, for an object that tells less."""
        return {name: self.keys[name] for name in names}

    def answer(self, *record, full: bool = False) -> dict:
        """Return the answer that holds one record; arguments as of ``show``."""
        return {self.root: self.show(*record, full=full)}

    @property
    def list_key(self) -> str:
        """Return the key under which a list is."""
        return self.plural or f"{self.root}s"

    @property
    def schema(self) -> dict:
        """Return the object's JSON schema."""
        schema = all_of({key: one for key, (one, _value) in self.keys.items()})
        schema["required"] = [key for key in self.keys if key not in self.bare]
        schema["properties"] |= {key: one for key, (one, _value) in self.more.items() if one}
        return schema

    @property
    def ref(self) -> dict:
        """Return a reference to the schema among the document's components."""
        return ref(self.name)

    @property
    def one(self) -> dict:
        """Return the schema of an answer that holds one."""
        return all_of({self.root: self.ref})

    @property
    def page(self) -> dict:
        """Return the schema of an answer that holds a page of a list."""
        return all_of({self.list_key: list_of(self.ref), "meta": ref("Meta")})


def ref(name: str) -> dict:
    """Return a reference to a schema among the document's components."""
    return {"$ref": f"#/components/schemas/{name}"}
