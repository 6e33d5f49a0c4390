"""Where nothing changed a run costs next to nothing, and tells the same as a whole run would."""

from __future__ import annotations

from datetime import UTC, datetime

import psycopg2
import pytest

from tasks.backfill.read import CORE_TABLES, digest_tables
from tasks.backfill.settled import SETTLED_FILE
from tasks.clients.nexacloud.schema import TABLES, Kind
from tasks.clients.nexacloud.snapshot import NexaCloud

NOW = datetime(2026, 11, 28, tzinfo=UTC)
FILES = ("outcomes", "quarantine", "warnings")
#: What an edit makes of a value, by kind.
OTHER = {
    Kind.TEXT: "{0} || 'x'",
    Kind.WORD: "{0} || 'x'",
    Kind.CODE: "'XXX'",
    Kind.NUMERIC: "coalesce({0}, 0) + 1",
    Kind.BOOL: "NOT {0}",
    Kind.TIMESTAMP: "{0} + interval '1 second'",
}


def told(world):
    """What the newest run tells of the rows, without when and how long."""
    report = world.report()
    figures = {name: report[name] for name in ("rows", "totals", "readback", "checks")}
    return {**figures, **{name: world.table(name) for name in FILES}}


def test_an_unchanged_world_is_told_as_a_whole_run_tells_it_and_nothing_is_sent(world):
    assert world.run().name == "CompletedWithQuarantine"
    first = world.report()
    state = world.run()
    shortcut, report = told(world), world.report()
    assert state.name == "CompletedWithQuarantine"
    assert report["unchanged_since"] == first["run"]
    assert first["run"] in state.message
    logged = "SELECT key, unchanged, rows_read FROM fusion_billing_import_run r, "
    logged += "LATERAL (SELECT count(*), sum(unchanged) AS unchanged FROM"
    logged += " fusion_billing_import_bundle WHERE run_id = r.id) b ORDER BY r.id"
    runs = world.sql(logged)
    (world.reports / "backfill" / first["run"] / SETTLED_FILE).unlink()

    assert world.run().name == "CompletedWithQuarantine"
    assert world.report()["unchanged_since"] is None
    assert told(world) == shortcut
    # Odoo's log says the same of a run that had nothing to send.
    assert world.sql(logged)[2][1:] == runs[1][1:]


@pytest.mark.soak
def test_a_part_of_the_world_is_not_taken_for_the_whole(world):
    world.run(limit=20)
    world.run()
    assert world.report()["unchanged_since"] is None
    world.run(limit=20)
    assert world.report()["rows"]["users"]["read"] < 100


@pytest.fixture(scope="module")
def dsns(scratch):
    return scratch.new_nexacloud_database(60)


def digest(dsn, limit=None, as_of=NOW):
    with NexaCloud(dsn) as source:
        return digest_tables(source, limit=limit, as_of=as_of)


def changed_back(cursor, table, column, value):
    """Let a block see a column with other values."""
    cursor.execute(f"CREATE TEMP TABLE kept AS SELECT id, {column} AS was FROM {table}")
    cursor.execute(f"UPDATE {table} SET {column} = {value} WHERE {column} IS NOT NULL")
    yield cursor.rowcount
    cursor.execute(f"UPDATE {table} t SET {column} = was FROM kept WHERE kept.id = t.id")
    cursor.execute("DROP TABLE kept")


@pytest.fixture
def cursor(dsns):
    writer = psycopg2.connect(dsns[0])
    writer.autocommit = True
    yield writer.cursor()
    writer.close()


def test_the_digest_is_of_values_alone_and_every_value_counts(dsns, cursor):
    before = digest(dsns[1])
    cursor.execute("UPDATE users SET email = email; UPDATE subscriptions SET status = status")
    assert digest(dsns[1]) == before
    for table in CORE_TABLES:
        for column, kind in TABLES[table].columns.items():
            if kind in OTHER:
                for rows in changed_back(cursor, table, column, OTHER[kind].format(column)):
                    assert not rows or digest(dsns[1]) != before, (table, column)
    assert digest(dsns[1]) == before


def test_the_digest_of_the_first_customers_is_of_them_alone(dsns, cursor):
    whole, first = digest(dsns[1]), digest(dsns[1], limit=3)
    last = "(SELECT id FROM users ORDER BY created_at DESC, id DESC LIMIT 1)"
    cursor.execute(f"UPDATE users SET phone = 'none' WHERE id = {last}")
    assert digest(dsns[1], limit=3) == first
    assert digest(dsns[1]) != whole


@pytest.mark.parametrize(
    ("table", "column"), [("subscriptions", "started_at"), ("deployments", "deleted_at")]
)
def test_what_comes_to_be_past_meanwhile_is_looked_at_again(dsns, cursor, table, column):
    cursor.execute(
        f"UPDATE {table} SET {column} = '2031-02-01' WHERE id = (SELECT id FROM {table} LIMIT 1)"
    )
    before, same, after = (
        digest(dsns[1], as_of=datetime(2031, month, day, tzinfo=UTC))
        for month, day in ((1, 30), (1, 31), (2, 1))
    )
    assert before == same != after
