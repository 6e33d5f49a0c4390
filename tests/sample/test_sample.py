"""The sample can be trusted: it repeats, and its labels tell the whole truth about its dirt."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal
from urllib.parse import urlsplit

import psycopg2
import pytest

from deployments.sample.__main__ import main
from deployments.sample.sample import SampleSpec, generate
from tests.sample.rule_queries import QUERIES

CORE = {"users": 500, "plans": 49, "deployments": 900, "subscriptions": 950}


@pytest.fixture(scope="module")
def dsns(scratch):
    """Addresses of the sample of the demo's size: administrator and reader."""
    return scratch.new_nexacloud_database(500)


@pytest.fixture(scope="module")
def reader_password(dsns):
    """The role is the whole cluster's: another password would lock other tests out."""
    return urlsplit(dsns[1]).password


@pytest.fixture(scope="module")
def sample(dsns):
    """A cursor on that sample."""
    database = psycopg2.connect(dsns[0])
    database.autocommit = True
    yield database.cursor()
    database.close()


@pytest.fixture(scope="module")
def labels(sample):
    sample.execute("SELECT label, table_name, row_id FROM sample.dirty_labels")
    return sample.fetchall()


def table_bytes(spec):
    return {table: text.data() for table, text in generate(spec).items()}


def test_sample_with_the_same_seed_is_the_same_to_the_byte():
    spec = SampleSpec(customers=120, seed=11)
    assert table_bytes(spec) == table_bytes(spec)


def test_sample_with_another_seed_is_another():
    first, second = (table_bytes(SampleSpec(customers=120, seed=seed)) for seed in (11, 12))
    assert first["users"] != second["users"]


def test_sample_without_dirt_has_no_labels():
    assert generate(SampleSpec(customers=50, dirty=Decimal(0)))["sample.dirty_labels"].rows == 0


@pytest.mark.parametrize(
    "wrong",
    [{"customers": 0}, {"customers": 20}, {"dirty": Decimal(90)}, {"usage_months": 0}],
    ids=["no customers", "too few for dirt", "too dirty", "no months"],
)
def test_sample_that_cannot_be_made_is_refused(wrong):
    with pytest.raises(ValueError, match=r"customers|dirty|months"):
        SampleSpec(**wrong)


@pytest.mark.parametrize("label", QUERIES)
def test_label_marks_exactly_the_rows_that_break_its_rule(label, sample, labels):
    sample.execute(QUERIES[label])
    broken = {(table, str(row_id)) for table, row_id in sample.fetchall()}
    labeled = {(table, row_id) for name, table, row_id in labels if name == label}
    assert broken == labeled
    assert labeled


def test_labels_are_of_known_rules_only(labels):
    assert {name for name, _, _ in labels} == set(QUERIES)


@pytest.mark.parametrize("table", ["users", "deployments", "subscriptions"])
def test_dirt_is_near_the_asked_percentage(table, sample, labels):
    sample.execute(f"SELECT count(*) FROM {table}")
    rows = sample.fetchone()[0]
    dirty = len({row_id for _, name, row_id in labels if name == table})
    assert rows >= CORE[table]
    assert 0.02 < dirty / rows < 0.04


def test_clean_rows_look_like_the_live_data(sample):
    questions = {
        "accents": "SELECT count(*) FROM users WHERE full_name ~ '[éèôç]'",
        "multiplication sign": "SELECT count(*) FROM plans WHERE name LIKE '%×%'",
        "line ends": "SELECT count(*) FROM users WHERE street LIKE E'%\\n%'",
        "quotes": "SELECT count(*) FROM users WHERE company_name LIKE '%\"%'",
        "mixed case": "SELECT count(*) FROM users WHERE email <> lower(email)",
        "abroad": "SELECT count(*) FROM users WHERE country_code <> 'CA'",
        "free plan": "SELECT count(*) FROM plans WHERE price_monthly = 0",
        "house rate": "SELECT count(*) FROM plans WHERE cpu_rate_per_core_hour IS NULL",
        "deleted": "SELECT count(*) FROM deployments WHERE deleted_at IS NOT NULL",
        "ended": "SELECT count(*) FROM subscriptions WHERE status IN ('canceled', 'expired')",
        "Stripe": "SELECT count(*) FROM invoices WHERE stripe_invoice_id LIKE 'in\\_%'",
        "Lago": "SELECT count(*) FROM invoices WHERE stripe_invoice_id LIKE 'lago:%'",
        "one-off": "SELECT count(*) FROM invoices WHERE subscription_id IS NULL",
        "proration": "SELECT count(*) FROM invoice_items WHERE amount < 0",
        "add-ons": "SELECT count(*) FROM deployment_addons",
        "part of a cent": "SELECT count(*) FROM usage_records WHERE amount <> round(amount, 2)",
    }
    found = Counter()
    for name, query in questions.items():
        sample.execute(query)
        found[name] = sample.fetchone()[0]
    assert [name for name in questions if not found[name]] == []


def test_invoice_total_is_subtotal_and_tax_in_cents(sample):
    sample.execute("SELECT count(*) FROM invoices WHERE total <> round(subtotal + tax, 2)")
    assert sample.fetchone()[0] == 0


def test_create_in_a_database_that_has_the_tables_changes_nothing(
    dsns, reader_password, sample, capsys
):
    assert main(["create", "--dsn", dsns[0], f"--reader-password={reader_password}"]) == 2
    sample.execute("SELECT count(*) FROM users")
    assert sample.fetchone()[0] == 500
    assert "--replace" in capsys.readouterr().err


def test_create_with_replace_starts_anew(postgres, reader_password, capsys):
    arguments = ["create", "--dsn", postgres.dsn("postgres"), "--database", "replaced"]
    arguments += ["--customers", "60", f"--reader-password={reader_password}"]
    assert main(arguments) == 0
    assert "broken on purpose" in capsys.readouterr().out
    assert main(arguments) == 2
    assert main([*arguments, "--replace", "--dirty", "0%"]) == 0
    assert "broken on purpose" not in capsys.readouterr().out


def test_create_with_a_wrong_password_says_so_without_it(postgres, capsys):
    dsn = postgres.dsn("postgres", password="wrong-and-secret")
    assert main(["create", "--dsn", dsn, "--reader-password", "unused"]) == 2
    said = capsys.readouterr().err
    assert "password" in said
    assert "wrong-and-secret" not in said


def test_reader_can_read_the_tables_but_neither_labels_nor_write(dsns):
    database = psycopg2.connect(dsns[1])
    try:
        cursor = database.cursor()
        cursor.execute("SELECT count(*) FROM invoice_items")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("SELECT count(*) FROM sample.dirty_labels")
        database.rollback()
        with pytest.raises(psycopg2.errors.ReadOnlySqlTransaction):
            cursor.execute("DELETE FROM users")
        database.rollback()
        cursor.execute("SET TRANSACTION READ WRITE")
        with pytest.raises(psycopg2.errors.InsufficientPrivilege):
            cursor.execute("DELETE FROM users")
    finally:
        database.close()
