"""Writes a sample into a PostgreSQL database of its own, with the read-only role."""

from __future__ import annotations

import io
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg2
from psycopg2 import sql
from psycopg2.extensions import connection, make_dsn

from deployments.sample.rows import CopyText

HERE = Path(__file__).parents[1] / "nexacloud"


class NotEmptyError(Exception):
    """The database is there already, or holds such tables, and nobody asked to replace it."""


def create_database(admin_dsn: str, database: str, *, replace: bool) -> str:
    """Create an empty database and return an administrator's DSN for it.

    Args:
        admin_dsn: Of a role that may create databases; it connects to any existing database.
        database: The new database's name.
        replace: Drop a database of that name first, closing whoever uses it.

    Raises:
        NotEmptyError: It exists and ``replace`` is false.
    """
    with _connect(admin_dsn) as admin, admin.cursor() as cursor:
        name = sql.Identifier(database)
        if replace:
            cursor.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(name))
        try:
            cursor.execute(
                sql.SQL("CREATE DATABASE {} TEMPLATE template0 ENCODING 'UTF8'").format(name)
            )
        except psycopg2.errors.DuplicateDatabase:
            raise NotEmptyError from None
    return make_dsn(admin_dsn, dbname=database)


def write_sample(dsn: str, tables: dict[str, CopyText]) -> None:
    """Create NexaCloud's schema in an empty database and fill it, or leave it as it was.

    Raises:
        NotEmptyError: Its tables are there already.
    """
    with _connect(dsn) as database, database.cursor() as cursor:
        cursor.execute("BEGIN")
        try:
            cursor.execute((HERE / "schema.sql").read_text(encoding="utf-8"))
        except (psycopg2.errors.DuplicateTable, psycopg2.errors.DuplicateSchema):
            raise NotEmptyError from None
        for table, text in tables.items():
            copy = sql.SQL("COPY {} ({}) FROM STDIN").format(
                sql.Identifier(*table.split(".")),
                sql.SQL(", ").join(map(sql.Identifier, text.columns)),
            )
            cursor.copy_expert(copy, io.BytesIO(text.data()))
        cursor.execute("COMMIT")
        cursor.execute("ANALYZE")


def grant_reader(dsn: str, password: str) -> None:
    """Create (or renew) the role ``nexa_readonly`` and let it read this database."""
    with _connect(dsn) as database, database.cursor() as cursor:
        cursor.execute("SELECT set_config('nexa.reader_password', %s, false)", (password,))
        cursor.execute((HERE / "readonly_role.sql").read_text(encoding="utf-8"))


@contextmanager
def _connect(dsn: str) -> Iterator[connection]:
    opened = psycopg2.connect(dsn, application_name="nexacloud-sample")
    opened.autocommit = True
    try:
        yield opened
    finally:
        opened.close()
