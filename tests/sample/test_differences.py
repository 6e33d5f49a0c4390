"""The labelled world: differences of every cause, each where a line really differs."""

from __future__ import annotations

from collections import Counter
from decimal import Decimal

import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample.differences import CAUSES, RECIPES
from deployments.sample.periods import ZONE
from deployments.sample.sample import SampleSpec, generate, lago_document
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.reconcile.ledger_lago import billing_lines

SERVICES = ("nexacloud", "nexadesk", "nexamaps")


@pytest.fixture(scope="module")
def spec():
    return SampleSpec(customers=500)


@pytest.fixture(scope="module")
def labels(spec):
    rows = generate(spec)["sample.injected_differences"].data().decode().splitlines()
    return [row.split("\t") for row in rows]


@pytest.fixture(scope="module")
def document(spec):
    return lago_document(spec)


@pytest.fixture(scope="module")
def billing(document):
    with LagoSandbox(document, "key") as running:
        return read_billing(Lago(LagoAccess(running.url, "key", page_rows=1000)))


def test_every_cause_alone_and_every_pair_is_put_in(labels):
    found = Counter(row[6] for row in labels)
    named = {"ended_before_copy", "kept_out", "one_off", "credit", "not_itemized"}
    assert {"+".join(causes) for causes, _, _ in RECIPES} | named == set(found)
    assert {cause for causes in found for cause in causes.split("+")} == set(CAUSES)
    assert min(found.values()) >= 3


def test_lago_has_its_causes_for_every_service(document):
    found = Counter(row["service"] for row in document["injected_differences"])
    assert set(found) == set(SERVICES)
    causes = {row["cause"] for row in document["injected_differences"]}
    assert causes >= {"rate_rounded_to_cents+tax_included", "currency", "block_rating"}


@pytest.mark.parametrize("service", SERVICES)
def test_each_label_names_a_line_unless_the_line_is_missing(service, document, billing):
    keys = {
        (line[10], line[2], line[3], f"{line[4]:%Y-%m-%dT%H:%M:%SZ}")
        for line in billing_lines(service, billing, ZONE)
    }
    nameless = [
        row["cause"]
        for row in document["injected_differences"]
        if row["service"] == service
        and (row["ref"], row["subscription"], row["item"], row["period_start"]) not in keys
    ]
    assert set(nameless) <= {"usage_missing"}


def test_labels_are_not_served(document):
    with LagoSandbox(document, "key") as running:
        assert "injected_differences" not in running.store.rows


def test_nexaclouds_lago_invoices_stand_in_both_books(spec, document):
    rows = [row.split("\t") for row in generate(spec)["invoices"].data().decode().splitlines()]
    subtotals = {
        row[3].removeprefix("lago:"): Decimal(row[6]) for row in rows if row[3].startswith("lago:")
    }
    invoices = {
        row["lago_id"]: Decimal(row["fees_amount_cents"]) / 100
        for row in document["invoices"]
        if row["billing_entity_code"] == "nexacloud"
    }
    assert subtotals == invoices
