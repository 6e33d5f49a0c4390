"""The check step over whole tables: what stops a run, and what real sample data show."""

from __future__ import annotations

from datetime import UTC, datetime
from urllib.parse import urlsplit

import pandas as pd
import pytest

from tasks.backfill.quarantine import CASCADE_RULES
from tasks.backfill.read import CORE_TABLES, read_rows
from tasks.check.result import as_text
from tasks.check.suites import load_suite
from tasks.check.validation import validate
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.errors import FatalError
from tasks.model.records import Severity
from tests.expectations.worlds import AS_OF, TABLES, as_rows, check_tables, frame, frames, service

CUSTOMERS = 400


def check(tables, as_of=AS_OF):
    return check_tables(as_rows(tables), as_of=as_of, docs_dir=None, run_name="a run")


@pytest.fixture(scope="module")
def sample(scratch):
    """The sample's tables as `read` delivers them, and its labels (table, row id, rule)."""
    admin_dsn, reader_dsn = scratch.new_nexacloud_database(CUSTOMERS)
    with NexaCloud(reader_dsn) as source:
        tables = {table: frame(read_rows(source, table)) for table in CORE_TABLES}
    lines = scratch.postgres.sql(
        "SELECT table_name, row_id, label FROM sample.dirty_labels",
        database=urlsplit(admin_dsn).path.removeprefix("/"),
    )
    return tables, {tuple(line.split("|")) for line in lines.splitlines()}


def test_sample_data_break_exactly_the_rules_that_they_are_labeled_with(sample):
    tables, labels = sample
    result = check(tables, datetime.now(UTC))
    found = {
        (finding.table, finding.key, finding.rule)
        for finding in result.findings
        if finding.rule not in CASCADE_RULES
    }
    assert {label for label in labels if label[0] in TABLES} == found


def test_every_sample_row_has_one_fate(sample):
    tables, _ = sample
    result = check(tables, datetime.now(UTC))
    for table in TABLES:
        kept_out = {
            finding.key
            for finding in result.findings
            if finding.table == table and finding.severity is Severity.CRITICAL_ROW
        }
        fates = [*result.accepted[table], *kept_out, *result.out_of_scope[table]]
        assert sorted(fates) == sorted(tables[table]["id"])


@pytest.mark.parametrize("table", [table for table in TABLES if table != "deployment_addons"])
def test_empty_table_is_critical_for_the_run(table):
    tables = frames(service("shop"))
    tables[table] = tables[table].iloc[:0]
    stops = [f for f in check(tables).findings if f.severity is Severity.CRITICAL_RUN]
    assert [(f.table, f.key, f.rule, f.observed) for f in stops] == [
        (table, None, "table_empty", "0 rows")
    ]


@pytest.mark.parametrize(
    ("ids", "rule", "observed"),
    [
        (["shop-user", "shop-user"], "key_duplicate", "2 of 2 rows"),
        (["shop-user", None], "key_missing", "1 of 2 rows"),
    ],
    ids=["twice", "missing"],
)
def test_broken_key_is_critical_for_the_run(ids, rule, observed):
    tables = frames(service("shop"))
    users = [
        service("shop").user | {"id": key, "email": f"{at}@x.ca"} for at, key in enumerate(ids)
    ]
    tables["users"] = frame(users)
    stops = [f for f in check(tables).findings if f.severity is Severity.CRITICAL_RUN]
    assert [(f.key, f.rule, f.observed) for f in stops] == [(None, rule, observed)]


def test_findings_are_the_same_whatever_the_order_of_the_rows():
    broken = service("broken")
    broken.user["email"] = "nobody"
    tables = frames(service("shop"), broken, service("twin"))
    backwards = {name: table.iloc[::-1] for name, table in tables.items()}
    assert check(tables).findings == check(backwards).findings


def test_frames_of_pandas_own_types_are_read_like_plain_ones():
    first, second = service("first"), service("second")
    second.user.update(country_code=None, stripe_customer_id=None)
    tables = frames(first, second)
    inferred = {name: pd.DataFrame(table.to_dict("list")) for name, table in tables.items()}
    assert check(inferred).findings == check(tables).findings
    assert [f.rule for f in check(tables).findings] == ["country_missing", "stripe_id_missing"]


def test_rule_that_cannot_be_evaluated_is_an_error_not_a_pass():
    rows = [{"entity": "orders", "found_minus_expected": 0}]
    without_column = pd.DataFrame(rows).drop(columns="found_minus_expected")
    with pytest.raises(FatalError, match="count_differs could not be evaluated on odoo_counts"):
        validate(load_suite("odoo_counts"), without_column)


def test_value_that_cannot_be_compared_is_an_error_that_keeps_the_value_secret():
    orders = pd.DataFrame([{"times": "secret@example.ca"}])
    for column in load_suite("odoo_orders").columns - {"times"}:
        orders[column] = True
    with pytest.raises(FatalError, match="order_twice could not be evaluated") as caught:
        validate(load_suite("odoo_orders"), orders)
    assert "secret" not in str(caught.value)
    assert caught.value.__cause__ is None


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, "(empty)"),
        (False, "no"),
        (AS_OF, "2026-11-01 00:00:00+00:00"),
        (" blank ", " blank "),
    ],
)
def test_observed_value_is_written_as_the_source_holds_it(value, text):
    assert as_text(value) == text


def test_a_deleted_deployment_before_all_others_hides_no_fault_of_theirs():
    first, second = service("a"), service("b")
    first.deployment["status"] = "deleted"
    assert check(frames(first, second)).accepted["deployments"] == {"b-deployment"}
    second.deployment["user_id"] = "nobody"
    found = check(frames(first, second)).findings
    assert ("b-deployment", "owner_unknown") in {(each.key, each.rule) for each in found}
