"""The foreign Lago tenant through the whole chain in a real Odoo, up to its first invoices.

The flows' clock stands at the moment of which the tenant's amounts were worked out by hand; Odoo's
and everything else are real.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime
from decimal import Decimal

import pytest

from tasks.backfill import read_lago as reading
from tasks.run import run as runs
from tests.backfill.lago_foreign.objects import READ_AT, SERVICE
from tests.backfill.lago_foreign.tenant import CASES, TAXES, document
from tests.lago_service import point_at

#: Of the last month whose Lago invoices are all there; in the company's zone it begins in December.
MONTH = "2025-12"
#: Who is carried and not ready: whom Lago has not billed yet, and of whose state nobody knows the
#: country, which might decide a tax.
WAITING = {"draft", "lives-nowhere"}


class Clock(datetime):
    """The moment at which Lago is read."""

    @classmethod
    def now(cls, tz=None):
        return READ_AT.astimezone(tz)


@pytest.fixture
def lago(scratch, monkeypatch):
    sandbox = point_at(monkeypatch, scratch.serve_lago(document()))
    named = runs._identity
    monkeypatch.setattr(runs, "_identity", lambda: (READ_AT, named()[1]))
    monkeypatch.setattr(reading, "datetime", Clock)
    return sandbox


def make_service(rpc):
    """Make the service, and say which of Odoo's taxes each code of Lago means."""
    values = {"name": "Overseas", "code": SERVICE, "source": "lago"}
    [service] = rpc.execute("fusion.billing.service", "create", [values])
    group = rpc.execute("account.tax.group", "search", [], 0, 1)[0]
    [company] = rpc.execute("res.company", "search_read", [], ["account_fiscal_country_id"])
    for code, rate in TAXES.items():
        tax = {"name": code, "amount": rate, "type_tax_use": "sale", "tax_group_id": group,
               "country_id": company["account_fiscal_country_id"][0]}  # fmt: skip
        made = rpc.execute("account.tax", "create", [tax])
        code_row = {"service_id": service, "code": code, "tax_ids": [(6, 0, made)]}
        rpc.execute("fusion.billing.tax.code", "create", [code_row])


def kept_out(world):
    """Tell of each customer the rules by which they, their plan or a subscription are kept out."""
    owners = {row["lago_id"]: case.key for case in CASES for row in case.rows["subscriptions"]}
    plans = {row["lago_id"]: case.key for case in CASES for row in case.rows["plans"]}
    billed = {
        row["lago_id"]: case.key
        for case in CASES
        for row in case.rows["fees"] + case.rows["invoices"]
    }
    owners |= plans | billed
    found = defaultdict(set)
    for row in world.table("quarantine"):
        found[owners.get(row["source_id"], row["source_id"])].add(row["rule"])
    return {key: rules - {"owner_quarantined", "plan_quarantined"} for key, rules in found.items()}


def assert_one_outcome_each(outcomes):
    """See that every customer, subscription and plan that is sold has one outcome."""
    rows = Counter((row["table"], row["source_id"]) for row in outcomes)
    assert set(rows.values()) == {1}
    found = {name: {key for table, key in rows if table == name} for name, _ in rows}
    subscriptions = [row for case in CASES for row in case.rows["subscriptions"]]
    assert found["users"] == {case.key for case in CASES}
    assert found["subscriptions"] == {row["lago_id"] for row in subscriptions}
    sold = {row["plan_code"] for row in subscriptions}
    plans = {row["lago_id"] for case in CASES for row in case.rows["plans"] if row["code"] in sold}
    own = {plan["lago_id"] for case in CASES for plan in case.own.values()}
    assert found["plans"] == plans | own


def test_a_foreign_tenant_is_loaded_compared_and_its_first_invoices_are_lago_s(world, lago):
    from flows.cutover import cutover
    from flows.dual_run import dual_run

    make_service(world.rpc())
    state = dual_run(service=SERVICE, period=MONTH, max_bad_share=1.0, return_state=True)
    assert state.name in {"Completed", "CycleNotGreen"}, state.message
    assert world.report()["readback"]["safe"] is True
    named = {case.key: case.kept or case.unreadable for case in CASES}
    assert kept_out(world) == {key: {rule} for key, rule in named.items() if rule}
    assert_one_outcome_each(world.table("outcomes"))
    failed = [row for row in world.table("outcomes") if row["outcome"] == "failed"]
    assert failed == []

    world.let_all_pay_by_invoice()
    state = cutover(
        service=SERVICE, dry_run=True, stripe_ids=False, green_cycles=1, max_bad_share=1.0,
        return_state=True,
    )  # fmt: skip
    invoices = world.table("first_invoices", "cutover")
    sums = defaultdict(Decimal)
    for row in invoices:
        sums[row["subscription"]] += Decimal(row["untaxed"])
    found = {
        row["subscription"]: (row["date"], sums[row["subscription"]], Decimal(row["invoice total"]))
        for row in invoices
    }
    assert found == {
        name: (day, Decimal(net), Decimal(total))
        for case in CASES
        for name, (day, net, total) in case.first.items()
    }
    assert {name for case in CASES for name in case.orders} == found.keys()

    standings = {row["customer"]: row for row in world.table("readiness", "cutover")}
    carried = {case.key for case in CASES if case.orders}
    ready = {key for key, row in standings.items() if row["ready"] == "yes"}
    unready = {key for key, rule in named.items() if rule} | WAITING
    assert {key: standings[key]["reasons"] for key in carried - ready - unready} == {}
    assert not ready & unready
    for case in CASES:
        if case.unreadable:
            assert "What was billed is not known" in standings[case.key]["reasons"]
