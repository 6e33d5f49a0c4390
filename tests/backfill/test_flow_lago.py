"""NexaDesk and NexaMaps out of Lago into a real Odoo: copied, rated alike, differences labelled."""

from __future__ import annotations

from collections import Counter
from decimal import ROUND_HALF_UP, Decimal

import pytest

from deployments.sample.kept_out import NOT_IN_ODOO
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.model.errors import ConfigError
from tasks.reconcile.ledger_lago import billing_lines
from tests.flow_world import CUSTOMERS
from tests.lago_service import point_at

CENT = Decimal("0.01")
WINDOW = ("2026-05-01 04:00:00", "2026-09-30 04:00:00")


@pytest.fixture
def lago(scratch, monkeypatch):
    return point_at(monkeypatch, scratch.new_lago(CUSTOMERS))


def in_odoo(world, service):
    """What Odoo would bill: flat by subscription, usage by subscription, item and start."""
    rpc = world.rpc()
    flat, usage, after = {}, {}, 0
    while after is not None:
        page = rpc.execute_kw(
            "fusion.billing.import.wizard", "preview_usage", [service, *WINDOW], {"after_id": after}
        )
        assert page["failed"] == []
        for row in page["rows"]:
            flat[row["external_id"]] = Decimal(row["flat"])
            key = (row["external_id"], f"usage:{row['metric']}", row["period_start"])
            usage[key] = Decimal(row["amount"])
        after = page["next_after_id"]
    return flat, usage


def billed_by_lago(lago, service):
    """What Lago billed for plans and usage, with minimums, by subscription, item and start."""
    billing = read_billing(Lago(LagoAccess(lago.url, lago.api_key)))
    amounts = Counter()
    for line in billing_lines(service, billing):
        item = line[3].replace("minimum:", "usage:")
        if item == "flat" or item.startswith("usage:"):
            amounts[line[2], item, f"{line[4]:%Y-%m-%dT%H:%M:%SZ}"] += Decimal(line[7])
    return amounts


def labels_of(lago, service):
    return {
        (row["subscription"], row["item"], row["period_start"]): row["cause"]
        for row in lago.document["injected_differences"]
        if row["service"] == service
    }


def compared(world, lago, service):
    """Lines of the window that differ, and labels of lines that must; ended ones aside."""
    flat, usage = in_odoo(world, service)
    differ, must = set(), set()
    labels = labels_of(lago, service)
    for key, amount in billed_by_lago(lago, service).items():
        subscription, item, start = key
        if subscription in flat and WINDOW[0][:10] <= start < WINDOW[1][:10]:
            odoo = flat[subscription] if item == "flat" else usage.get(key, Decimal(0))
            if odoo.quantize(CENT, ROUND_HALF_UP) != amount:
                differ.add(key)
            if key in labels and labels[key] not in NOT_IN_ODOO:
                must.add(key)
    return differ, must


def test_services_are_copied_and_odoo_would_bill_what_lago_billed_but_for_the_labels(world, lago):
    for service in ("nexadesk", "nexamaps"):
        state = world.run(source="lago", service=service)
        assert state.name in {"Completed", "CompletedWithQuarantine"}, state.message
        assert world.report()["readback"]["safe"] is True
        differ, must = compared(world, lago, service)
        assert must <= differ <= labels_of(lago, service).keys()
        assert must
    rows = Counter(r["outcome"] for r in world.table("outcomes") if r["table"] == "usage")
    assert rows["created"] == rows.total() > 0

    before = world.business()
    world.run(source="lago", service="nexamaps")
    assert world.business() == before
    counts = Counter(row["outcome"] for row in world.table("outcomes"))
    assert counts["created"] == counts["updated"] == counts["failed"] == 0


def test_what_odoo_cannot_bill_is_kept_out_for_a_reason(world, lago):
    plans = {plan["code"]: plan["amount_currency"] for plan in lago.store.rows["plans"]}
    # Who has a credit note in the other currency is kept out as a customer.
    noted = {row["customer"]["external_id"] for row in lago.store.rows["credit_notes"]}
    one = next(
        row
        for row in lago.store.rows["subscriptions"]
        if row["external_id"].startswith("nexamaps")
        and row["status"] == "active"
        and row["external_customer_id"] not in noted
    )
    customers = lago.store.rows["customers"]
    keys = [row["external_id"] for row in customers]
    at = keys.index(one["external_customer_id"])
    other = "EUR" if plans[one["plan_code"]] != "EUR" else "CAD"
    # Its data are the session's: a row is put in the place of another.
    customers[at] = customers[at] | {"currency": other}
    mixed = [
        row
        for row in lago.store.rows["subscriptions"]
        if row["external_customer_id"] == keys[at] and row["status"] == "active"
    ]
    state = world.run(source="lago", service="nexamaps", dry_run=True)
    assert state.name == "CompletedWithQuarantine", state.message
    told = Counter((row["table"], row["rule"]) for row in world.table("quarantine"))
    assert told["subscriptions", "currency_mixed"] == len(mixed) > 0
    outcomes = Counter((r["table"], r["outcome"]) for r in world.table("outcomes"))
    assert outcomes["subscriptions", "out_of_scope"] > 0
    assert world.sql("SELECT count(*) FROM fusion_billing_account_link") == [(0,)]


def test_service_of_lago_needs_no_database(world, lago, monkeypatch):
    monkeypatch.delenv("NEXACLOUD_DSN", raising=False)
    state = world.run(source=None, service="nexadesk", dry_run=True)
    assert state.name in {"Completed", "CompletedWithQuarantine"}, state.message


@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"LAGO_API_URL": ""}, "Set LAGO_API_URL"),
        ({"LAGO_API_KEY": "wrong"}, "Check LAGO_API_KEY"),
    ],
    ids=["no address", "wrong key"],
)
def test_lago_that_cannot_be_read_is_a_configuration_error(
    world, lago, monkeypatch, variables, words
):
    for name, value in variables.items():
        monkeypatch.setenv(name, value)
    error = world.run(source="lago", service="nexadesk").result(raise_on_failure=False)
    assert isinstance(error, ConfigError)
    assert words in str(error)
