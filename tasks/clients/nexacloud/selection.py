"""What is read of a core table: its columns, of a limited read the first users' rows; its digest.

As long as the digest of a query's rows is the same, so are they.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg2 import sql

from tasks.clients.nexacloud.readable import UNREADABLE, folded, moment, text, unreadable
from tasks.clients.nexacloud.schema import SCHEMA, TABLES, Kind, Table

FIRST_USERS = """
    WITH chosen AS (SELECT id::text AS id FROM public.users ORDER BY created_at, id LIMIT {users}),
         deployed AS (
             SELECT id::text AS id FROM public.deployments
             WHERE user_id::text IN (SELECT id FROM chosen)
         )
"""

# Whatever a chosen row refers to comes along, or the checks would report it as missing: the
# subscriber of a chosen deployment may be another user than its owner.
OF_FIRST_USERS: dict[str, str] = {
    "users": """
        WHERE id::text IN (SELECT id FROM chosen) OR id::text IN (
            SELECT user_id::text FROM public.subscriptions
            WHERE deployment_id::text IN (SELECT id FROM deployed)
        )""",
    "plans": "",
    "deployments": " WHERE id::text IN (SELECT id FROM deployed)",
    "deployment_addons": " WHERE deployment_id::text IN (SELECT id FROM deployed)",
    "subscriptions": """
        WHERE deployment_id::text IN (SELECT id FROM deployed) OR (
            user_id::text IN (SELECT id FROM chosen)
            AND NOT EXISTS (
                SELECT FROM public.deployments d WHERE d.id::text = deployment_id::text
            )
        )""",
}
# Two sums of 64-bit hashes: linear, in no order and in constant memory. Bytes are compared, not
# words as a collation sees them.
_DIGEST = """
    SELECT count(*), sum(hashtextextended(told COLLATE "C", 0)::numeric),
           sum(hashtextextended(told COLLATE "C", 1)::numeric){past}
    FROM (SELECT selected::text AS told{moments} FROM ({rows}) selected) AS texts
"""


def whole_table(table: str) -> Table:
    """Give a table with all that is read of it."""
    return Table(table, {**TABLES[table].columns, UNREADABLE: Kind.TEXT})


def copy_of_table(table: Table, limit: int | None, users: int | None) -> sql.Composed:
    """Make the COPY of a table's rows: at most ``limit``, only of the first ``users``."""
    rows = selected_rows(table, users=users)
    if limit is not None:
        rows += sql.SQL(" ORDER BY id LIMIT {}").format(sql.Literal(limit))
    return copy_of(rows, table)


def selected_rows(table: Table, *, users: int | None) -> sql.Composed:
    """Make the query of a table's rows, only of the first ``users`` (None: of all)."""
    columns = sql.SQL(", ").join(_selected_column(table, name) for name in table.columns)
    rows = sql.SQL("SELECT {} FROM {}").format(columns, sql.Identifier(SCHEMA, table.name))
    if users is None:
        return rows
    chosen = sql.SQL(FIRST_USERS).format(users=sql.Literal(users))
    return chosen + rows + sql.SQL(OF_FIRST_USERS[table.name])


def _selected_column(table: Table, name: str) -> sql.Composable:
    column, kind = sql.Identifier(name), table.columns[name]
    if name == UNREADABLE:
        return sql.SQL("{} AS {}").format(unreadable(table.moments, _plain_texts(table)), column)
    if kind is Kind.TIMESTAMP:
        return sql.SQL("{} AS {}").format(moment(column), column)
    if kind is Kind.TEXT:
        return sql.SQL("{} AS {}").format(text(column), column)
    if kind in {Kind.WORD, Kind.CODE}:
        return sql.SQL("{} AS {}").format(folded(column, kind), column)
    return column


def _plain_texts(table: Table) -> list[str]:
    found = [name for name, kind in table.columns.items() if kind is Kind.TEXT]
    return [name for name in found if name != UNREADABLE]


def copy_of(query: sql.Composed, shape: Table) -> sql.Composed:
    """Copy a query's rows; texts are quoted, so that nothing can be taken for anything else."""
    quoted = sql.SQL(", ").join(map(sql.Identifier, shape.texts))
    force = sql.SQL(", FORCE_QUOTE ({})").format(quoted) if shape.texts else sql.SQL("")
    return sql.SQL("COPY ({}) TO STDOUT WITH (FORMAT csv{})").format(query, force)


def digest_query(rows: sql.Composable, moments: Sequence[str], as_of: datetime) -> sql.Composed:
    """Make the query of the digest of another query's rows.

    Time alone changes it when a moment of a row comes: rules ask what is past.

    Args:
        rows: The query.
        moments: Its columns that hold moments.
        as_of: The moment that separates past from future.
    """
    columns = [sql.SQL(", {}").format(sql.Identifier(name)) for name in moments]
    come = sql.SQL(", count(*) FILTER (WHERE {} <= {})")
    past = [come.format(sql.Identifier(name), sql.Literal(as_of)) for name in moments]
    return sql.SQL(_DIGEST).format(
        rows=rows,
        moments=sql.SQL("").join(columns),
        past=sql.SQL("").join(past),
    )


def digest_text(answer: Sequence[Sequence[object]]) -> str:
    """Write the query's one row as a text."""
    return "-".join(map(str, answer[0]))
