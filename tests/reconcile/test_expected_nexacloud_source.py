"""What NexaCloud's terms say is due, against what was billed by them, for whole samples."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from decimal import Decimal

import polars as pl
import psycopg2
import pytest

from deployments.sample.differences import RECIPES
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.reconcile.expected.read_nexacloud import nexacloud_expected
from tasks.reconcile.long_periods import SPANS_SCHEMA, with_billed
from tasks.reconcile.read_nexacloud import NexaCloudBills, nexacloud_ledger, nexacloud_prices
from tasks.reconcile.window import reconcile_window
from tests.reconcile.ledgers import TORONTO
from tests.sample.rule_queries import QUERIES

CUSTOMERS = 300
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
#: The sample has invoices from May on, and both sides are read some days around a window.
WINDOW = reconcile_window("2026-06..2026-09", as_of=AS_OF, zone=TORONTO)
HALF_A_CENT = Decimal("0.005")
#: What recurs, or settles a change of what recurs: all of it follows from the terms.
RECURRING = ("flat", "usage", "addon", "proration")


class Sides:
    """Billed and expected amounts of a sample, by the names under which lines are matched."""

    def __init__(self, dsns, window=WINDOW):
        self.admin, self.reader = dsns
        with NexaCloud(self.reader) as source:
            source.check_schema()
            source.check_queries()
            bills = NexaCloudBills(source, "nexacloud", TORONTO)
            billed = nexacloud_ledger(bills, window).side.lines.part()
            made = nexacloud_expected(source, "nexacloud", window, TORONTO, as_of=AS_OF)
        self.lines, self.unpriced = made.lines, made.unpriced
        self.billed, self.expected = (summed(lines, window) for lines in (billed, made.lines))

    def differing(self):
        """Names of the lines whose two amounts are not the same in cents, with both."""
        return {
            names: (self.billed.get(names), self.expected.get(names))
            for names in self.billed.keys() | self.expected.keys()
            if abs(self.billed.get(names, 0) - self.expected.get(names, 0)) > HALF_A_CENT
        }

    def years(self, before):
        """The year that runs of whoever pays by the year, that began before a day."""
        rows = self.asked(
            "SELECT 'nexacloud', id::text, current_period_start, current_period_end"
            " FROM subscriptions WHERE billing_cycle = 'yearly' AND canceled_at IS NULL"
            f" AND current_period_start < '{before}' ORDER BY id"
        )
        return pl.DataFrame(rows, schema=SPANS_SCHEMA, orient="row")

    def asked(self, query):
        """Ask the sample itself, as its administrator."""
        database = psycopg2.connect(self.admin)
        try:
            with database.cursor() as cursor:
                cursor.execute(query)
                return cursor.fetchall()
        finally:
            database.close()


def summed(lines, window):
    found = Counter()
    for line in lines.iter_rows(named=True):
        if window.since <= line["period_start"] < window.until:
            day = line["period_start"].astimezone(TORONTO).date()
            names = (line["customer"], line["subscription"], line["item"], day, line["currency"])
            found[names] += Decimal(line["amount"])
    return dict(found)


def family(names):
    return names[2].partition(":")[0]


@pytest.fixture(scope="module")
def clean(scratch):
    return Sides(scratch.new_nexacloud_database(CUSTOMERS, clean=True))


@pytest.fixture(scope="module")
def dirty(scratch):
    return Sides(scratch.new_nexacloud_database(CUSTOMERS))


def test_where_nothing_is_wrong_every_line_that_recurs_was_billed_as_the_terms_say(clean):
    figures = Counter(family(names) for names in clean.billed if family(names) in RECURRING)
    print(f"\nbilled as the terms say: {dict(figures)} of {CUSTOMERS} customers")
    wrong = {k: v for k, v in clean.differing().items() if family(k) in RECURRING}
    assert not wrong
    assert min(figures[kind] for kind in RECURRING) >= 50
    assert {names[4] for names in clean.billed} == {"CAD", "USD"}


def test_where_nothing_is_wrong_only_oneoffs_and_credits_are_beyond_the_terms(clean):
    told = {ref for (ref,) in clean.asked("SELECT ref FROM sample.events WHERE kind ~ 'one|cred'")}
    assert told
    beyond = clean.differing()
    assert {family(names) for names in beyond} == {"one-off", "credit"}
    customers = clean.asked(
        "SELECT DISTINCT customer FROM sample.events WHERE kind IN ('one_off', 'credit')"
    )
    assert {names[0] for names in beyond} <= {customer for (customer,) in customers}
    assert set(clean.unpriced) <= {"usage_without_subscription"}


def test_where_nothing_is_wrong_every_year_that_runs_was_billed_as_the_terms_say(clean):
    spans = clean.years("2026-08-01")
    assert spans.height > 20
    with NexaCloud(clean.reader) as source:
        made = nexacloud_expected(source, "nexacloud", WINDOW, TORONTO, as_of=AS_OF, spans=spans)
        prices = nexacloud_prices(NexaCloudBills(source, "nexacloud", TORONTO), spans)
    billed = with_billed(made.long, prices).billed
    columns = ("subscription", "item", "amount")
    flats = [
        {(name, item): Decimal(amount) for name, item, amount in side.select(columns).iter_rows()}
        for side in (billed, made.long.expected)
    ]
    assert {name for name, item in flats[0] if item == "flat"} == set(spans["subscription"])
    assert {key: abs(flats[0][key] - flats[1][key]) <= HALF_A_CENT for key in flats[1]} == (
        dict.fromkeys(flats[0], True)
    )
    # What is asked of longer periods changes nothing of the months.
    assert made.lines.equals(clean.lines)


def test_where_nothing_is_wrong_no_row_breaks_a_rule(clean):
    broken = {rule: len(clean.asked(query)) for rule, query in QUERIES.items()}
    assert not {rule: count for rule, count in broken.items() if count}


def test_the_clean_sample_has_the_life_that_it_promises(clean):
    counts = dict(clean.asked("SELECT kind, count(*) FROM sample.events GROUP BY kind"))
    kinds = {
        "one_off", "credit", "tax_exempt", "churn", "churn_credited", "plan_change",
        "plan_change_in_place",
    }  # fmt: skip
    assert set(counts) == kinds
    ((subscriptions, yearly, canceled),) = clean.asked(
        "SELECT count(*), count(*) FILTER (WHERE billing_cycle = 'yearly'),"
        " count(*) FILTER (WHERE status = 'canceled') FROM subscriptions"
    )
    ((deployments, with_addons),) = clean.asked(
        "SELECT count(*), count(*) FILTER (WHERE EXISTS (SELECT FROM deployment_addons a"
        " WHERE a.deployment_id = d.id)) FROM deployments d"
    )
    assert 0.10 < yearly / subscriptions < 0.22
    assert 0.14 < with_addons / deployments < 0.27
    # 3 % a month, over six months of those who were there.
    assert 0.06 < (counts["churn"] + counts["churn_credited"]) / deployments < 0.20
    assert canceled == counts["churn"] + counts["churn_credited"] + counts["plan_change"]


def test_in_a_dirty_sample_only_what_is_labelled_differs(dirty):
    labels = dirty.asked(
        "SELECT customer, subscription, item, period_start FROM sample.injected_differences"
    )
    named = {
        (customer, subscription, item, start.astimezone(TORONTO).date())
        for customer, subscription, item, start in labels
    }
    # An invoice without items is one line, in place of those that the label names.
    places = {(customer, subscription, day) for customer, subscription, _, day in named}
    untold = {
        names: amounts
        for names, amounts in dirty.differing().items()
        if names[:4] not in named and (*names[:2], names[3]) not in places
    }
    print(f"\n{len(dirty.differing())} of {len(dirty.billed)} lines differ from the terms")
    assert not untold


def test_in_a_dirty_sample_every_wrong_amount_differs_from_the_terms(dirty):
    labels = dirty.asked(
        "SELECT customer, subscription, item, period_start, cause FROM sample.injected_differences"
    )
    wrong = {"+".join(causes) for causes, _, _ in RECIPES}
    differing = {names[:4] for names in dirty.differing()}
    unseen = [
        (customer, subscription, item, start, cause)
        for customer, subscription, item, start, cause in labels
        if WINDOW.since <= start < WINDOW.until
        and cause in wrong
        and item in {"flat", "usage:cpu_seconds"}
        and (customer, subscription, item, start.astimezone(TORONTO).date()) not in differing
    ]
    assert not unseen


def test_what_the_terms_cannot_price_is_counted_by_the_rule_that_it_breaks(dirty):
    assert {
        "cycle_unknown", "deployment_unknown", "plan_unknown", "price_missing_for_cycle",
        "subscriber_unknown",
    } <= set(dirty.unpriced)  # fmt: skip
    unpriced = {
        str(key)
        for (key,) in dirty.asked(
            "SELECT row_id FROM sample.dirty_labels WHERE label = 'price_missing_for_cycle'"
        )
    }
    assert not unpriced & set(dirty.lines["subscription"])


def test_a_page_of_another_size_changes_nothing(clean, monkeypatch):
    monkeypatch.setattr("tasks.reconcile.expected.read_nexacloud.BATCH_ROWS", 7)
    monkeypatch.setattr("tasks.reconcile.expected.read_nexacloud.FRAME_ROWS", 11)
    reader = clean.admin
    with NexaCloud(reader) as source:
        again = nexacloud_expected(source, "nexacloud", WINDOW, TORONTO, as_of=AS_OF)
    assert again.lines.equals(clean.lines)
    assert again.unpriced == clean.unpriced
