"""The rows that the checks and the mapping get: exact values, one moment, nothing half."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal

import psycopg2
import pytest

from tasks.backfill.read import CORE_TABLES, read_pages, read_rows, read_source_pages
from tasks.clients.nexacloud.snapshot import NexaCloud
from tests.backfill.test_pages import judged
from tests.expectations.worlds import frame as frame_of


@pytest.fixture(scope="module")
def dsns(scratch):
    return scratch.new_nexacloud_database(150)


def frames_of(source, limit=None):
    return {table: frame_of(read_rows(source, table, limit=limit)) for table in CORE_TABLES}


@pytest.fixture(scope="module")
def frames(dsns):
    with NexaCloud(dsns[1]) as source:
        return frames_of(source)


@pytest.fixture(scope="module")
def limited(dsns):
    with NexaCloud(dsns[1]) as source:
        return frames_of(source, limit=90)


@pytest.fixture(scope="module")
def database(dsns):
    opened = psycopg2.connect(dsns[0])
    yield opened.cursor()
    opened.close()


@pytest.mark.parametrize("table", CORE_TABLES)
def test_frame_holds_every_row_by_id_with_the_tables_values(table, frames, database):
    stored = frames[table].drop(columns="unreadable")
    # Blanks around a code and its capitals say nothing.
    shapes = {"currency": "upper(btrim(currency))"}
    columns = ", ".join(
        f"{name}::text" if name.endswith("id") else shapes.get(name, name)
        for name in stored.columns
    )
    database.execute(f"SELECT {columns} FROM {table} ORDER BY id")
    assert list(stored.itertuples(index=False, name=None)) == database.fetchall()
    assert set(frames[table]["unreadable"]) <= {None}


def test_values_have_the_promised_types(frames):
    plan = frames["plans"].iloc[0]
    user = frames["users"].iloc[0]
    assert isinstance(plan["cpu_seconds_quota"], Decimal | None)
    assert isinstance(user["created_at"], datetime)
    assert user["created_at"].tzinfo is UTC
    assert isinstance(user["is_active"], bool)
    assert isinstance(user["id"], str)


def test_missing_value_is_none_in_every_column(frames):
    for frame in frames.values():
        missing = [value for name in frame for value in frame[name] if value != value]
        assert missing == []
    assert None in list(frames["deployments"]["deleted_at"])
    assert None in list(frames["plans"]["price_yearly"])


def test_limit_takes_the_oldest_users_and_all_that_is_theirs(limited, frames):
    oldest = frames["users"].sort_values(["created_at", "id"])["id"][:90]
    owned = frames["deployments"][frames["deployments"]["user_id"].isin(oldest)]
    held = frames["subscriptions"][frames["subscriptions"]["deployment_id"].isin(owned["id"])]
    assert set(oldest) <= set(limited["users"]["id"])
    assert set(limited["deployments"]["id"]) == set(owned["id"])
    assert set(held["id"]) <= set(limited["subscriptions"]["id"])
    assert len(limited["plans"]) == len(frames["plans"])


def test_limit_breaks_no_reference_that_the_whole_source_keeps(limited, frames):
    references = (
        ("deployments", "user_id", "users"),
        ("subscriptions", "user_id", "users"),
        ("subscriptions", "deployment_id", "deployments"),
        ("subscriptions", "plan_id", "plans"),
    )
    for table, column, other in references:
        named = set(limited[table][column]) & set(frames[other]["id"])
        assert named <= set(limited[other]["id"])


def test_a_run_reads_what_the_environment_names(dsns, monkeypatch):
    monkeypatch.setenv("NEXACLOUD_DSN", dsns[1].replace("postgresql", "postgresql+asyncpg"))
    for name in ("ODOO_URL", "ODOO_DB", "ODOO_USER", "ODOO_PASSWORD"):
        monkeypatch.setenv(name, "unused")
    assert read_source_pages(None, as_of=datetime.now(UTC)).counts["users"] == 150


def test_pages_hold_what_the_tables_hold_each_row_once(dsns, frames):
    with NexaCloud(dsns[1]) as source:
        pages = read_pages(source, page_customers=20)
    assert len(pages) == 8
    accounted = list(pages.to_account_for())
    for table in CORE_TABLES:
        rows = [dict(row) for page in accounted for row in page.get(table, ())]
        assert pages.counts[table] == len(rows)
        assert sorted(rows, key=lambda row: row["id"]) == frames[table].to_dict("records")
    assert all(page["plans"] == pages[0]["plans"] for page in pages)


def test_one_page_is_enough_for_few_and_a_limit_counts(dsns, limited):
    with NexaCloud(dsns[1]) as source:
        (page,) = read_pages(source, page_customers=1_000)
        some = read_pages(source, limit=90, page_customers=50)
    assert [row["id"] for row in page["users"]] == sorted(row["id"] for row in page["users"])
    assert len(some) == 2
    read = {row["id"] for page in some for row in page["subscriptions"]}
    assert read == set(limited["subscriptions"]["id"])


def test_pages_of_the_sample_are_checked_and_mapped_as_the_whole_is(dsns):
    with NexaCloud(dsns[1]) as source:
        whole = read_pages(source, page_customers=1_000)
        pages = read_pages(source, page_customers=40)
    assert judged(list(pages)) == judged(list(whole))
