"""Lago's pages are judged as the whole is, also where Lago's rows are spoiled."""

from __future__ import annotations

from collections import Counter
from datetime import UTC, datetime
from functools import partial
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from tasks.backfill import read_lago as reading
from tasks.backfill.map import map_pages
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.sources import SOURCES
from tasks.clients.lago import billing as lago_billing
from tasks.model.errors import FatalError
from tasks.model.records import LoadedRow, Outcome
from tasks.reconcile.ledger_lago import billing_lines
from tasks.reconcile.read_source import Asked, lago_source
from tasks.reconcile.window import ReconcileWindow
from tests.unserved_lago import UnservedLago

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(TODAY.year, TODAY.month, TODAY.day, 12, tzinfo=UTC)
WINDOW = ReconcileWindow(datetime(2024, 1, 1, tzinfo=UTC), NOW, "2024-01..")
WORLD = construct_document()
LAGO = SOURCES["lago"]
ENTITIES = frozenset({"customer", "plan", "order"})
#: What may be wrong with a row, by resource; None: Lago's list lacks it.
SPOILED = {
    "invoices": [
        None, {"fees_amount_cents": 1}, {"customer": None}, {"status": "draft"},
        {"billing_entity_code": None}, {"currency": None}, {"status": "voided"},
    ],
    "fees": [
        None, {"amount_cents": None}, {"external_customer_id": None}, {"lago_invoice_id": None},
        {"external_customer_id": "nobody"}, {"external_subscription_id": "nothing"},
        {"lago_id": None},
    ],
    "customers": [
        None, {"email": "shared@example.ca"}, {"email": "SHARED@example.ca"}, {"email": "no"},
    ],
    "subscriptions": [None, {"status": "terminated"}, {"plan_code": "unknown"}],
    "credit_notes": [{"lago_invoice_id": "unknown"}, {"billing_entity_code": None}],
}  # fmt: skip
spoilings = st.lists(
    st.one_of(
        *(
            st.tuples(
                st.just(name),
                st.integers(0, len(WORLD[name]) - 1),
                st.sampled_from(values),
            )
            for name, values in SPOILED.items()
        )
    ),
    max_size=8,
)
sizes = st.integers(1, 60)


def lago_of(spoiled):
    """Give a Lago of the world with some rows spoiled."""
    lago = UnservedLago(WORLD, page_rows=100)
    rows = lago.sandbox.store.rows
    for name, place, changes in spoiled:
        at = min(place, len(rows[name]) - 1)
        if changes is None:
            del rows[name][at]
        else:
            rows[name][at] = rows[name][at] | changes
    return lago


def billed(spoiled, page_fees):
    """All ledgers that are made of what Lago billed."""
    lago = lago_of(spoiled)
    billing = lago_billing.read_billing(lago, page_fees)
    pages = list(billing.pages())
    lines = sorted(
        (line for page in pages for line in billing_lines(SERVICE, page, TORONTO)), key=repr
    )
    due, long = lago_source(lago, [SERVICE], billing, Asked(WINDOW, NOW), kept_out={})
    read = tuple(
        Counter(map(repr, each))
        for each in (billing.invoices, billing.fees, billing.credit_notes, billing.coupons)
    )
    frames = (due.expected, due.subscriptions, due.customers, long)
    told = tuple(Counter(frame.rows()) for frame in frames)
    return (
        lines,
        read,
        billing.unreadable,
        billing.notes,
        told,
        due.unreadable,
        due.unpriced,
        due.not_final,
    )


def copied(spoiled, page_customers, page_fees):
    """All that a backfill makes of it."""
    lago = lago_of(spoiled)
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(reading, "load_settings", lambda: SimpleNamespace(lago=lambda: lago))
        patch.setattr(
            lago_billing, "read_billing", partial(lago_billing.read_billing, page_fees=page_fees)
        )
        source = reading.read_lago(SERVICE, page_customers=page_customers)
    checked = LAGO.check.fn(source, as_of=NOW, timezone=TORONTO, docs_dir=None, run_name="a run")
    mapping = partial(LAGO.map, timezone=TORONTO, entities=ENTITIES)
    mapped = map_pages(mapping, LAGO.pages(source), checked.verdicts)
    customers = {each.external_id: each for page in mapped.pages for each in page.customers}
    loaded = LoadedPages(
        pages=[
            {
                ("order", order.external_id): LoadedRow("order", order.external_id, Outcome.CREATED)
                for each in customers.values()
                for order in each.orders
            }
        ]
    )
    usage = sorted(LAGO.usage(source, mapped, loaded, TORONTO), key=repr)
    tables = Counter(
        (name, repr(sorted(row.items(), key=repr)))
        for page in LAGO.tables(source)
        for name, rows in page.items()
        for row in rows
    )
    fates = {
        (table, key)
        for verdict in checked.verdicts
        for table, keys in verdict.accepted.items()
        for key in keys
    }
    outside = {
        (table, key, why)
        for verdict in checked.verdicts
        for table, reasons in verdict.out_of_scope.items()
        for key, why in reasons.items()
    }
    counts = {name: number for name, number in LAGO.counts(source).items() if number}
    assert counts == Counter(name for name, _ in tables.elements())
    metrics = LAGO.metrics(source, mapped)
    found = checked.result.findings, checked.result.checks, mapped.findings
    return found, customers, mapped.plans, metrics, usage, tables, fates, outside


def outcome(of, *arguments):
    try:
        return of(*arguments)
    except FatalError as error:
        return type(error)


@settings(max_examples=6, deadline=None)
@given(spoilings, sizes)
def test_ledgers_are_those_of_the_whole_whatever_the_pages_are(spoiled, size):
    assert outcome(billed, spoiled, size) == outcome(billed, spoiled, 10**6)


@settings(max_examples=2, deadline=None)
@given(spoilings, st.integers(25, 60), sizes)
def test_the_copy_is_that_of_the_whole_whatever_the_pages_are(spoiled, customers, fees):
    assert outcome(copied, spoiled, customers, fees) == outcome(copied, spoiled, 10**6, 10**6)
