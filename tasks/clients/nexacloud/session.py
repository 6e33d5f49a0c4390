"""A session with NexaCloud's database: one read-only snapshot, in which queries run and stream."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager, suppress
from io import BufferedReader
from types import TracebackType
from typing import TYPE_CHECKING, Any, Self

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import ISOLATION_LEVEL_REPEATABLE_READ, connection, parse_dsn

from tasks.clients.nexacloud.dsn import INVALID_DSN, describe, to_libpq
from tasks.clients.nexacloud.faults import connection_fault, query_fault
from tasks.clients.nexacloud.readable import UNREADABLE
from tasks.clients.nexacloud.schema import Table
from tasks.model.errors import ConfigError, FatalError, FusionError

if TYPE_CHECKING:
    import pyarrow as pa

    from tasks.clients.nexacloud.copying import CopyThread

CONNECT_TIMEOUT_SECONDS = "10"


class Session:
    """NexaCloud's PostgreSQL, read inside one snapshot that no other session can change.

    Used as a context manager; every call between enter and exit sees the same rows. One thread
    at a time may use it, and one stream at a time may be open.

    Args:
        dsn: ``postgresql://...``; ``postgresql+asyncpg://...`` is accepted too.
        statement_timeout_seconds: Longest time that one statement may take.
        application_name: The name under which NexaCloud's administrator sees the session.

    Attributes:
        left_out: Parameters of the DSN that belong to a driver and mean nothing here.
    """

    def __init__(
        self,
        dsn: str,
        *,
        statement_timeout_seconds: int = 300,
        application_name: str = "nexa-billing-flows",
    ) -> None:
        address, self.left_out = to_libpq(dsn)
        try:
            self._parameters = parse_dsn(address)
        except psycopg2.ProgrammingError:
            # libpq quotes the part that it could not parse, which may be the password.
            raise ConfigError(INVALID_DSN) from None
        self._where = describe(self._parameters)
        self._timeout_seconds = statement_timeout_seconds
        self._application_name = application_name
        self._connection: connection | None = None
        self._copy: CopyThread | None = None

    def __enter__(self) -> Self:
        """Connect and take the snapshot.

        Raises:
            ConfigError: Wrong password, database or role, or nobody answers.
            RetryableError: The server is starting, stopping or full.
        """
        parameters = {"connect_timeout": CONNECT_TIMEOUT_SECONDS, **self._parameters}
        parameters |= {"application_name": self._application_name, "client_encoding": "UTF8"}
        try:
            opened = psycopg2.connect(**parameters)
        except psycopg2.Error as error:
            # The cause is dropped: libpq's text repeats parts of the DSN.
            raise connection_fault(str(error), self._where, self._role) from None
        self._connection = opened
        try:
            opened.set_session(isolation_level=ISOLATION_LEVEL_REPEATABLE_READ, readonly=True)
            if opened.info.parameter_status("server_encoding") == "SQL_ASCII":
                # PostgreSQL would refuse the whole table for one text that is no UTF-8.
                opened.set_client_encoding("SQL_ASCII")
            # Rows that a policy hides are an error, not rows that are not there.
            self._execute("SET LOCAL row_security = off")
            self._execute("SET LOCAL timezone = 'UTC'")
            self._execute("SET LOCAL datestyle = 'ISO'")
            self._execute("SET LOCAL statement_timeout = %s", (self._timeout_seconds * 1000,))
            # The first query that reads takes the snapshot; the settings above do not.
            self._execute("SELECT pg_current_snapshot()")
        except FusionError:
            opened.close()
            raise
        return self

    def __exit__(
        self,
        exc_type: type[BaseException] | None,
        exc: BaseException | None,
        traceback: TracebackType | None,
    ) -> None:
        """End the snapshot; nothing is ever committed."""
        if self._copy is not None:
            self._copy.stop(self._cancel)
        if self._connection is not None:
            self._connection.close()
            self._connection = None

    def _batches(
        self, query: sql.Composed, shape: Table, what: str, batch_rows: int
    ) -> Iterator[pa.RecordBatch]:
        import pyarrow as pa

        from tasks.clients.nexacloud.copying import read_batches

        schema = shape.arrow_schema(tuple(shape.columns))
        # What is told of unreadable values is names of columns.
        has_texts = any(name != UNREADABLE for name in shape.texts)
        with self._copying(query) as output:
            try:
                yield from read_batches(output, schema, batch_rows, has_texts=has_texts)
            except pa.ArrowInvalid:
                # Arrow quotes the value, and that may be personal data.
                raise FatalError(
                    f"A row of NexaCloud's {what} cannot be read: a value does not fit its"
                    " column's type or is larger than 4 MB."
                ) from None

    @contextmanager
    def _copying(self, query: sql.Composed) -> Iterator[BufferedReader]:
        """Run a COPY beside the caller and clean up after it, however the caller leaves.

        A savepoint keeps the snapshot usable after a COPY that failed or was left early.
        """
        from tasks.clients.nexacloud.copying import CopyThread

        self._execute("SAVEPOINT stream")
        cursor = self._opened().cursor()
        copy = self._copy = CopyThread(lambda output: cursor.copy_expert(query, output))
        try:
            yield copy.output
            copy.finish()
        finally:
            copy.stop(self._cancel)
            self._copy = None
            if self._connection is not None and not self._connection.closed:
                self._execute("ROLLBACK TO SAVEPOINT stream")
            if copy.error is not None and not copy.stopped:
                # It also explains the reader's complaint about a row that was cut off.
                raise self._query_error(copy.error) from None

    def _cancel(self) -> None:
        with suppress(psycopg2.Error):  # a lost connection has nothing to cancel
            self._opened().cancel()

    def _execute(
        self, query: str | sql.Composable, values: tuple[Any, ...] | None = None
    ) -> list[tuple[Any, ...]]:
        if self._copy is not None:
            raise RuntimeError("a stream of this snapshot is open: finish or close it first")
        try:
            with self._opened().cursor() as cursor:
                cursor.execute(query, values)
                return cursor.fetchall() if cursor.description else []
        except psycopg2.Error as error:
            raise self._query_error(error) from None

    def _opened(self) -> connection:
        if self._connection is None:
            raise RuntimeError("NexaCloud is read inside a with statement")
        return self._connection

    @property
    def _role(self) -> str:
        return str(self._parameters.get("user", ""))

    def _query_error(self, error: Exception) -> FusionError:
        if isinstance(error, psycopg2.Error):
            return query_fault(error.pgcode, self._where, self._role, self._timeout_seconds)
        return FatalError(f"Reading NexaCloud's {self._where} failed ({type(error).__name__}).")
