"""Invoices out of a real NexaCloud: none lost, none twice, hostile texts as they are."""

from __future__ import annotations

from datetime import UTC, datetime
from decimal import Decimal
from uuid import UUID, uuid4
from zoneinfo import ZoneInfo

import polars as pl

from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.ledger import BEYOND
from tasks.reconcile.long_periods import SPANS_SCHEMA
from tasks.reconcile.read_nexacloud import (
    NexaCloudBills,
    billed_beyond,
    nexacloud_evidence,
    nexacloud_ledger,
    nexacloud_prices,
)
from tasks.reconcile.window import reconcile_window

TORONTO = ZoneInfo("America/Toronto")
NOW = datetime(2026, 11, 22, tzinfo=UTC)
WINDOW = reconcile_window("2026-09", as_of=NOW, zone=TORONTO)
ANNA, SUBSCRIPTION, DEPLOYMENT = (str(UUID(int=number)) for number in (1, 2, 3))
START, END = "2026-09-05 04:00Z", "2026-10-05 04:00Z"


def add_invoice(source, *items, start=START, end=END, origin="in_1", status="paid", subtotal=None):
    key = str(uuid4())
    total = sum(Decimal(amount) for _, amount in items) if subtotal is None else Decimal(subtotal)
    source.execute(
        "INSERT INTO invoices VALUES"
        " (%s, %s, %s, %s, %s, 'cad', %s, 0, %s, %s, %s, now(),"
        " CASE %s WHEN 'paid' THEN now() END)",
        (key, ANNA, SUBSCRIPTION, origin, status, total, total, start, end, status),
    )
    for description, amount in items:
        add_item(source, key, description, amount)
    return key


def add_item(source, invoice, description, amount):
    source.execute(
        "INSERT INTO invoice_items VALUES (gen_random_uuid(), %s, %s, 1, %s, %s)",
        (invoice, description, amount, amount),
    )


def read(source, origins=None):
    with NexaCloud(source.dsn) as opened:
        return nexacloud_ledger(bills(opened, origins), WINDOW)


def bills(opened, origins=None):
    return NexaCloudBills(opened, "nexacloud", TORONTO, origins)


def lines(source, origins=None):
    return read(source, origins).side.lines.part()


def test_each_invoice_is_read_once_and_only_what_was_asked(source):
    add_invoice(source, ("Backup", "5"), ("Disk", "7"))
    add_invoice(source, ("Backup", "6"), origin="lago:1")
    add_invoice(source, ("Backup", "8"), status="void")
    add_invoice(source, ("Backup", "9"), start="2026-07-05 04:00Z", end="2026-08-05 04:00Z")
    found = read(source)

    assert sorted(found.side.lines.part()["amount"]) == ["5", "6", "7"]
    assert (found.invoices, found.void) == ({"stripe": 2, "lago": 1}, 1)
    assert set(found.side.lines.part()["currency"]) == {"CAD"}
    assert sorted(lines(source, ("stripe", "nexacloud"))["amount"]) == ["5", "7"]


def test_usage_billed_on_the_next_invoice_is_of_its_own_period(source):
    text = "CPU overage 2026-09-05 → 2026-10-05: 517.3000 core-hours used, 100.0000 included"
    add_invoice(source, (text, "3.1298"), start="2026-10-05 04:00Z", end="2026-11-05 04:00Z")
    (line,) = lines(source).to_dicts()

    assert (line["item"], line["units"]) == ("usage:cpu_seconds", "1862280")
    assert line["period_start"] == datetime(2026, 9, 5, 4, tzinfo=UTC)


def test_a_bill_that_names_the_period_before_its_items_is_of_the_items_period(source):
    # As Stripe's do: what it bills ahead stands in its lines alone.
    told = {"start": "2026-08-05 04:00Z", "end": "2026-09-05 04:00Z"}
    add_invoice(source, ("Pro (2026-09-05 → 2026-10-05)", "49"), **told)
    add_invoice(source, ("Pro (2026-08-05 → 2026-09-05)", "48"), **told)
    found = read(source)

    assert found.side.lines.part()["amount"].to_list() == ["49"]
    # What is of another month alone is none of this one's.
    assert found.invoices == {"stripe": 1}


def test_prices_beyond_the_period_in_the_row_are_read_and_usage_and_others_are_not(source):
    source.execute(
        "INSERT INTO subscriptions VALUES"
        " (%s, %s, %s, NULL, ' Active', 'monthly', '2026-01-05', '2026-09-05 04:00Z',"
        " '2026-10-05 18:30Z', NULL)",
        (SUBSCRIPTION, ANNA, DEPLOYMENT),
    )
    later = {"start": "2026-10-05 04:00Z", "end": "2026-11-05 04:00Z"}
    items = (("Pro (2026-10-05 → 2026-11-05)", "49"), ("Backup", "5"), ("CPU overage", "3"))
    add_invoice(source, ("Pro (2026-09-05 → 2026-10-05)", "48"))
    add_invoice(source, *items, **later)
    add_invoice(source, *items, **later, status="draft")
    with NexaCloud(source.dsn) as opened:
        opened.check_schema()
        found = billed_beyond(bills(opened))
        other = billed_beyond(bills(opened, ("lago",)))

    assert found.select("item", "amount").rows() == [(BEYOND, "49")]
    assert other.height == 0
    # Who has left is billed by nobody again.
    source.execute("UPDATE subscriptions SET status = 'canceled'")
    with NexaCloud(source.dsn) as opened:
        assert billed_beyond(bills(opened)).height == 0


def test_the_bill_of_a_year_is_found_wherever_it_lies_and_no_other(source):
    year = {"start": "2026-02-10 05:00Z", "end": "2027-02-10 05:00Z"}
    before = {"start": "2025-02-10 05:00Z", "end": "2026-02-10 05:00Z"}
    add_invoice(source, ("Pro (2026-02-10 → 2027-02-10)", "490"), ("Backup", "60"), **year)
    add_invoice(source, ("Pro (2025-02-10 → 2026-02-10)", "450"), **before)
    add_invoice(source, ("Pro (2026-02-10 → 2027-02-10)", "480"), status="void", **year)
    add_invoice(source, ("Backup", "5"))
    span = ("nexacloud", SUBSCRIPTION, *(datetime.fromisoformat(each) for each in year.values()))
    spans = pl.DataFrame([span], schema=SPANS_SCHEMA, orient="row")
    with NexaCloud(source.dsn) as opened:
        found = nexacloud_prices(bills(opened), spans)
        other = nexacloud_prices(bills(opened, ("lago",)), spans)
        nobody = spans.with_columns(subscription=pl.lit(DEPLOYMENT))
        none = nexacloud_prices(bills(opened), nobody)

    assert sorted(found["amount"]) == ["490", "60"]
    assert (other.height, none.height) == (0, 0)
    # The month has nothing of it.
    assert lines(source)["amount"].to_list() == ["5"]


def test_texts_are_as_they_are(source):
    hostile = '=cmd|"/C calc"!A1,\n<script>alert(1)</script>'
    add_invoice(source, (hostile, "5"), ("", "6"), (None, "7"))

    assert sorted(lines(source)["item"]) == [
        f"addon:{hostile}",
        "other:no description",
        "other:no description",
    ]


def test_what_cannot_be_compared_is_kept_out_and_told(source):
    lost = add_invoice(source, ("Backup", "5"), start="infinity", end=None)
    bare = add_invoice(source, subtotal="39")
    add_item(source, str(uuid4()), "Item of a deleted invoice", "12")
    found = read(source)

    assert {row["invoice_id"] for row in found.suspicious} == {lost, bare}
    assert [row["description"] for row in found.orphans] == ["Item of a deleted invoice"]
    assert found.side.lines.part().select("item", "amount").rows() == [("other:no items", "39")]


def test_evidence_is_the_usage_around_a_subscriptions_period(source):
    source.execute(
        "INSERT INTO subscriptions VALUES"
        " (%s, %s, %s, NULL, 'active', 'monthly', '2026-01-05', NULL, NULL, NULL)",
        (SUBSCRIPTION, ANNA, DEPLOYMENT),
    )
    for start, end, hours in (
        ("2026-09-01Z", "2026-10-01Z", "400"),
        ("2026-10-01Z", "2026-11-01Z", "10.5"),
        ("2026-01-01Z", "2026-02-01Z", "1"),
        ("2026-09-01Z", "2026-10-01Z", "NaN"),
        ("2026-09-01Z", "infinity", "5"),
    ):
        source.execute(
            "INSERT INTO usage_records VALUES (gen_random_uuid(), %s, %s, %s, %s, 0)",
            (DEPLOYMENT, start, end, hours),
        )
    needed = pl.DataFrame(
        {
            "service": ["nexacloud"],
            "subscription": [SUBSCRIPTION],
            "item": ["usage:cpu_seconds"],
            "since": [WINDOW.since],
            "until": [WINDOW.until],
        }
    )
    with NexaCloud(source.dsn) as opened:
        found = nexacloud_evidence(opened, "nexacloud", needed)

    assert [Decimal(units) for units in found["units"]] == [1_440_000, 37_800]
