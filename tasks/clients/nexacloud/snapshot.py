"""What is asked of NexaCloud's database: that it is as expected, its rows, and how many."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from typing import TYPE_CHECKING

from psycopg2 import sql

from tasks.clients.nexacloud.invoices import (
    INVOICE_ITEMS,
    ORPHANS,
    USAGE_ROWS,
    InvoiceScope,
    beyond_query,
    invoice_query,
    orphan_query,
    price_query,
    settling_query,
    usage_row_query,
)
from tasks.clients.nexacloud.schema import (
    COLUMNS_QUERY,
    REASONS_SHOWN,
    SCHEMA,
    TABLES,
    WRITE_RIGHTS_QUERY,
    Table,
    schema_faults,
)
from tasks.clients.nexacloud.selection import (
    OF_FIRST_USERS,
    copy_of,
    copy_of_table,
    digest_query,
    digest_text,
    selected_rows,
    whole_table,
)
from tasks.clients.nexacloud.session import Session
from tasks.clients.nexacloud.usage import (
    FAULTS,
    PERIODS,
    RECORDS,
    UsageScope,
    fault_query,
    period_query,
    record_query,
)
from tasks.model.errors import ConfigError

if TYPE_CHECKING:
    import pyarrow as pa


class NexaCloud(Session):
    """NexaCloud's rows, all as they were at one moment; see ``Session`` for how it is opened."""

    def check_schema(self) -> None:
        """Check that all tables and columns are there, readable and of types without loss.

        Raises:
            ConfigError: Names everything that is wrong at once.
        """
        rows = self._execute(COLUMNS_QUERY, (SCHEMA, list(TABLES)))
        faults = schema_faults(rows)
        if faults:
            raise ConfigError(
                f"NexaCloud's {self._where} is not as expected: {'; '.join(faults)}."
                " Check the database that NEXACLOUD_DSN names and the role's rights."
            )

    def check_queries(self) -> None:
        """Have PostgreSQL plan every query that the flows send, without running any.

        The types of the columns decide whether they can be compared at all.

        Raises:
            ConfigError: A table, a column or a right is missing.
            FatalError: Types do not fit.
        """
        began = datetime(2026, 1, 1, tzinfo=UTC)
        usage = UsageScope("UTC", {1: [began]}, began, 1)
        whole = [selected_rows(whole_table(table), users=1) for table in OF_FIRST_USERS]
        for query in (
            *whole,
            period_query(usage),
            fault_query(usage, ["none"]),
            record_query(usage),
            invoice_query(InvoiceScope(began, began)),
            settling_query(InvoiceScope(began, began)),
            price_query(InvoiceScope(began, began), ["none"]),
            beyond_query(),
            orphan_query(),
            usage_row_query(["none"], began, began),
        ):
            self._execute(sql.SQL("EXPLAIN ") + query)

    def check_read_only(self) -> None:
        """Check that the role could not write, even by mistake.

        Raises:
            ConfigError: It could; says why.
        """
        reasons = [str(row[0]) for row in self._execute(WRITE_RIGHTS_QUERY)]
        if reasons:
            shown = "; ".join(reasons[:REASONS_SHOWN])
            more = len(reasons) - REASONS_SHOWN
            raise ConfigError(
                f"Role {self._role!r} could write to NexaCloud: {shown}"
                f"{f'; and {more} more' if more > 0 else ''}."
                " Use a role like nexa_readonly (deployments/nexacloud/readonly_role.sql)."
            )

    def count(self, table: str) -> int:
        """Return the number of rows of a table."""
        query = sql.SQL("SELECT count(*) FROM {}").format(sql.Identifier(SCHEMA, table))
        return int(self._execute(query)[0][0])

    def digest(self, table: str, as_of: datetime, *, first_users: int | None = None) -> str:
        """Return a digest of the rows that ``stream`` would give, whatever their order.

        Args:
            table: One of NexaCloud's tables.
            as_of: The digest changes when a moment of a row comes to be past.
            first_users: As of ``stream``.
        """
        whole = whole_table(table)
        rows = selected_rows(whole, users=first_users)
        return digest_text(self._execute(digest_query(rows, whole.moments, as_of)))

    def stream(
        self,
        table: str,
        *,
        columns: tuple[str, ...] | None = None,
        batch_rows: int = 10_000,
        limit: int | None = None,
        first_users: int | None = None,
    ) -> Iterator[pa.RecordBatch]:
        r"""Yield a table's rows as Arrow record batches, in constant memory.

        Ids, texts and numerics arrive as strings (numerics as the exact text that PostgreSQL
        prints), NULL as null; timestamps are UTC. Rows come in no order, unless ``limit`` asks
        for the first by id. An iterator that is left early may simply be closed.

        A value that cannot be read (an infinite moment, a year beyond 9999, text that is no
        UTF-8) is NULL, or shown with ``\x`` signs, and named in the row's last column,
        ``unreadable``.

        Args:
            table: One of NexaCloud's tables (``schema.py``).
            columns: Which columns, in this order (None: all, and ``unreadable``).
            batch_rows: Rows in each batch but the last.
            limit: At most so many rows.
            first_users: Only what belongs to the first so many users by age (all plans).

        Raises:
            ConfigError: The table or a column is missing or may not be read.
            RetryableError: The connection was lost, or the statement took too long.
            FatalError: A value cannot be read as its column's type.
        """
        kinds = whole_table(table).columns
        wanted = Table(table, {name: kinds[name] for name in columns or kinds})
        copied = copy_of_table(wanted, limit, first_users)
        yield from self._batches(copied, wanted, f"table {table}", batch_rows)

    def usage_periods(
        self, scope: UsageScope, *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the sums of the good usage records, a row per deployment and billing period.

        The columns are those of ``usage.PERIODS``, by deployment and period. Errors
        are those of ``stream``.
        """
        yield from self._selected(period_query(scope), PERIODS, batch_rows)

    def usage_faults(
        self, scope: UsageScope, deployments: Sequence[str], *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the usage records of which a rule has something to say, and what it is.

        Only those of the named deployments (``usage_periods`` tells which have any), and those
        of none. The columns are those of ``usage.FAULTS``; errors as of ``stream``.
        """
        yield from self._selected(fault_query(scope, deployments), FAULTS, batch_rows)

    def usage_records(
        self, scope: UsageScope, *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the good usage records of a scope one by one, by deployment and time.

        The columns are those of ``usage.RECORDS``; errors as of ``stream``.
        """
        yield from self._selected(record_query(scope), RECORDS, batch_rows)

    def invoice_items(
        self, scope: InvoiceScope, *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the items of the scope's invoices, by invoice; one row for one without items.

        The columns are those of ``invoices.INVOICE_ITEMS``; errors as of ``stream``.
        """
        yield from self._selected(invoice_query(scope), INVOICE_ITEMS, batch_rows)

    def settling_items(
        self, scope: InvoiceScope, *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the items of those of the scope's invoices that settle something.

        That is, of invoices that prorate, and of those of subscriptions that have ended. Columns
        and order as of ``invoice_items``.
        """
        yield from self._selected(settling_query(scope), INVOICE_ITEMS, batch_rows)

    def price_items(
        self, scope: InvoiceScope, subscriptions: Sequence[str], *, batch_rows: int = 10_000
    ) -> Iterator[pa.RecordBatch]:
        """Yield the items of those of the scope's invoices that are of some subscriptions.

        Columns and order as of ``invoice_items``.
        """
        yield from self._selected(price_query(scope, subscriptions), INVOICE_ITEMS, batch_rows)

    def beyond_items(self, *, batch_rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Yield the items of invoices that begin after the period in their subscription's row.

        Of live subscriptions; columns and order as of ``invoice_items``.
        """
        yield from self._selected(beyond_query(), INVOICE_ITEMS, batch_rows)

    def orphan_items(self, *, batch_rows: int = 10_000) -> Iterator[pa.RecordBatch]:
        """Yield the items whose invoice is not there: ``invoices.ORPHANS``."""
        yield from self._selected(orphan_query(), ORPHANS, batch_rows)

    def usage_rows(
        self,
        subscriptions: Sequence[str],
        since: datetime,
        until: datetime,
        *,
        batch_rows: int = 10_000,
    ) -> Iterator[pa.RecordBatch]:
        """Yield the usage records of subscriptions that touch [since, until).

        The columns are those of ``invoices.USAGE_ROWS``; errors as of ``stream``.
        """
        query = usage_row_query(subscriptions, since, until)
        yield from self._selected(query, USAGE_ROWS, batch_rows)

    def _selected(
        self, query: sql.Composed, shape: Table, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        copied = copy_of(query, shape)
        # Sorting a million records in the default 4 MB would write to NexaCloud's disk; compiling
        # a query of this size takes longer than running it.
        self._execute("SET LOCAL work_mem = '64MB'")
        self._execute("SET LOCAL jit = off")
        yield from self._batches(copied, shape, shape.name, batch_rows)
