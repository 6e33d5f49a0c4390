"""Words of closed lists and codes, as PostgreSQL folds them: of any type, compared as text."""

from __future__ import annotations

from psycopg2 import sql

from tasks.clients.nexacloud.schema import Kind

_FOLDED = {
    Kind.WORD: r"lower(regexp_replace(btrim({column}::text), '[\s_-]+', '_', 'g'))",
    Kind.CODE: "upper(btrim({column}::text))",
}


def folded(column: sql.Composable, kind: Kind = Kind.WORD) -> sql.Composed:
    """Select a word or a code in the one spelling that is compared."""
    return sql.SQL(_FOLDED[kind]).format(column=column)
