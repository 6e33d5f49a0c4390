"""NexaCloud's tables as the flows need them, how their values travel, and whether all is there."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "public"
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


class Kind(StrEnum):
    """What a column holds; of a closed list's words and of codes only the spelling counts.

    A ``WORD`` is read in lower case, its parts joined by underscores ("Past due" is
    ``past_due``); a ``CODE`` in upper case ("cad" is ``CAD``); blanks around both are gone.
    """

    ID = "id"
    TEXT = "text"
    WORD = "word"
    CODE = "code"
    NUMERIC = "numeric"
    BOOL = "bool"
    TIMESTAMP = "timestamp"


# Types of PostgreSQL that are read without loss, by kind (ids and texts: all, being read as
# text). A float is none of the numerics, and a timestamp without a time zone says no moment.
POSTGRES_TYPES: dict[Kind, frozenset[str]] = {
    Kind.NUMERIC: frozenset({"numeric", "bigint", "integer", "smallint"}),
    Kind.BOOL: frozenset({"boolean"}),
    Kind.TIMESTAMP: frozenset({"timestamp with time zone"}),
}

#: What is text to PostgreSQL, and quoted on its way.
TEXTS = frozenset({Kind.TEXT, Kind.WORD, Kind.CODE})


@dataclass(frozen=True, slots=True)
class Table:
    """One table: its columns in order, each with its kind."""

    name: str
    columns: dict[str, Kind]

    @property
    def texts(self) -> list[str]:
        """The columns that hold text."""
        return [name for name, kind in self.columns.items() if kind in TEXTS]

    @property
    def moments(self) -> list[str]:
        """The columns that hold moments."""
        return [name for name, kind in self.columns.items() if kind is Kind.TIMESTAMP]

    def arrow_schema(self, columns: tuple[str, ...]) -> pa.Schema:
        """The schema of a batch of these columns; each field's metadata tell its kind.

        A numeric of PostgreSQL may have 131,072 digits or be NaN; no decimal type of Arrow holds
        that. It travels as the exact text that PostgreSQL prints, as ids and texts do.
        """
        # Arrow takes 40 MB: who reads no rows does without.
        import pyarrow as pa

        types = {Kind.BOOL: pa.bool_(), Kind.TIMESTAMP: pa.timestamp("us", tz="UTC")}
        return pa.schema(
            [
                pa.field(
                    column,
                    types.get(self.columns[column], pa.string()),
                    metadata={"kind": self.columns[column].value},
                )
                for column in columns
            ]
        )


def table_of(name: str, **kinds: str) -> Table:
    """Build a table from its columns' names by kind, in the order of the kinds given."""
    columns = {column: Kind(kind) for kind, columns in kinds.items() for column in columns.split()}
    return Table(name, columns)


TABLES: dict[str, Table] = {
    table.name: table
    for table in (
        table_of(
            "users",
            id="id",
            text="email full_name company_name phone street city region postal_code country_code"
            " stripe_customer_id",
            bool="is_active",
            timestamp="created_at updated_at",
        ),
        table_of(
            "plans",
            id="id",
            text="code name",
            code="currency",
            numeric="price_monthly price_yearly cpu_seconds_quota cpu_rate_per_core_hour",
            bool="is_active",
            timestamp="updated_at",
        ),
        table_of(
            "deployments",
            id="id user_id",
            text="name region",
            word="status",
            timestamp="created_at deleted_at",
        ),
        table_of(
            "subscriptions",
            id="id user_id deployment_id plan_id",
            word="status billing_cycle",
            timestamp="started_at current_period_start current_period_end canceled_at",
        ),
        table_of(
            "usage_records",
            id="id deployment_id",
            timestamp="period_start period_end",
            numeric="cpu_hours amount",
        ),
        table_of("deployment_addons", id="id deployment_id", text="name", numeric="price_monthly"),
        table_of(
            "invoices",
            id="id user_id subscription_id",
            text="stripe_invoice_id",
            word="status",
            code="currency",
            numeric="subtotal tax total",
            timestamp="period_start period_end created_at paid_at",
        ),
        table_of(
            "invoice_items",
            id="id invoice_id",
            text="description",
            numeric="quantity unit_price amount",
        ),
    )
}


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
