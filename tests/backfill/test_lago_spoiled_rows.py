"""A field of Lago's that is missing, empty or of another kind costs its own row, nobody else.

What was billed and cannot be read is named, and counts nowhere.
"""

from __future__ import annotations

from collections import Counter
from copy import deepcopy
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.backfill.mapping.lago import customer_findings, lago_findings, map_lago
from tasks.backfill.mapping.lago_customers import Organization
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.check.suites import load_suite
from tasks.clients.lago import parsing, parsing_billing
from tasks.clients.lago.billing import read_billing
from tasks.model.errors import FatalError
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.ledger_lago import billing_lines
from tests.backfill.lago_foreign.objects import READ_AT, SERVICE
from tests.backfill.lago_foreign.tenant import CASES

TORONTO = ZoneInfo("America/Toronto")
ABSENT = "absent, not this text"
VALUES = (ABSENT, None, "", "soon", -7, 3.25, [], {}, [None], {"a": None}, True)
#: List -> the fields without which nobody could say whose a row is: Lago has them always.
NAMES = {
    "customers": {"external_id", "lago_id"},
    "plans": {"lago_id", "code"},
    "subscriptions": {"lago_id", "external_id", "external_customer_id", "plan_code"},
    "billable_metrics": {"code", "lago_id"},
    "applied_coupons": {"lago_id", "external_customer_id", "coupon_code"},
    "wallets": {"lago_id", "external_customer_id"},
    "credit_notes": {"number", "lago_id"},
}
CHANGES = 1000


class Told:
    """Tells one customer's rows as ``Lago`` does, each read by the same code."""

    def __init__(self, rows, coupons):
        self.rows, self.held, self.notes = rows, coupons, []

    def version(self):
        return "1.51.0"

    def customers(self):
        return map(parsing.customer, self.rows["customers"])

    def invoices(self):
        return map(parsing_billing.invoice, self.rows["invoices"])

    def fees(self):
        return map(parsing_billing.fee, self.rows["fees"])

    def credit_notes(self):
        return map(parsing_billing.credit_note, self.rows["credit_notes"])

    def coupons(self):
        return self.held

    def invoice(self, key):
        for row in self.rows["invoices"]:
            if row.get("lago_id") == key:
                mine = [fee for fee in self.rows["fees"] if fee.get("lago_invoice_id") == key]
                return parsing_billing.invoice(row), tuple(map(parsing_billing.fee, mine))
        return None


def source_of(rows):
    """Read one customer's rows as the reader does."""
    customers = tuple(map(parsing.customer, rows["customers"]))
    moves = {row["lago_id"]: [] for row in rows["wallets"]}
    for row in rows["wallet_transactions"]:
        moves[row["lago_wallet_id"]].append(row)
    limits = {row["lago_id"]: parsing.coupon_limits(row) for row in rows["coupons"]}
    coupons = [parsing.applied_coupon(row) for row in rows["applied_coupons"]]
    billing = read_billing(Told(rows, tuple(each for key, each in coupons if key in limits)))
    return LagoSource(
        customers=customers,
        plans=tuple(map(parsing.plan, rows["plans"])),
        subscriptions=tuple(map(parsing.subscription, rows["subscriptions"])),
        own_plans={},
        metrics=tuple(map(parsing.metric, rows["billable_metrics"])),
        billing=billing,
        wallets=tuple(
            parsing_billing.wallet(row, moves[row["lago_id"]]) for row in rows["wallets"]
        ),
        organization=Organization(),
        read_at=READ_AT,
    )


def everything(source):
    """Check, map and price one customer; gives what was broken and what is left."""
    found = list(customer_findings(source, load_suite("users")))
    found += lago_findings(source, [each.key for each in found], timezone=TORONTO)
    bad = {each.key for each in found}
    accepted = {
        "users": frozenset(each.external_id for each in source.customers) - bad,
        "plans": frozenset(each.lago_id for each in source.all_plans) - bad,
        "subscriptions": frozenset(
            each.lago_id for each in source.subscriptions if each.status == "active"
        )
        - bad,
    }
    mapped = map_lago(source, accepted, entities=frozenset({"order"}), timezone=TORONTO)
    zones = {each.external_id: source.organization.zone_of(each) for each in source.customers}
    terms = LagoTerms(source.subscriptions, {p.code: p for p in source.plans}, {}, zones)
    since = datetime(2026, 1, 1, tzinfo=UTC)
    expected_ledger(SERVICE, terms, source.billing, since=since, until=READ_AT)
    billing_lines(SERVICE, source.billing)
    return found, mapped


def places(row, path=()):
    """Yield the paths of all fields, those of objects in it too."""
    for key, value in row.items() if isinstance(row, dict) else enumerate(row):
        yield (*path, key)
        if isinstance(value, dict | list):
            yield from places(value, (*path, key))


def spoil(row, path, value):
    for step in path[:-1]:
        row = row[step]
    if value == ABSENT:
        del row[path[-1]]
    else:
        row[path[-1]] = value


def changes(lists):
    """List each value in the place of each field, but for those that name a row."""
    return [
        (case, listed, number, path, value)
        for case in CASES
        for listed, names in lists.items()
        for number, row in enumerate(case.rows[listed])
        for path in places(row)
        if path[0] not in names
        for value in VALUES
    ]


CHANGED = changes(NAMES)
#: A spoiled name of a billing entity is another entity's, and True is an answer.
BILLED = changes({"invoices": {"billing_entity_code", "self_billed"}, "fees": set()})


@settings(max_examples=CHANGES, deadline=None)
@given(change=st.sampled_from(CHANGED))
def test_a_spoiled_field_ends_no_run(change):
    case, listed, number, path, value = change
    rows = deepcopy(case.rows)
    spoil(rows[listed][number], path, value)
    everything(source_of(rows))


def test_what_names_a_row_must_be_there():
    with pytest.raises((KeyError, FatalError)):
        parsing.customer({"created_at": "2026-01-01T00:00:00Z"})


def money(source):
    """Add up what was billed, by currency."""
    sums = Counter()
    for line in billing_lines(SERVICE, source.billing):
        sums[line[8]] += Decimal(line[7])
    return {code: amount for code, amount in sums.items() if amount}


@settings(max_examples=CHANGES, deadline=None)
@given(change=st.sampled_from(BILLED))
def test_money_of_a_spoiled_invoice_or_fee_is_counted_whole_or_named(change):
    case, listed, number, path, value = change
    before = money(source_of(case.rows))
    rows = deepcopy(case.rows)
    spoil(rows[listed][number], path, value)
    source = source_of(rows)
    found, _ = everything(source)
    rules = {each.rule for each in found if each.table in ("invoices", "fees")}
    assert bool(rules) == bool(source.unreadable)
    assert rules <= {"invoice_unreadable", "fee_unreadable"}
    # An invoice need not say whose it is: its fees do, if they can be read.
    nobody = {""} if case.key == "nobodys" else set()
    assert {each.customer for each in source.unreadable} - nobody <= {case.key}
    assert source.unreadable or money(source) == before
