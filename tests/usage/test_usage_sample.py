"""The dirty usage of the sample is found for the reason that it is dirty, and nothing else is."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import psycopg2
import pytest

from tasks.check.suites import load_suite
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.clients.nexacloud.usage import UsageScope
from tasks.model.periods import monthly_boundaries
from tasks.model.records import Severity
from tasks.usage.check import check_usage
from tasks.usage.read import usage_of

MOST_CORES = load_suite("usage").rules["usage_absurd"].limits["most_cores"]

CUSTOMERS = 600  # enough deployments for every usage rule to be broken
RULES = {"usage_negative", "usage_overlap", "usage_gap", "usage_out_of_period", "usage_absurd"}
#: The sample is always the same; whatever the date, its bad records stay bad.
DATES = [datetime(2026, 11, 2, tzinfo=UTC), datetime(2031, 1, 1, tzinfo=UTC)]


@pytest.fixture(scope="module")
def sample(scratch):
    return scratch.new_nexacloud_database(CUSTOMERS)


@pytest.fixture(scope="module")
def labels(sample):
    connection = psycopg2.connect(sample[0])
    with connection, connection.cursor() as cursor:
        cursor.execute(
            "SELECT row_id, label FROM sample.dirty_labels WHERE table_name = 'usage_records'"
        )
        found = {(str(key), label) for key, label in cursor.fetchall()}
    connection.close()
    return found


@pytest.mark.parametrize("as_of", DATES, ids=str)
def test_each_label_of_the_sample_is_found_on_its_record_and_nothing_else(sample, labels, as_of):
    assert {label for _, label in labels} == RULES
    zone = ZoneInfo("America/Toronto")
    scope = UsageScope(zone.key, monthly_boundaries(as_of, zone), as_of, MOST_CORES)
    with NexaCloud(sample[1]) as source:
        usage = usage_of(source, scope)
    checked = check_usage(
        usage.faults,
        records=usage.records,
        table_rows=usage.table_rows,
        docs_dir=None,
        run_name="sample",
    )
    assert {(finding.key, finding.rule) for finding in checked.findings} == labels
    critical = {each.key for each in checked.findings if each.severity is Severity.CRITICAL_ROW}
    assert sum(each.quarantined for each in usage.sums) == len(critical)
    assert usage.records == usage.table_rows
