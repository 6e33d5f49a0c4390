"""What PostgreSQL's catalog says about NexaCloud's tables and about the role that reads them."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.clients.nexacloud.schema import POSTGRES_TYPES, SCHEMA, TABLES

# information_schema hides what a role may not read, and "missing" must not mean "forbidden".
COLUMNS_QUERY = """
    WITH RECURSIVE base AS (
        SELECT oid, oid AS domain FROM pg_type
        UNION ALL
        SELECT t.typbasetype, b.domain FROM base b JOIN pg_type t ON t.oid = b.oid
        WHERE t.typtype = 'd'
    )
    SELECT c.relname, has_table_privilege(c.oid, 'SELECT'), a.attname,
           format_type(t.oid, NULL),
           CASE WHEN row_security_active(c.oid) THEN coalesce((
               SELECT string_agg(quote_ident(polname), ', ' ORDER BY polname)
               FROM pg_policy WHERE polrelid = c.oid), 'none, so that no row is seen') END
    FROM pg_class c
    JOIN pg_namespace n ON n.oid = c.relnamespace
    JOIN pg_attribute a ON a.attrelid = c.oid AND a.attnum > 0 AND NOT a.attisdropped
    JOIN base b ON b.domain = a.atttypid
    JOIN pg_type t ON t.oid = b.oid AND t.typtype <> 'd'
    WHERE n.nspname = %s AND c.relname = ANY(%s) AND c.relkind IN ('r', 'p', 'v', 'm', 'f')
"""

# What lets a role write: each row is one reason.
WRITE_RIGHTS_QUERY = """
    SELECT 'it is a superuser' FROM pg_roles WHERE rolname = current_user AND rolsuper
    UNION ALL
    SELECT format('it may create schemas in database %I', current_database())
    WHERE has_database_privilege(current_database(), 'CREATE')
    UNION ALL
    SELECT format('it may create tables in schema %I', nspname) FROM pg_namespace
    WHERE nspname !~ '^pg_' AND nspname <> 'information_schema'
      AND has_schema_privilege(oid, 'CREATE')
    UNION ALL
    SELECT format('it may write to %I.%I', n.nspname, c.relname)
    FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
    WHERE c.relkind IN ('r', 'p', 'v', 'f')
      AND n.nspname !~ '^pg_' AND n.nspname <> 'information_schema'
      AND (has_table_privilege(c.oid, 'INSERT, UPDATE, DELETE, TRUNCATE')
           OR has_any_column_privilege(c.oid, 'INSERT, UPDATE'))
"""
REASONS_SHOWN = 5


def schema_faults(found: Iterable[tuple[str, bool, str, str, str | None]]) -> list[str]:
    """Return what is missing, forbidden, hidden or of a type that loses digits, a phrase each.

    Args:
        found: Table, whether it may be read, column, type, and the policies that hide rows of
            the table from the role (None: none does), as ``COLUMNS_QUERY`` yields.
    """
    types: dict[str, dict[str, str]] = {}
    forbidden, hidden = set(), {}
    for table, readable, column, type_name, policies in found:
        if policies is not None:
            hidden[table] = policies
        types.setdefault(table, {})[column] = type_name
        if not readable:
            forbidden.add(table)
    faults = []
    for name, expected in TABLES.items():
        if name not in types:
            faults.append(f"table {SCHEMA}.{name} is missing")
            continue
        if name in forbidden:
            faults.append(f"table {SCHEMA}.{name} may not be read by this role")
        if name in hidden:
            faults.append(
                f"row level security hides rows of table {SCHEMA}.{name} from this role"
                f" (policies: {hidden[name]}); give the role BYPASSRLS, or a policy that shows all"
            )
        for column, kind in expected.columns.items():
            known = types[name].get(column)
            if known is None:
                faults.append(f"column {SCHEMA}.{name}.{column} is missing")
            elif known not in POSTGRES_TYPES.get(kind, {known}):
                faults.append(f"column {SCHEMA}.{name}.{column} is {known}, not {kind}")
    return faults
