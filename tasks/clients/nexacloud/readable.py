"""Values as they are selected: words folded, and NULL for what cannot be read.

Words of closed lists and codes are of any type, and compared as text. PostgreSQL's timestamps
reach from 4713 BC to 294276 AD and beyond, to infinity, its texts to 1 GB. One such value must
cost its row, not the table: it is read as NULL, and the row's ``unreadable`` says what stood there.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime

from psycopg2 import sql

from tasks.clients.nexacloud.schema import Kind

#: Text: the columns of a row whose values could not be read, with what stands there; or NULL.
UNREADABLE = "unreadable"

# The first moments are those that a local time before UTC could not show; sentinels such as
# 0001-01-01 are as good as infinite.
_IS_READABLE = "{column} >= '1900-01-01 00:00+00' AND {column} < '10000-01-01 00:00+00'"
# On the last day of 9999 the local time of Asia is in the year 10000.
_MOMENT = f"CASE WHEN {_IS_READABLE} THEN least({{column}}, '9999-12-31 00:00+00') END"
_TOLD = f"CASE WHEN NOT ({_IS_READABLE}) THEN {{name}} || ' is ' || {{column}}::text END"
_MOST_BYTES = 100_000
_TEXT = f"CASE WHEN octet_length({{column}}::text) <= {_MOST_BYTES} THEN {{column}} END"
_TOLD_LENGTH = (
    f"CASE WHEN octet_length({{column}}::text) > {_MOST_BYTES} THEN {{name}} || ' has '"
    " || octet_length({column}::text) || ' bytes' END"
)


_FOLDED = {
    Kind.WORD: r"lower(regexp_replace(btrim({column}::text), '[\s_-]+', '_', 'g'))",
    Kind.CODE: "upper(btrim({column}::text))",
}


def moment(column: sql.Composable) -> sql.Composed:
    """Select a moment, or NULL where it is none that can be read."""
    return sql.SQL(_MOMENT).format(column=column)


def text(column: sql.Composable) -> sql.Composed:
    """Select a text, or NULL where it is longer than anything that is billed."""
    return sql.SQL(_TEXT).format(column=column)


def unreadable(
    moments: Sequence[str], texts: Sequence[str] = (), *, of: str | None = None
) -> sql.Composable:
    """Select the text of ``UNREADABLE`` for these columns.

    Args:
        moments: Names of columns that hold moments.
        texts: Names of columns that hold texts of any length.
        of: The table's alias in the query (None: there is but one table).
    """
    told = [
        sql.SQL(template).format(
            name=sql.Literal(name), column=sql.Identifier(*([of] if of else []), name)
        )
        for template, names in ((_TOLD, moments), (_TOLD_LENGTH, texts))
        for name in names
    ]
    if not told:
        return sql.SQL("NULL::text")
    return sql.SQL("nullif(concat_ws(', ', {}), '')").format(sql.SQL(", ").join(told))


def folded(column: sql.Composable, kind: Kind = Kind.WORD) -> sql.Composed:
    """Select a word or a code in the one spelling that is compared."""
    return sql.SQL(_FOLDED[kind]).format(column=column)


def listed(words: Iterable[str]) -> sql.Composed:
    """Write words as a list of literals, in an order that stays."""
    return sql.SQL(", ").join(map(sql.Literal, sorted(words)))


def moment_at(value: datetime | str) -> sql.Composed:
    """Write a moment, or ``infinity``, as a literal."""
    text = value if isinstance(value, str) else value.isoformat()
    return sql.SQL("{}::timestamptz").format(sql.Literal(text))
