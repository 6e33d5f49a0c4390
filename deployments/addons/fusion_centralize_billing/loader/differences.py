"""What a record holds and what it should hold."""

from odoo.models import BaseModel


def differences(record: BaseModel, values: dict) -> dict:
    """Return the part of ``values`` that ``record`` does not hold already.

    Relations are compared by id; ``values`` gives an id (or False) for a many2one and a
    list of ids for a many2many. An empty text, None and False are the same.
    """
    return {
        # To Odoo's write an empty list means to do nothing, and False to leave nothing.
        name: value or False if isinstance(value, list) else value
        for name, value in values.items()
        if stored(record, name) != _comparable(value)
    }


def _comparable(value: object) -> object:
    return (sorted(value) if isinstance(value, list) else value) or False


def stored(record: BaseModel, name: str) -> object:
    """Return a field's value in the shape in which ``differences`` compares it."""
    kind = record._fields[name].type
    value = record[name]
    if kind == "many2one":
        return value.id
    if kind in ("many2many", "one2many"):
        return sorted(value.ids) or False
    return value or False


def sentence(record: BaseModel, changed: dict) -> str:
    """Return what someone changed in Odoo: each field's label, its value and the source's."""
    return "; ".join(_difference(record, name, value) for name, value in changed.items())


def _difference(record: BaseModel, name: str, value: object) -> str:
    field = record._fields[name]
    if field.type == "one2many":
        return f"{field.string}: others in Odoo than in the source"
    return (
        f"{field.string}: {_shown(record, name, record[name])} in Odoo, "
        f"{_shown(record, name, value)} in the source"
    )


def _shown(record: BaseModel, name: str, value: object) -> str:
    model = record._fields[name].comodel_name
    if model:
        records = value if isinstance(value, BaseModel) else record.env[model].browse(value or [])
        # A customer's name has no place in a log: the id is enough to find the contact.
        label = "id" if model == "res.partner" else "display_name"
        value = ", ".join(str(related[label]) for related in records)
    return "empty" if value in (None, False, "") else str(value)
