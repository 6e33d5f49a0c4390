"""What is wrong with the source is one clear sentence, before anything is read or written."""

from __future__ import annotations

import pytest

from deployments.local.processes import free_port
from tasks.clients.nexacloud.faults import connection_fault, query_fault
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.errors import ConfigError, FatalError, RetryableError
from tests.clients.conftest import PASSWORD


def open_and_check(dsn, check):
    with NexaCloud(dsn) as source:
        assert check is not None, "opened although it should not"
        check(source)


def complaint(dsn, check=None):
    """The sentence with which opening (and checking) is refused."""
    with pytest.raises(ConfigError) as refused:
        open_and_check(dsn, check)
    assert refused.value.__cause__ is None
    assert PASSWORD not in str(refused.value)
    return str(refused.value)


def test_schema_of_nexacloud_is_accepted(source):
    with NexaCloud(source.dsn) as nexacloud:
        nexacloud.check_schema()
        nexacloud.check_read_only()


def test_schema_with_many_faults_names_them_all_at_once(source):
    source.execute("DROP TABLE plans")
    source.execute("ALTER TABLE users DROP COLUMN email, DROP COLUMN city")
    source.execute(f"REVOKE SELECT ON invoices FROM {source.role}")
    source.execute("ALTER TABLE usage_records ALTER amount TYPE double precision")
    said = complaint(source.dsn, NexaCloud.check_schema)
    for fault in (
        "table public.plans is missing",
        "column public.users.email is missing",
        "column public.users.city is missing",
        "table public.invoices may not be read",
        "column public.usage_records.amount is double precision, not numeric",
    ):
        assert fault in said


def test_schema_with_domains_and_enums_is_accepted(source):
    source.execute("CREATE DOMAIN money_amount AS numeric CHECK (value < 1e9)")
    source.execute("CREATE DOMAIN price AS money_amount CHECK (value >= 0)")
    source.execute("ALTER TABLE plans ALTER price_monthly TYPE price")
    source.execute("CREATE TYPE cycle AS ENUM ('monthly')")
    source.execute("ALTER TABLE subscriptions ALTER billing_cycle TYPE cycle USING 'monthly'")
    with NexaCloud(source.dsn) as nexacloud:
        nexacloud.check_schema()


@pytest.mark.parametrize(
    ("grant", "reason"),
    [
        ("GRANT INSERT ON users TO {role}", "may write to public.users"),
        ("GRANT TRUNCATE ON plans TO {role}", "may write to public.plans"),
        ("GRANT UPDATE (email) ON users TO {role}", "may write to public.users"),
        ("GRANT CREATE ON SCHEMA public TO {role}", "may create tables in schema public"),
        ("GRANT pg_write_all_data TO {role}", "may write to"),
        ("ALTER ROLE {role} SUPERUSER", "it is a superuser"),
    ],
    ids=["insert", "truncate", "one column", "create", "write all", "superuser"],
)
def test_role_that_could_write_is_refused(grant, reason, source):
    source.execute(grant.format(role=source.role))
    said = complaint(source.dsn, NexaCloud.check_read_only)
    assert reason in said
    assert "readonly_role.sql" in said


def test_wrong_password_is_one_sentence_without_it(source):
    said = complaint(source.dsn.replace(PASSWORD, "wrong-and-secret"))
    assert "refused the password" in said
    assert "wrong-and-secret" not in said


def test_port_where_nobody_listens_is_named(source):
    port = str(free_port())
    address = source.dsn.rpartition("@")[0] + f"@127.0.0.1:{port}/nexacloud"
    assert f"127.0.0.1, port {port} cannot be reached" in complaint(address)


def test_missing_database_is_named(source):
    said = complaint(source.dsn.rpartition("/")[0] + "/nowhere")
    assert "database 'nowhere'" in said
    assert "does not exist" in said


@pytest.mark.parametrize(
    "dsn",
    [
        "postgresql://reader:se@cret@db.example.com/nexacloud",
        "postgresql://reader:se/cret@db.example.com/nexacloud",
        "postgresql://reader:se:cret/x@db.example.com/nexacloud",
        "cret nonsense",
        "postgresql://reader@db.example.com/nexacloud?cret=1",
    ],
    ids=["at sign", "slash", "colon", "no address", "unknown option"],
)
def test_dsn_that_cannot_be_parsed_shows_no_part_of_it(dsn):
    with pytest.raises(ConfigError) as refused:
        NexaCloud(dsn)
    assert "cret" not in str(refused.value).replace("secret", "")
    assert "%40" in str(refused.value)
    assert refused.value.__cause__ is None


@pytest.mark.parametrize("driver", ["postgresql+asyncpg", "postgresql+psycopg2", "postgres"])
def test_dsn_in_the_spelling_of_an_async_app_is_accepted(driver, source):
    with NexaCloud(source.dsn.replace("postgresql", driver)) as nexacloud:
        assert nexacloud.count("users") == 0


def test_server_that_is_starting_can_be_tried_again():
    fault = connection_fault("FATAL:  the database system is starting up", "database", "reader")
    assert isinstance(fault, RetryableError)


def test_complaint_in_another_language_still_says_where_to_look():
    fault = connection_fault("FATAL: authentification échouée", "database 'x'", "reader")
    assert isinstance(fault, ConfigError)
    assert "NEXACLOUD_DSN" in str(fault)


def test_session_shows_its_name_to_the_administrator(source):
    with NexaCloud(source.dsn, application_name="nightly-backfill"):
        rows = source.execute(
            "SELECT application_name FROM pg_stat_activity WHERE usename = %s", (source.role,)
        )
    assert rows == [("nightly-backfill",)]


#: What libpq 18 says, and what the sentence must speak of.
TLS = [
    ('root certificate file "/home/x/.postgresql/root.crt" does not exist', "sslrootcert="),
    ("SSL error: certificate verify failed", "right authority's certificate"),
    ("SSL error: certificate has expired", "renew"),
    (
        'server certificate for "db.internal" does not match host name "10.0.0.7"',
        "made out to another host",
    ),
    ("server does not support SSL, but SSL was required", "switch it on"),
    ("SSL error: tlsv1 alert protocol version", "protocol's version"),
    (
        'FATAL:  no pg_hba.conf entry for host "10.0.0.7", user "u", database "d", no encryption',
        "verify-full",
    ),
]


@pytest.mark.parametrize(("message", "advice"), TLS)
def test_what_is_wrong_with_tls_is_said_and_never_a_weaker_mode(message, advice):
    said = str(connection_fault(f'connection to "db" failed: {message}', "database 'd'", "u"))
    assert advice in said
    assert not any(mode in said for mode in ("sslmode=require", "=prefer", "=allow", "=disable"))


@pytest.mark.parametrize(
    ("sqlstate", "kind", "advice"),
    [
        ("40001", RetryableError, "replica"),
        ("57014", RetryableError, "statement timeout"),
        ("53100", RetryableError, "disk is full"),
        ("55P03", RetryableError, "locked"),
        ("57P01", RetryableError, "administrator"),
        ("22021", FatalError, "encoding"),
        ("22P02", FatalError, "schema.sql"),
        ("42883", FatalError, "uuid"),
        ("XX001", FatalError, "backup"),
        ("XX000", FatalError, "log says why"),
    ],
)
def test_a_state_of_sql_says_what_to_do(sqlstate, kind, advice):
    fault = query_fault(sqlstate, "database 'd'", "u", 300)
    assert type(fault) is kind
    assert advice in str(fault)
