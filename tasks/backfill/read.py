"""read: NexaCloud's core tables in pages of customers, all from one read-only snapshot.

Ids and texts are ``str``, numerics exact ``Decimal`` (also NaN), timestamps aware in UTC; NULL is
``None`` everywhere.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import UTC, datetime
from decimal import Decimal
from functools import partial
from typing import TYPE_CHECKING, Any

from tasks.backfill.pages import HOME_COLUMNS, PAGE_CUSTOMERS, Homes, hashed
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.rows import records
from tasks.model.source import Row
from tasks.model.spool import OnDisk, Spool
from tasks.run.run import trim
from tasks.run.settings import load_settings

if TYPE_CHECKING:
    import pyarrow as pa

Tables = dict[str, Sequence[Row]]
CORE_TABLES = ("users", "plans", "deployments", "subscriptions", "deployment_addons")
#: The table that is whole in every page.
_SHARED = "plans"
#: The others, in an order in which each row's home is known from those before.
_DIVIDED = tuple(table for table in CORE_TABLES if table != _SHARED)


class SourcePages(OnDisk[Tables]):
    """The core tables of one snapshot, in pages, on disk; each look at a page makes it anew.

    A page has all tables, rows by id: those of its customers, and each plan. NexaCloud's snapshot
    is over by then: a load that takes hours holds nothing open there.

    Attributes:
        digest: That NexaCloud's database made of the rows; empty if nobody asked.
        counts: Rows by table, each counted once.
    """

    def __init__(self, plans: Sequence[Row]) -> None:
        self.digest = ""
        self.counts: Counter[str] = Counter(dict.fromkeys(CORE_TABLES, 0) | {_SHARED: len(plans)})
        self._plans = plans
        self._tables: Spool[tuple[tuple[str, ...], list[tuple[Any, ...]]]] = Spool()

    def append(self, tables: Mapping[str, Iterable[pa.RecordBatch]]) -> None:
        """Add a page of what was read of its customers."""
        for table in _DIVIDED:
            names, rows = _values(tables[table])
            self.counts[table] += len(rows)
            self._tables.append((names, rows))
        trim()

    def __len__(self) -> int:
        return len(self._tables) // len(_DIVIDED)

    def _make(self, place: int) -> Tables:
        first = place * len(_DIVIDED)
        trim()
        page = {
            table: tuple(records(*self._tables[first + number]))
            for number, table in enumerate(_DIVIDED)
        }
        return {table: page.get(table, self._plans) for table in CORE_TABLES}

    def to_account_for(self) -> Iterator[Tables]:
        """Give the pages once more, each row in one of them alone: plans in the first."""
        for place, page in enumerate(self):
            yield page if not place else {name: page[name] for name in _DIVIDED}


def read_source_pages(limit: int | None, *, as_of: datetime) -> SourcePages:
    """Read the core tables of the NexaCloud that the settings name, and their digest.

    Args:
        limit: Only the first so many users and what is theirs (None: everybody).
        as_of: The moment that separates past from future.

    Raises:
        ConfigError: The database is not there, or not as expected.
        RetryableError: The connection was lost, or a statement took too long.
    """
    with load_settings().nexacloud() as source:
        source.check_schema()
        pages = read_pages(source, limit=limit, page_customers=PAGE_CUSTOMERS)
        pages.digest = digest_tables(source, limit=limit, as_of=as_of)
    return pages


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
        limit: As of ``read_pages``.
        as_of: The moment that separates past from future.
    """
    return " ".join(source.digest(table, as_of, first_users=limit) for table in CORE_TABLES)


def read_pages(source: NexaCloud, *, limit: int | None = None, page_customers: int) -> SourcePages:
    """Read the core tables from one snapshot, in pages.

    Args:
        source: An entered ``NexaCloud``.
        limit: Only the first so many users, by ``created_at`` and ``id``, with their
            deployments, add-ons and subscriptions; a subscriber who is not the deployment's
            owner comes along. Plans are always whole (None: everybody).
        page_customers: Customers in a page, about.
    """
    import numpy as np

    pages = SourcePages(read_rows(source, _SHARED, limit=limit))
    users = source.count("users")
    number = max(1, -(-min(users, limit or users) // page_customers))
    read: dict[str, Spool[pa.RecordBatch]] = {}
    homes, known = Homes(), {}
    for table in _DIVIDED:
        read[table], hashes = Spool(), []
        for batch in source.stream(table, first_users=limit):
            read[table].append(batch)
            if number > 1:
                told = {name: batch.column(name).to_pylist() for name in HOME_COLUMNS[table]}
                hashes.append(hashed(table, told))
            # What Arrow frees of a block stays with the C library otherwise: 50 MB and more.
            trim()
        if hashes:
            columns = [np.concatenate(parts) for parts in zip(*hashes, strict=True)]
            known[table] = homes.of(table, columns)
    if number == 1:
        pages.append(read)
        return pages
    divided = homes.pages(number)
    slices: Spool[pa.RecordBatch] = Spool()
    held: list[dict[str, list[int]]] = [{table: [] for table in _DIVIDED} for _ in range(number)]
    for table, theirs in known.items():
        begin = 0
        for batch in read.pop(table):
            of_rows = divided.of(theirs[begin : begin + batch.num_rows])
            begin += batch.num_rows
            for page in np.unique(of_rows).tolist():
                held[page][table].append(len(slices))
                slices.append(batch.take(np.flatnonzero(of_rows == page)))
    for places in held:
        pages.append({table: map(slices.__getitem__, each) for table, each in places.items()})
    return pages


def read_rows(source: NexaCloud, table: str, *, limit: int | None = None) -> tuple[Row, ...]:
    """Read the rows of a core table by id, inside an entered snapshot; ``limit`` as above."""
    return tuple(records(*_values(source.stream(table, first_users=limit))))


def _values(
    batches: Iterable[pa.RecordBatch],
) -> tuple[tuple[str, ...], list[tuple[Any, ...]]]:
    """Give the names of the columns, and the rows' values by id; a missing id comes last."""
    rows: list[tuple[Any, ...]] = []
    names: tuple[str, ...] = ()
    texts: dict[str, str] = {}
    for batch in batches:
        names = tuple(batch.schema.names)
        columns = map(partial(_to_python, texts=texts), batch.schema, batch.columns)
        rows.extend(zip(*columns, strict=True))
    rows.sort(key=lambda row: (row[0] is None, row[0] or ""))
    return names, rows


def _to_python(field: pa.Field, column: pa.Array, texts: dict[str, str]) -> list[Any]:
    """Give a column's values; an id that many rows speak of is held once, in ``texts``."""
    import pyarrow as pa

    kind = (field.metadata or {}).get(b"kind")
    values: list[Any] = column.to_pylist()
    if kind == b"numeric":
        return [None if value is None else Decimal(value) for value in values]
    if kind == b"timestamp":
        return [None if value is None else value.astimezone(UTC) for value in values]
    if pa.types.is_string(column.type):
        return [None if value is None else texts.setdefault(value, value) for value in values]
    return values
