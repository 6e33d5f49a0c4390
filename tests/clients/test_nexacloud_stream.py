"""Rows arrive exactly as PostgreSQL holds them, from one moment, however the stream ends."""

from __future__ import annotations

import threading
import time
from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4

import pytest
from hypothesis import given
from hypothesis import strategies as st
from psycopg2.extras import execute_values

from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.errors import ConfigError, FatalError, RetryableError

TEXTS = st.text(st.characters(codec="utf-8", exclude_characters="\0"), max_size=40)
NUMERICS = st.decimals(allow_infinity=False, places=None).map(
    lambda value: Decimal("NaN") if value.is_nan() else value
)
USAGE = (
    "INSERT INTO usage_records SELECT gen_random_uuid(), gen_random_uuid(), now(), now(), i,"
    " i / 7.0 FROM generate_series(1, %s) i"
)
# Sockets, pipe and parser hold some 20 MB between PostgreSQL and the reader.
MORE_THAN_BUFFERS_HOLD = 400_000
PLAN = (
    "INSERT INTO plans VALUES (gen_random_uuid(), 'code', 'name', 'CAD', NULL, NULL, NULL, %s,"
    " true, now())"
)


@pytest.fixture(scope="module")
def shared(new_source):
    """One source for the tests that empty a table before they fill it."""
    return new_source()


def column(dsn, table, name):
    with NexaCloud(dsn) as nexacloud:
        batches = list(nexacloud.stream(table, columns=(name,)))
    return [value for batch in batches for value in batch.column(0).to_pylist()]


def add_item(source, description):
    source.execute(
        "INSERT INTO invoice_items (id, description) VALUES (gen_random_uuid(), %s)",
        (description,),
    )


@given(texts=st.lists(st.none() | TEXTS, min_size=1, max_size=20))
def test_text_of_any_kind_arrives_unchanged(texts, shared):
    shared.execute("TRUNCATE invoice_items")
    with shared.admin.cursor() as cursor:
        rows = [(str(UUID(int=number)), text) for number, text in enumerate(texts)]
        execute_values(cursor, "INSERT INTO invoice_items (id, description) VALUES %s", rows)
    assert column(shared.dsn, "invoice_items", "description") == texts


@given(numbers=st.lists(st.none() | NUMERICS, min_size=1, max_size=20))
def test_numeric_of_any_length_arrives_exact(numbers, shared):
    shared.execute("TRUNCATE invoice_items")
    with shared.admin.cursor() as cursor:
        rows = [(str(UUID(int=number)), value) for number, value in enumerate(numbers)]
        template = "(%s, %s::numeric)"
        execute_values(
            cursor, "INSERT INTO invoice_items (id, amount) VALUES %s", rows, template=template
        )
    arrived = [v and Decimal(v) for v in column(shared.dsn, "invoice_items", "amount")]
    assert [str(v) if v is None or v.is_nan() else v for v in arrived] == [
        str(v) if v is None or v.is_nan() else v for v in numbers
    ]


@pytest.mark.parametrize(
    "text",
    ["", "NULL", "\\N", "\\.", "nan", "\ufeffNoël", "4 × vCPU", 'a "b", c\r\nd\n', " "],
    ids=repr,
)
def test_text_that_looks_like_something_else_stays_text(text, source):
    add_item(source, text)
    assert column(source.dsn, "invoice_items", "description") == [text]


def test_null_is_not_the_empty_text(source):
    add_item(source, None)
    add_item(source, "")
    assert sorted(column(source.dsn, "invoice_items", "description"), key=str) == ["", None]


@pytest.mark.parametrize("rate", ["0.0075", "0.0075001", "0.00", "NaN", "9" * 60 + ".25"])
def test_rate_keeps_every_digit(rate, source):
    source.execute(PLAN, (Decimal(rate),))
    assert column(source.dsn, "plans", "cpu_rate_per_core_hour") == [rate]


def test_timestamp_arrives_in_utc_with_microseconds(source):
    source.execute(
        "INSERT INTO deployments VALUES (gen_random_uuid(), NULL, 'n', 'r', 's',"
        " '2026-03-08 02:30:00.000001-05', NULL)"
    )
    assert column(source.dsn, "deployments", "created_at") == [
        datetime(2026, 3, 8, 7, 30, 0, 1, UTC)
    ]
    assert column(source.dsn, "deployments", "deleted_at") == [None]


def test_batches_hold_what_was_asked_and_lose_no_row(source):
    source.execute(USAGE, (25_001,))
    with NexaCloud(source.dsn) as nexacloud:
        sizes = [batch.num_rows for batch in nexacloud.stream("usage_records", batch_rows=10_000)]
        ids = {
            key.as_py() for batch in nexacloud.stream("usage_records") for key in batch.column("id")
        }
    assert sizes == [10_000, 10_000, 5_001]
    assert len(ids) == 25_001


def test_limit_gives_the_first_rows_by_id(source):
    source.execute(USAGE, (50,))
    first = [str(row[0]) for row in source.execute("SELECT id FROM usage_records ORDER BY id")][:7]
    with NexaCloud(source.dsn) as nexacloud:
        batches = list(nexacloud.stream("usage_records", columns=("id",), limit=7))
    assert batches[0].column(0).to_pylist() == first


def test_empty_table_gives_no_batch(source):
    with NexaCloud(source.dsn) as nexacloud:
        assert list(nexacloud.stream("users")) == []


def test_row_committed_midway_is_not_seen(source):
    source.execute(USAGE, (30_000,))
    with NexaCloud(source.dsn) as nexacloud:
        stream = nexacloud.stream("usage_records", batch_rows=100)
        next(stream)
        source.execute(USAGE, (5,))
        source.execute(PLAN, (None,))
        assert sum(batch.num_rows for batch in stream) == 29_900
        assert nexacloud.count("usage_records") == 30_000
        assert nexacloud.count("plans") == 0


def test_stream_left_early_ends_at_once_and_keeps_the_snapshot(source):
    source.execute(USAGE, (150_000,))
    with NexaCloud(source.dsn) as nexacloud:
        stream = nexacloud.stream("usage_records", batch_rows=1_000)
        next(stream)
        source.execute(USAGE, (1,))
        stream.close()
        assert nexacloud.count("usage_records") == 150_000
        abandoned = nexacloud.stream("usage_records", batch_rows=1_000)
        next(abandoned)
    abandoned.close()
    assert not [t for t in threading.enumerate() if t.name == "nexacloud-copy"]


def test_second_stream_while_one_is_open_is_refused_not_blocked(source):
    source.execute(USAGE, (100_000,))
    with NexaCloud(source.dsn) as nexacloud:
        stream = nexacloud.stream("usage_records", batch_rows=1_000)
        next(stream)
        with pytest.raises(RuntimeError, match="finish or close"):
            nexacloud.count("users")
        stream.close()


def test_connection_lost_midway_can_be_tried_again(source):
    source.execute(USAGE, (MORE_THAN_BUFFERS_HOLD,))
    with NexaCloud(source.dsn) as nexacloud:
        stream = nexacloud.stream("usage_records", batch_rows=1_000)
        next(stream)
        source.execute(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE usename = %s",
            (source.role,),
        )
        with pytest.raises(RetryableError, match="was lost"):
            list(stream)


def test_statement_that_takes_too_long_can_be_tried_again(source):
    source.execute(USAGE, (MORE_THAN_BUFFERS_HOLD,))
    with NexaCloud(source.dsn, statement_timeout_seconds=1) as nexacloud:
        stream = nexacloud.stream("usage_records", batch_rows=1_000)
        next(stream)
        time.sleep(1.5)
        with pytest.raises(RetryableError, match="statement timeout"):
            list(stream)


def test_table_that_may_not_be_read_is_a_matter_of_settings(source):
    source.execute(f"REVOKE SELECT ON plans FROM {source.role}")
    with NexaCloud(source.dsn) as nexacloud:
        with pytest.raises(ConfigError, match="may not read"):
            list(nexacloud.stream("plans"))
        assert nexacloud.count("users") == 0


def test_timestamp_without_end_costs_its_row_alone(source):
    source.execute(
        "INSERT INTO deployments VALUES (%s, NULL, 'private', 'r', 's', 'infinity', NULL)",
        (str(uuid4()),),
    )
    with NexaCloud(source.dsn) as nexacloud:
        (batch,) = nexacloud.stream("deployments")
    (row,) = batch.to_pylist()
    assert (row["created_at"], row["unreadable"]) == (None, "created_at is infinity")


def test_snapshot_cannot_write_even_with_the_right_to(source):
    source.execute(f"GRANT DELETE ON users TO {source.role}")
    with NexaCloud(source.dsn) as nexacloud, pytest.raises(FatalError, match="may only read"):
        nexacloud._execute("DELETE FROM users")
