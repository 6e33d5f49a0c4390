"""The tenants of Lago: every construct has its customer, and is billed by Lago's rules."""

from __future__ import annotations

import json
from collections import Counter, defaultdict
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path

import pytest

from deployments.sample.lago.constructs.table import page
from deployments.sample.lago.constructs.world import construct_document
from deployments.sample.lago.tenant.biller import bills
from deployments.sample.lago.tenant.defaults import default_document
from deployments.sample.lago.tenant.large import large_document
from deployments.sample.lago.tenant.terms import Charge, Contract, Coupon, Plan
from tasks.model.lago_support import constructs

#: Said by another construct's row, of lists that the flows do not read, or of what was billed.
ELSEWHERE = {
    "alerts", "dunning", "fee_unreadable", "integrations", "invoice_sections",
    "invoice_unreadable", "owner_quarantined", "plan_quarantined", "receipts",
}  # fmt: skip
ROOT = Path(__file__).parents[2]
THIRTY = Decimal(30)


@pytest.fixture(scope="module")
def world():
    return construct_document()


def test_every_construct_has_a_customer_and_every_customer_is_a_construct(world):
    labelled = {label["construct"] for label in world["labels"]}
    assert labelled == constructs().keys() - ELSEWHERE
    assert len(labelled) == len(world["labels"])
    assert {row["external_id"] for row in world["customers"]} == {
        label["customer"] for label in world["labels"]
    }


@pytest.mark.parametrize(
    "document",
    [construct_document, lambda: default_document(60, date(2026, 11, 12))],
    ids=["constructs", "defaults"],
)
def test_invoices_are_the_sum_of_their_fees_and_no_id_is_used_twice(document):
    world = document()
    fees = defaultdict(int)
    for fee in world["fees"]:
        fees[fee["lago_invoice_id"]] += fee["amount_cents"]
    assert {row["lago_id"]: row["fees_amount_cents"] for row in world["invoices"]} == fees
    for name in ("customers", "subscriptions", "plans", "invoices", "fees", "applied_coupons"):
        times = Counter(row["lago_id"] for row in world[name])
        assert max(times.values(), default=1) == 1, name


def test_the_same_day_gives_the_same_world(world):
    assert json.dumps(construct_document()) == json.dumps(world)


def test_the_page_of_constructs_is_made_of_the_list_and_the_world():
    told = (ROOT / "docs" / "lago-constructs.md").read_text(encoding="utf-8")
    assert told == page(), "make it anew: python -m deployments.sample constructs"


def billed(contract, until):
    return [
        (str(bill.day), *((due.item, str(due.start), str(due.amount)) for due in bill.dues))
        for bill in bills(contract, until)
    ]


@pytest.mark.parametrize(
    ("contract", "until", "expected"),
    [
        (
            Contract("a", Plan("p", THIRTY), datetime(2026, 9, 11, 23, tzinfo=UTC)),
            date(2026, 11, 1),
            [
                ("2026-10-01", ("flat", "2026-09-11", "20.00")),
                ("2026-11-01", ("flat", "2026-10-01", "30.00")),
            ],
        ),
        (
            Contract(
                "b", Plan("p", THIRTY, in_advance=True), datetime(2026, 1, 31, tzinfo=UTC),
                billing_time="anniversary",
            ),
            date(2026, 3, 30),
            [
                ("2026-01-31", ("flat", "2026-01-31", "30.00")),
                ("2026-02-28", ("flat", "2026-02-28", "30.00")),
            ],
        ),
        (
            Contract(
                "c", Plan("p", THIRTY), datetime(2026, 6, 30, 16, tzinfo=UTC), zone="Asia/Tokyo"
            ),
            date(2026, 8, 1),
            [("2026-08-01", ("flat", "2026-07-01", "30.00"))],
        ),
        (
            Contract("d", Plan("p", THIRTY), datetime(2026, 9, 1, tzinfo=UTC),
                     ended_at=datetime(2026, 9, 12, 8, tzinfo=UTC)),
            date(2026, 12, 1),
            [("2026-09-13", ("flat", "2026-09-01", "12.00"))],
        ),
        (
            Contract(
                "e",
                Plan("p", THIRTY, commitment=Decimal(45),
                     charges=(Charge("m", "standard", {"amount": "0.1"}, (40,)),)),
                datetime(2026, 9, 16, tzinfo=UTC),
            ),
            date(2026, 10, 1),
            [
                (
                    "2026-10-01",
                    ("flat", "2026-09-16", "15.00"),
                    ("usage:m", "2026-09-16", "4.00"),
                    ("minimum", "2026-09-16", "3.50"),
                )
            ],
        ),
    ],
    ids=["first part of a calendar month", "31st", "zone", "terminated", "commitment"],
)  # fmt: skip
def test_what_is_due_and_when(contract, until, expected):
    assert billed(contract, until) == expected


def test_a_coupon_counts_as_often_as_it_is_given():
    coupon = Coupon("c", Decimal(5), frequency="recurring", times=2, since=date(2026, 8, 15))
    contract = Contract("a", Plan("p", THIRTY), datetime(2026, 6, 1, tzinfo=UTC), coupons=(coupon,))
    taken = [bill.coupons.get("c") for bill in bills(contract, date(2026, 12, 1))]
    assert taken == [None, None, Decimal(5), Decimal(5), None, None]


def test_a_large_tenant_has_all_its_rows_without_holding_them():
    rows = large_document(50_000, date(2026, 11, 12))["rows"]
    assert len(rows["customers"]) == 50_000
    assert len(rows["fees"]) >= 500_000
    last = rows["fees"][len(rows["fees"]) - 1]
    assert last["external_customer_id"] == rows["customers"][49_999]["external_id"]
    paying = [row["billing_configuration"]["provider_customer_id"] for row in rows["customers"][:9]]
    assert len({*paying}) == 9
    assert rows["customers"].find("member-00000123")["external_id"] == "member-00000123"
    with pytest.raises(IndexError):
        rows["fees"][len(rows["fees"])]
