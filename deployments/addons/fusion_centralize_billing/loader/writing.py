"""Changes to many records with few statements, and records that a load needs once for all rows."""

import json
from collections import defaultdict
from collections.abc import Iterable

from psycopg2 import IntegrityError

from odoo.exceptions import ConcurrencyError
from odoo.models import BaseModel
from odoo.tools import SQL

_MODULE = "fusion_centralize_billing"


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


def insert_rows(model: BaseModel, rows: list[dict]) -> None:
    """Insert rows into a model of this addon, in one statement.

    The ORM would look for defaults, rules and dependents of each row, of which a plain model
    has none: it takes ten times as long.

    Args:
        model: Superuser's; nothing is computed from its fields.
        rows: All with the same fields, which are all that the model stores; who and when is
            added. What they refer to is in the database.
    """
    if not rows:
        return
    user, now = model.env.uid, model.env.cr.now()
    stamps = {"create_uid": user, "create_date": now, "write_uid": user, "write_date": now}
    columns = [model._fields[name].convert_to_column_insert for name in rows[0]]
    lines = [
        tuple(column(row[name], model, row) for name, column in zip(row, columns, strict=True))
        + tuple(stamps.values())
        for row in rows
    ]
    query = SQL(
        "INSERT INTO %s (%s) VALUES %s",
        SQL.identifier(model._table),
        listed([*rows[0], *stamps]),
        SQL(", ").join(lines),
    )
    model.env.cr.execute(query)


def made_once(env, model: str, name: str, values: dict) -> BaseModel:
    """Return the record of this name; whoever changes it in Odoo keeps the change.

    Args:
        env: Superuser environment in the service's company.
        model: Of the record.
        name: Unique among all records that loads make.
        values: What to create it with.

    Raises:
        ConcurrencyError: Another load made it at the same time; Odoo replays the call.
    """
    xml_id = f"{_MODULE}.{name}"
    found = env.ref(xml_id, raise_if_not_found=False)
    if found:
        return found
    try:
        with env.cr.savepoint():
            made = env[model]._load_records(
                [{"xml_id": xml_id, "values": values, "noupdate": True}]
            )
            env.flush_all()
    except IntegrityError as error:
        raise ConcurrencyError("Another load made the same record first.") from error
    return made


def listed(names: Iterable[str], *table: str) -> SQL:
    """Return columns to select or to insert into, as they are or of a table."""
    return SQL(", ").join(SQL.identifier(*table, name) for name in names)


def set_from(source: str, names: Iterable[str]) -> SQL:
    """Return what sets columns to those of the same names in ``source``."""
    return SQL(", ").join(
        SQL("%s = %s", SQL.identifier(name), SQL.identifier(source, name)) for name in names
    )


def json_table(name: str, columns: dict[str, str], rows: list[dict]) -> SQL:
    """Return rows as something to select from: as one JSON text, whose decimals stay exact.

    Args:
        name: What it is called in the statement.
        columns: Types of the columns by their names.
        rows: Values by column; what is no JSON goes as its text.
    """
    types = SQL(", ").join(
        SQL("%s %s", SQL.identifier(column), SQL(kind)) for column, kind in columns.items()
    )
    text = json.dumps(rows, default=str)
    return SQL("json_to_recordset(%s) AS %s (%s)", text, SQL.identifier(name), types)


def execute_for(service, statement: str, **parts: object) -> list[tuple]:
    """Run a statement and return its rows, if it has any.

    Args:
        service: The ``fusion.billing.service``, in a superuser environment of its company.
        statement: It may name ``user`` (who writes), ``service``, ``company`` and ``now``.
        parts: What else it names.
    """
    cr = service.env.cr
    stamp = {"user": service.env.uid, "service": service.id, "company": service.company_id.id}
    cr.execute(SQL(statement, **stamp, now=SQL("now() AT TIME ZONE 'UTC'"), **parts))
    return cr.fetchall() if cr.description else []
