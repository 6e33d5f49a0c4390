"""NexaCloud's tables as the flows need them, and how their values travel."""

from __future__ import annotations

from dataclasses import dataclass
from enum import StrEnum
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pyarrow as pa

SCHEMA = "public"


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
