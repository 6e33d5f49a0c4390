"""read: NexaCloud's core tables as frames, all from one read-only snapshot."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from typing import TYPE_CHECKING, Any

from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.run.settings import load_settings

if TYPE_CHECKING:
    import pandas as pd
    import pyarrow as pa

CORE_TABLES = ("users", "plans", "deployments", "subscriptions", "deployment_addons")


def read_source(limit: int | None = None) -> dict[str, pd.DataFrame]:
    """Read the core tables of the NexaCloud that the settings name.

    Args:
        limit: Only the first so many users and what is theirs (None: everybody).

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    with load_settings().nexacloud() as source:
        source.check_schema()
        return read_tables(source, limit=limit)


def read_digest(limit: int | None = None, *, as_of: datetime) -> str:
    """Read the digest of the core tables alone; it moves no row.

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    with load_settings().nexacloud() as source:
        return digest_tables(source, limit=limit, as_of=as_of)


def digest_tables(source: NexaCloud, *, limit: int | None, as_of: datetime) -> str:
    """Have PostgreSQL make a digest of the core tables; time alone can change it, too.

    Args:
        source: An entered ``NexaCloud``.
        limit: As of ``read_tables``.
        as_of: The moment that separates past from future.
    """
    return " ".join(source.digest(table, as_of, first_users=limit) for table in CORE_TABLES)


def read_tables(
    source: NexaCloud, tables: Sequence[str] = CORE_TABLES, *, limit: int | None = None
) -> dict[str, pd.DataFrame]:
    """Read whole tables from one snapshot, a frame each, rows by id.

    Ids and texts are ``str``, numerics exact ``Decimal`` (also NaN), timestamps aware in UTC;
    NULL is ``None`` everywhere.

    Args:
        source: An entered ``NexaCloud``.
        tables: Names of core tables.
        limit: Only the first so many users, by ``created_at`` and ``id``, with their
            deployments, add-ons and subscriptions; a subscriber who is not the deployment's
            owner comes along. Plans are always whole.
    """
    texts: dict[str, str] = {}
    return {
        table: to_frame(source.stream(table, first_users=limit), source.columns(table), texts)
        for table in tables
    }


def to_frame(
    batches: Iterable[pa.RecordBatch], columns: Sequence[str], texts: dict[str, str]
) -> pd.DataFrame:
    """Collect batches into a frame of Python values, ordered by ``id``.

    Args:
        batches: Of one table.
        columns: Its columns.
        texts: Those met so far, in any table: an id that many rows speak of is held once.
    """
    import pandas as pd

    values: dict[str, list[Any]] = {column: [] for column in columns}
    for batch in batches:
        for field, column in zip(batch.schema, batch.columns, strict=True):
            values[field.name] += to_python(field, column, texts)
    series = {name: pd.Series(column, dtype=object) for name, column in values.items()}
    frame = pd.DataFrame(series, columns=list(columns))
    return frame.sort_values("id", ignore_index=True, kind="stable")


def to_python(field: pa.Field, column: pa.Array, texts: dict[str, str]) -> list[Any]:
    """Give a column's values as ``read_tables`` does; ``texts`` as of ``to_frame``."""
    import pyarrow as pa

    kind = (field.metadata or {}).get(b"kind")
    values: list[Any] = column.to_pylist()
    if kind == b"numeric":
        return [None if value is None else Decimal(value) for value in values]
    if kind == b"timestamp":
        return [None if value is None else _in_utc(value) for value in values]
    if pa.types.is_string(column.type):
        return [None if value is None else texts.setdefault(value, value) for value in values]
    return values


def _in_utc(moment: datetime) -> datetime:
    return moment.astimezone(UTC)
