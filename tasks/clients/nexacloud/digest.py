"""A digest of a query's rows, made by PostgreSQL: as long as it is the same, so are they."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from psycopg2 import sql

# Two sums of 64-bit hashes: linear, in no order and in constant memory. Bytes are compared, not
# words as a collation sees them.
_DIGEST = """
    SELECT count(*), sum(hashtextextended(told COLLATE "C", 0)::numeric),
           sum(hashtextextended(told COLLATE "C", 1)::numeric){past}
    FROM (SELECT selected::text AS told{moments} FROM ({rows}) selected) AS texts
"""


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
