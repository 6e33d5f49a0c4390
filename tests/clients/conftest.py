"""A NexaCloud database with the schema and no rows, for tests that put in their own."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from uuid import uuid4

import psycopg2
import pytest
from psycopg2.extensions import connection

from deployments.local.places import PROJECT
from deployments.local.postgres import Cluster

SCHEMA = PROJECT / "deployments" / "nexacloud" / "schema.sql"
PASSWORD = "correct-horse"


@dataclass(frozen=True)
class Source:
    """An empty NexaCloud: an administrator's connection, and the reader's DSN."""

    admin: connection
    dsn: str
    role: str

    def execute(self, statement: str, values: tuple | None = None) -> list:
        """Run a statement as administrator, committed at once."""
        with self.admin.cursor() as cursor:
            cursor.execute(statement, values)
            return cursor.fetchall() if cursor.description else []


@pytest.fixture(scope="module")
def new_source(postgres: Cluster) -> Iterator[Callable[[], Source]]:
    """Make empty NexaClouds, each with a reading role of its own."""
    made: list[tuple[connection, str, str]] = []

    def make() -> Source:
        name = f"source_{uuid4().hex[:12]}"
        postgres.sql(f"CREATE DATABASE {name}")
        admin = psycopg2.connect(postgres.dsn(name))
        admin.autocommit = True
        made.append((admin, name, name))
        source = Source(admin, postgres.dsn(name, name, PASSWORD), name)
        source.execute(SCHEMA.read_text(encoding="utf-8"))
        source.execute(f"CREATE ROLE {name} LOGIN PASSWORD '{PASSWORD}'")
        source.execute(f"GRANT SELECT ON ALL TABLES IN SCHEMA public TO {name}")
        return source

    yield make
    for admin, name, role in made:
        admin.close()
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
        postgres.sql(f"DROP ROLE {role}")


@pytest.fixture
def source(new_source: Callable[[], Source]) -> Source:
    """One empty NexaCloud for this test alone."""
    return new_source()
