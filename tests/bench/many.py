"""A source of any size: a sample, and copies of its customers that PostgreSQL makes.

Making every customer by itself takes longer than what is measured. A copy has ids, addresses and
Stripe ids of its own, and the faults of what it is copied from.
"""

from __future__ import annotations

import psycopg2
from psycopg2 import sql

from deployments.local.scratch import Scratch

MADE = 10_000
#: Plans are everybody's: they are not copied.
_TABLES = ("users", "deployments", "subscriptions", "deployment_addons")
_OWN = {
    "id": "md5(id::text || copy)::uuid",
    "user_id": "md5(user_id::text || copy)::uuid",
    "deployment_id": "md5(deployment_id::text || copy)::uuid",
    "email": "regexp_replace(email, '@', '@c' || copy || '.')",
    "stripe_customer_id": "stripe_customer_id || copy",
}


def new_source(scratch: Scratch, customers: int) -> str:
    """Make a NexaCloud of so many customers, without further usage and invoices; gives its DSN.

    Args:
        scratch: Where its PostgreSQL is.
        customers: Above 10,000 it is rounded down to whole copies of that.
    """
    admin, reader = scratch.new_nexacloud_database(min(customers, MADE))
    copies = customers // MADE - 1
    if copies > 0:
        with psycopg2.connect(admin) as database, database.cursor() as cursor:
            for table in _TABLES:
                _copy(cursor, table, copies)
        with psycopg2.connect(admin) as database, database.cursor() as cursor:
            cursor.execute("ANALYZE")
    return reader


def _copy(cursor: psycopg2.extensions.cursor, table: str, copies: int) -> None:
    cursor.execute(f"SELECT * FROM {table} LIMIT 0")
    columns = [column.name for column in cursor.description]
    cursor.execute(
        sql.SQL(
            "INSERT INTO {table} SELECT {values}"
            " FROM {table} made, generate_series(1, {copies}) copy"
        ).format(
            table=sql.Identifier(table),
            values=sql.SQL(", ").join(sql.SQL(_OWN.get(name, name)) for name in columns),
            copies=sql.Literal(copies),
        )
    )
