"""One odd value costs its row: with table, column and id, and never the company's run."""

from __future__ import annotations

from datetime import UTC, datetime
from uuid import uuid4

import psycopg2
import pytest

from deployments.local.postgres import Cluster
from tasks.backfill.read import CORE_TABLES, read_rows
from tasks.clients.nexacloud.invoices import InvoiceScope
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.nexacloud.usage import UsageScope
from tasks.model.errors import ConfigError
from tests.clients.conftest import PASSWORD, SCHEMA, Source
from tests.expectations.worlds import check_tables

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
BEGAN = "2026-01-14 05:00+00"


def add_world(source: Source, users: int = 3) -> list[str]:
    """Fill in a plan, and users with a deployment and a live subscription each."""
    plan = str(uuid4())
    source.execute(
        "INSERT INTO plans VALUES (%s, 'pro-monthly', 'Pro', 'CAD', 49, NULL, 360000, 0.0075,"
        " true, now())",
        (plan,),
    )
    made = []
    for number in range(users):
        user, deployment, subscription = (str(uuid4()) for _ in range(3))
        source.execute(
            "INSERT INTO users (id, email, full_name, country_code, region, stripe_customer_id,"
            " is_active, created_at, updated_at)"
            " VALUES (%s, %s, 'Zoé Roy', 'CA', 'QC', %s, true, %s, %s)",
            (user, f"zoe-{number}@example.ca", f"cus_{number}", BEGAN, BEGAN),
        )
        source.execute(
            "INSERT INTO deployments (id, user_id, name, region, status, created_at)"
            " VALUES (%s, %s, 'web', 'ca', 'running', %s)",
            (deployment, user, BEGAN),
        )
        source.execute(
            "INSERT INTO subscriptions (id, user_id, deployment_id, plan_id, status,"
            " billing_cycle, started_at, current_period_start, current_period_end)"
            " VALUES (%s, %s, %s, %s, 'active', 'monthly', %s, '2026-10-14 04:00+00',"
            " '2026-11-14 05:00+00')",
            (subscription, user, deployment, plan, BEGAN),
        )
        made.append(subscription)
    return made


def check(dsn: str):
    with NexaCloud(dsn) as nexacloud:
        nexacloud.check_schema()
        nexacloud.check_queries()
        tables = {table: read_rows(nexacloud, table) for table in CORE_TABLES}
    return check_tables(tables, as_of=AS_OF, docs_dir=None, run_name="odd")


def told(result, rule: str) -> list[tuple[str, str | None, str]]:
    return [(each.table, each.key, each.observed) for each in result.findings if each.rule == rule]


ODD = ["infinity", "-infinity", "10000-01-01 00:00+00", "0044-03-15 12:00+00 BC", "0001-01-01"]
MOMENTS = [
    ("subscriptions", "current_period_end"),
    ("subscriptions", "started_at"),
    ("users", "created_at"),
    ("deployments", "created_at"),
    ("plans", "updated_at"),
]


@pytest.mark.parametrize("odd", ODD)
def test_a_moment_that_no_calendar_knows_costs_its_row(odd, source):
    # A user for each column, and one more; the plan is another one than they pay for.
    add_world(source, users=len(MOMENTS) + 1)
    source.execute(
        "INSERT INTO plans SELECT gen_random_uuid(), 'spare', name, currency, price_monthly,"
        " price_yearly, cpu_seconds_quota, cpu_rate_per_core_hour, true, %s FROM plans",
        (odd,),
    )
    expected = {("plans", source.execute("SELECT id::text FROM plans WHERE code='spare'")[0][0])}
    for number, (table, column) in enumerate(MOMENTS[:-1]):
        (row,) = source.execute(
            f"""SELECT t.id::text FROM {table} t JOIN subscriptions s
                ON t.id IN (s.id, s.user_id, s.deployment_id)
                JOIN users u ON u.id = s.user_id WHERE u.email = %s""",
            (f"zoe-{number}@example.ca",),
        )
        source.execute(f"UPDATE {table} SET {column} = %s WHERE id = %s", (odd, row[0]))
        expected.add((table, row[0]))
    result = check(source.dsn)
    unreadable = told(result, "value_unreadable")
    assert {(table, key) for table, key, _ in unreadable} == expected
    assert {observed.partition(" is ")[0] for *_, observed in unreadable} == {
        column for _, column in MOMENTS
    }
    assert len(result.accepted["subscriptions"]) == 2


def test_the_year_9999_is_a_warning_and_loads(source):
    first, *_ = add_world(source)
    for moment in ("9999-12-31 00:00+00", "9999-12-31 23:59:59.999999+00"):
        source.execute(
            "UPDATE subscriptions SET current_period_end = %s WHERE id = %s", (moment, first)
        )
        result = check(source.dsn)
        assert told(result, "moment_far") == [
            ("subscriptions", first, "current_period_end is 9999-12-31")
        ]
        assert first in result.accepted["subscriptions"]


def test_a_text_without_end_costs_its_row(source):
    add_world(source)
    (user,) = source.execute("SELECT id::text FROM users LIMIT 1")
    source.execute("UPDATE users SET city = repeat('é', 5000000) WHERE id = %s", user)
    result = check(source.dsn)
    ((_, key, observed),) = told(result, "value_unreadable")
    assert (key, observed) == (user[0], "city has 10000000 bytes")
    assert len(result.accepted["users"]) == 2


def test_text_that_is_no_utf8_costs_its_row(postgres: Cluster):
    name = f"ascii_{uuid4().hex[:12]}"
    postgres.sql(f"CREATE DATABASE {name} TEMPLATE template0 ENCODING 'SQL_ASCII' LOCALE 'C'")
    admin = psycopg2.connect(postgres.dsn(name), client_encoding="SQL_ASCII")
    admin.autocommit = True
    psycopg2.extensions.register_type(psycopg2.extensions.BYTES, admin)
    try:
        source = Source(admin, postgres.dsn(name), name)
        source.execute(SCHEMA.read_text(encoding="utf-8").encode())
        source.execute(
            b"INSERT INTO plans VALUES ('11111111-1111-1111-1111-111111111111', 'pro-monthly',"
            b" 'Pro', 'CAD', 49, NULL, 360000, 0.0075, true, now())"
        )
        for number, full_name in ((1, "Zoé".encode()), (2, "Zoé".encode("latin-1"))):
            source.execute(
                b"INSERT INTO users (id, email, full_name, country_code, is_active, created_at,"
                b" updated_at) VALUES ('%d1111111-1111-1111-1111-111111111111', 'z%d@example.ca',"
                b" '%s', 'CA', true, now(), now())" % (number, number, full_name)
            )
        with NexaCloud(postgres.dsn(name)) as nexacloud:
            users = read_rows(nexacloud, "users")
    finally:
        admin.close()
        postgres.sql(f"DROP DATABASE {name} WITH (FORCE)")
    assert [row["full_name"] for row in users] == ["Zoé", "Zo\\xe9"]
    assert [row["unreadable"] for row in users] == [None, "full_name is no UTF-8"]


@pytest.mark.parametrize(
    ("policy", "named"),
    [
        ("CREATE POLICY own ON {table} FOR SELECT USING (false)", "own"),
        ("CREATE POLICY some_rows ON {table} USING (id::text > '5')", "some_rows"),
        ("SELECT 1", "none, so that no row is seen"),
    ],
    ids=["all hidden", "some hidden", "no policy"],
)
@pytest.mark.parametrize("table", ["users", "invoices", "deployment_addons"])
def test_rows_that_a_policy_hides_are_a_fault_and_not_missing(table, policy, named, source):
    add_world(source)
    source.execute(f"ALTER TABLE {table} ENABLE ROW LEVEL SECURITY")
    source.execute(policy.format(table=table))
    with NexaCloud(source.dsn) as nexacloud:
        with pytest.raises(ConfigError) as refused:
            nexacloud.check_schema()
        assert f"table public.{table}" in str(refused.value)
        assert named in str(refused.value)
        with pytest.raises(ConfigError, match="row level security"):
            nexacloud.count(table)


def test_a_policy_that_shows_the_role_all_but_cannot_be_proven_is_still_named(source):
    add_world(source)
    source.execute("ALTER TABLE users ENABLE ROW LEVEL SECURITY")
    source.execute(f"ALTER ROLE {source.role} BYPASSRLS")
    with NexaCloud(source.dsn) as nexacloud:
        nexacloud.check_schema()
        assert nexacloud.count("users") == 3


@pytest.mark.parametrize("status", ["ACTIVE", " active", "Past due", "past-due", "TRIALING "])
def test_case_and_blanks_of_a_status_do_not_count(status, source):
    first, *_ = add_world(source)
    source.execute("UPDATE subscriptions SET status = %s WHERE id = %s", (status, first))
    assert first in check(source.dsn).accepted["subscriptions"]


@pytest.mark.parametrize("status", ["unpaid", "paused", "incomplete", "on hold", "", "actif"])
def test_a_status_that_nobody_knows_is_named_and_ends_nothing(status, source):
    first, *_ = add_world(source)
    source.execute("UPDATE subscriptions SET status = %s WHERE id = %s", (status, first))
    result = check(source.dsn)
    assert [(table, key) for table, key, _ in told(result, "status_unknown")] == [
        ("subscriptions", first)
    ]
    assert first not in result.accepted["subscriptions"]
    assert first not in result.out_of_scope["subscriptions"]


def test_a_currency_in_small_letters_is_the_same(source):
    add_world(source)
    source.execute("UPDATE plans SET currency = ' cad'")
    assert len(check(source.dsn).accepted["subscriptions"]) == 3


def test_enums_citext_and_domains_read_like_texts(source):
    add_world(source)
    source.execute("CREATE EXTENSION IF NOT EXISTS citext")
    source.execute("ALTER TABLE users ALTER email TYPE citext")
    source.execute("CREATE TYPE state AS ENUM ('active', 'canceled')")
    source.execute("ALTER TABLE subscriptions ALTER status TYPE state USING status::state")
    source.execute("CREATE TYPE running AS ENUM ('running')")
    source.execute("ALTER TABLE deployments ALTER status TYPE running USING status::running")
    source.execute("CREATE DOMAIN cycle AS text CHECK (value <> '')")
    source.execute("ALTER TABLE subscriptions ALTER billing_cycle TYPE cycle")
    source.execute("CREATE TYPE paid AS ENUM ('paid')")
    source.execute("ALTER TABLE invoices ALTER status TYPE paid USING status::paid")
    assert len(check(source.dsn).accepted["subscriptions"]) == 3


def test_the_address_of_an_async_app_is_read_as_it_is(source):
    address = source.dsn.replace("postgresql://", "postgresql+asyncpg://")
    joint = "&" if "?" in address else "?"
    nexacloud = NexaCloud(
        f"{address}{joint}prepared_statement_cache_size=0&ssl=prefer&command_timeout=60"
        "&connect_timeout=7"
    )
    assert nexacloud.left_out == ("prepared_statement_cache_size", "command_timeout")
    with nexacloud:
        assert nexacloud.count("users") == 0


def test_a_misspelt_parameter_is_not_left_out(source):
    joint = "&" if "?" in source.dsn else "?"
    with pytest.raises(ConfigError, match="libpq") as refused:
        NexaCloud(f"{source.dsn}{joint}sslmod=verify-full")
    assert PASSWORD not in str(refused.value)


def test_an_invoice_of_an_endless_text_is_read_without_it(source):
    source.execute(
        "INSERT INTO invoices VALUES (gen_random_uuid(), NULL, NULL, repeat('n', 9000000), 'paid',"
        " 'CAD', 9, 0, 9, '2026-09-01', '2026-10-01', now(), now())"
    )
    source.execute(
        "INSERT INTO invoice_items SELECT gen_random_uuid(), number, repeat('é', 5000000), 1, 9, 9"
        " FROM unnest(ARRAY['gone', (SELECT id::text FROM invoices)]) AS number"
    )
    scope = InvoiceScope(datetime(2026, 8, 1, tzinfo=UTC), datetime(2026, 11, 1, tzinfo=UTC))
    with NexaCloud(source.dsn) as nexacloud:
        (invoice,) = nexacloud.invoice_items(scope)
        (orphan,) = nexacloud.orphan_items()
    for batch in (invoice, orphan):
        (row,) = batch.to_pylist()
        assert (row["description"], row["amount"]) == (None, "9")


@pytest.mark.parametrize("odd", ODD)
def test_usage_of_moments_that_no_calendar_knows_is_no_evidence(odd, source):
    (subscription,) = add_world(source, users=1)
    deployment = source.execute("SELECT id::text FROM deployments")[0][0]
    began, ended = "2026-10-01 04:00+00", "2026-11-01 04:00+00"
    for start, end in ((began, ended), (odd, ended), (began, odd)):
        source.execute(
            "INSERT INTO usage_records VALUES (gen_random_uuid(), %s, %s, %s, 7, 0)",
            (deployment, start, end),
        )
    since, until = datetime(2026, 10, 1, tzinfo=UTC), AS_OF
    with NexaCloud(source.dsn) as nexacloud:
        (batch,) = nexacloud.usage_rows([subscription], since, until)
    assert [row["cpu_seconds"] for row in batch.to_pylist()] == ["25200"]


def test_usage_of_an_id_of_several_lines_is_added_up(source):
    source.execute("ALTER TABLE deployments ALTER id TYPE text")
    source.execute("ALTER TABLE usage_records ALTER deployment_id TYPE text")
    source.execute("ALTER TABLE subscriptions ALTER deployment_id TYPE text")
    add_world(source, users=1)
    source.execute("UPDATE deployments SET id = E'dep\\n\"7\",'")
    source.execute("UPDATE subscriptions SET deployment_id = E'dep\\n\"7\",'")
    source.execute(
        "INSERT INTO usage_records SELECT gen_random_uuid(), id, '2026-10-15', '2026-10-16', 7, 0"
        " FROM deployments"
    )
    scope = UsageScope("UTC", {14: [datetime(2026, 10, 14, tzinfo=UTC), AS_OF]}, AS_OF, 128)
    with NexaCloud(source.dsn) as nexacloud:
        (batch,) = nexacloud.usage_periods(scope)
    (row,) = batch.to_pylist()
    assert (row["deployment_id"], row["cpu_seconds"]) == ('dep\n"7",', "25200")


def test_ids_of_several_lines_are_read_alone_too(source):
    """A dual run reads the ids of all users: one with a line end must not end it."""
    source.execute("ALTER TABLE users ALTER id TYPE text")
    source.execute(
        "INSERT INTO users (id, email, full_name, is_active, created_at, updated_at)"
        " SELECT repeat(E'line\\n', 20) || number, 'z@example.ca', 'Zoé', true, now(), now()"
        " FROM generate_series(1, 30000) number"
    )
    with NexaCloud(source.dsn) as nexacloud:
        batches = list(nexacloud.stream("users", columns=("id",)))
    ids = {row["id"] for batch in batches for row in batch.to_pylist()}
    assert ids == {"line\n" * 20 + str(number) for number in range(1, 30_001)}
