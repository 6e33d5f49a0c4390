"""Changes to many records with few statements."""

from collections import defaultdict

from odoo.models import BaseModel
from odoo.tools import SQL


def write_grouped(changes: list[tuple[BaseModel, dict]]) -> None:
    """Write each record's changes, all records with equal changes in one call."""
    groups = defaultdict(list)
    for record, values in changes:
        if values:
            groups[repr(sorted(values.items()))].append((record, values))
    for group in groups.values():
        first, values = group[0]
        # Odoo's write may alter the dict that it is given.
        first.union(*(record for record, _values in group)).write(dict(values))


def store_marks(model: BaseModel, field: str, marks: dict[int, str]) -> None:
    """Store a fingerprint for each record id, in one statement.

    They differ in every row, so the ORM would need a statement for each; nothing depends
    on the field.
    """
    if not marks:
        return
    query = SQL(
        "UPDATE %(table)s SET %(field)s = new.mark "
        "FROM unnest(%(ids)s, %(marks)s) AS new (id, mark) WHERE %(table)s.id = new.id",
        table=SQL.identifier(model._table),
        field=SQL.identifier(field),
        ids=list(marks),
        marks=list(marks.values()),
    )
    model.flush_model([field])
    model.env.cr.execute(query)
    model.browse(marks).invalidate_recordset([field])
