"""Plans with a minimum go live: Odoo's next invoice has what is missing to it, to the cent."""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from decimal import Decimal

import pytest

from deployments.sample.lago.tenant.biller import bills, tax_of
from deployments.sample.lago.tenant.book import TenantBook
from deployments.sample.lago.tenant.defaults import SERVICE
from deployments.sample.lago.tenant.terms import Charge, Contract, FixedCharge, Plan
from tests.cutover.dual_runs import run_dual_runs
from tests.cutover.first_days import HORIZON, TODAY, first_invoices, send_usage
from tests.lago_service import make_service, point_at

BEGAN = datetime.combine(TODAY, time(9), UTC) - timedelta(days=170)
VISITS = Charge("visits", "standard", {"amount": "1.25"}, (4, 11, 0, 7, 23))
SEATS = FixedCharge("seats", 3, {"amount": "2.50"})
PLANS = (
    Plan("behind", Decimal("29.90"), charges=(VISITS,), commitment=Decimal(60)),
    Plan(
        "ahead", Decimal("29.90"), in_advance=True, charges=(VISITS,), fixed=(SEATS,),
        commitment=Decimal("74.99"),
    ),
    Plan("quarter", Decimal(120), interval="quarterly", commitment=Decimal("150.01")),
    Plan("reached", Decimal("29.90"), charges=(VISITS,), commitment=Decimal(20)),
)  # fmt: skip
CONTRACTS = [Contract(f"member-{plan.code}", plan, BEGAN) for plan in PLANS]


@pytest.fixture
def lago(scratch, monkeypatch):
    book = TenantBook(SERVICE, TODAY)
    book.add(CONTRACTS)
    return point_at(monkeypatch, scratch.serve_lago(book.document()))


def test_after_the_switch_the_next_invoice_has_lago_s_true_up(world, lago, approving, tmp_path):
    make_service(world)
    state = world.run(service=SERVICE)
    assert state.name == "Completed", state.message
    run_dual_runs(SERVICE)
    compared = {(row["customer"], row["outcome"]) for row in world.table("lines", "reconcile")
                if row["item"] == "minimum"}  # fmt: skip
    assert {outcome for _, outcome in compared} == {"match"}
    assert {"member-behind", "member-ahead"} <= {customer for customer, _ in compared}
    world.let_all_pay_by_invoice()

    from flows.cutover import cutover

    state = cutover(service=SERVICE, ask="terminal", stripe_ids=False, return_state=True)
    assert state.name == "Completed", state.message

    coming = {}
    for contract in CONTRACTS:
        [bill, *_] = [each for each in bills(contract, HORIZON) if each.day > TODAY]
        coming[f"{contract.key}-1"] = (bill, bill.net + tax_of(contract, bill).total)
    raised = {key for key, (bill, _) in coming.items()
              if any(due.kind == "commitment" for due in bill.dues)}  # fmt: skip
    assert raised >= {"member-behind-1", "member-ahead-1", "member-quarter-1"}
    send_usage(world, coming)
    posted = first_invoices(world, coming, tmp_path / "days.log")
    expected = {key: (bill.day, bill.net, total) for key, (bill, total) in coming.items()}
    assert posted == expected
