"""Where nothing is wrong all are ready after three dual runs and what people say, and go live.

``FC_CLEAN_CUSTOMERS`` is how many there are.
"""

from __future__ import annotations

import os
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import pytest

from tasks.cutover import approval
from tests.cutover.people import decide
from tests.dual_run.test_chain import MONTHS, dual
from tests.flow_world import World

pytestmark = [pytest.mark.soak, pytest.mark.timeout(3 * 60 * 60)]

CUSTOMERS = int(os.environ.get("FC_CLEAN_CUSTOMERS", "120"))
A_MONTH_LATER = datetime.now(UTC) + timedelta(days=33)
#: That day where the company is: invoices are due by its days.
THAT_DAY = A_MONTH_LATER.astimezone(ZoneInfo("America/Toronto")).date().isoformat()
#: Odoo's nightly work of a month, in one call.
_PATIENCE_SECONDS = 60 * 60
#: What is billed once or taken back is no one's error, and not carried over: people decide so.
DECIDED = ("one_off", "credit")
WAITING = """
    SELECT external_id, readiness_codes, readiness_reasons
    FROM fusion_billing_account_link WHERE ready IS NOT TRUE"""
#: NexaCloud's rows do not say it: a person does, on the contact in Odoo.
EXEMPT = "SELECT DISTINCT customer::text FROM sample.events WHERE kind = 'tax_exempt'"
#: What each subscription was first invoiced in Odoo, with tax, and how many of them are live.
FIRST_INVOICES = """
    SELECT DISTINCT ON (o.id) o.x_fc_nexacloud_subscription_id, trim_scale(m.amount_total)::text
    FROM account_move m
    JOIN account_move_line l ON l.move_id = m.id
    JOIN sale_order_line_invoice_rel r ON r.invoice_line_id = l.id
    JOIN sale_order_line s ON s.id = r.order_line_id
    JOIN sale_order o ON o.id = s.order_id
    WHERE m.state = 'posted' ORDER BY o.id, m.id"""


@pytest.fixture
def clean(scratch, new_world) -> World:
    return new_world(scratch.new_nexacloud_database(CUSTOMERS, clean=True))


def test_all_are_ready_after_one_decision_a_family_and_their_first_invoices_are_the_old_ones(
    clean: World, monkeypatch: pytest.MonkeyPatch
):
    dual_runs()
    say_who_is_exempt(clean)
    dual_runs()
    waiting = clean.sql(WAITING)
    decide_about_what_is_not_carried(clean)
    after = clean.sql(WAITING)
    assert after == []
    assert waiting

    clean.let_all_pay_by_invoice()
    switch_all(clean, monkeypatch)
    odoo = rpc(clean)
    while odoo.execute_kw("sale.order", "invoice_due", [THAT_DAY])["remaining"]:
        pass
    first = {key: float(total) for key, total in clean.sql(FIRST_INVOICES)}
    # Who pays by the year may be due much later.
    rehearsed = {
        row["subscription"]: float(row["invoice total"].replace(",", ""))
        for row in clean.table("first_invoices", "cutover")
        if row["subscription"] and row["date"] <= THAT_DAY
    }
    assert len(rehearsed) > CUSTOMERS / 2
    assert first == rehearsed

    from flows.watch import watch

    monkeypatch.setattr("tasks.run.run._identity", lambda: (A_MONTH_LATER, "later"))
    state = watch(closing_days=0, return_state=True)
    said = clean.report("watch")
    assert (state.name, said["lines"] > CUSTOMERS) == ("Completed", True)
    assert [row for row in clean.table("lines", "watch") if row["trouble"]] == []


def dual_runs() -> None:
    for month in MONTHS:
        state = dual(month)
        assert state.name == "Completed", state.message


def say_who_is_exempt(world: World) -> None:
    """Give those contacts a fiscal position that takes every tax away, as Odoo's form does."""
    odoo = rpc(world)
    position = odoo.execute_kw("account.fiscal.position", "create", [{"name": "Exempt by law"}])
    theirs = [("external_id", "in", [key for (key,) in world.source_sql(EXEMPT)])]
    links = odoo.execute_kw("fusion.billing.account.link", "search_read", [theirs, ["partner_id"]])
    assert links
    for link in links:
        values = {"property_account_position_id": position}
        odoo.execute_kw("res.partner", "write", [[link["partner_id"][0]], values])


def decide_about_what_is_not_carried(world: World) -> None:
    (service,) = world.sql("SELECT id FROM fusion_billing_service WHERE code = 'nexacloud'")[0]
    currencies = world.sql("SELECT DISTINCT currency_id FROM fusion_billing_reconciliation")
    for cause in DECIDED:
        for (currency,) in currencies:
            values = {
                "service_id": service,
                "scope": "cause",
                "cause": cause,
                "right": "not_carried",
                "currency_id": currency,
                "max_amount": 1_000_000,
                "expires_on": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
                "reason": "Billed once; not carried over.",
            }
            rpc(world).execute_kw("fusion.billing.decision", "create", [values])


def switch_all(world: World, monkeypatch: pytest.MonkeyPatch) -> None:
    """Switch everybody, with the yes of a second person."""
    from flows.cutover import cutover

    def read(_question: str) -> str:
        decide(world)
        return "yes"

    monkeypatch.setattr(approval, "ask_on_terminal", partial(approval.ask_on_terminal, read=read))
    state = cutover(ask="terminal", stripe_ids=False, return_state=True)
    assert state.name == "Completed", state.message
    assert " 0 failed" in state.message
    assert "not ready" not in state.message


def rpc(world: World) -> Any:
    odoo = world.rpc()
    odoo.config["timeout"] = _PATIENCE_SECONDS
    return odoo
