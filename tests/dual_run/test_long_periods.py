"""Who pays by the year is ready once that price is compared, wherever its year began."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.dual_run.test_chain import dual
from tests.flow_world import World

MONTH = "2026-09"
CUSTOMERS = 90
#: Whoever pays by the year and had no year begin near the compared month, and nothing else to tell.
YEARLY = """
    SELECT min(s.user_id::text), min(s.id::text)
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE s.billing_cycle = 'yearly' AND s.canceled_at IS NULL AND p.price_yearly > 0
        AND s.started_at < '2026-08-01' AND to_char(s.started_at, 'MM') NOT IN ('08', '09', '10')
        AND s.user_id::text NOT IN (SELECT customer::text FROM sample.events)
    GROUP BY s.user_id HAVING count(*) = 1 ORDER BY 1"""
#: What a person set by hand on the order of a subscription, as percent: the copy leaves it there.
DISCOUNT = """
    UPDATE sale_order_line SET discount = {} WHERE x_fc_item IS NULL
        AND order_id = (SELECT id FROM sale_order WHERE x_fc_nexacloud_subscription_id = '{}')"""
BILLS = "SELECT id::text FROM invoices WHERE subscription_id = '{}' AND period_start < '2026-08-01'"
FORGET = f"""
    DELETE FROM invoice_items WHERE invoice_id::text IN ({BILLS});
    DELETE FROM invoices WHERE id::text IN ({BILLS})"""
#: The old side billed ten more than its plan says.
RAISE = f"""
    WITH price AS (
        UPDATE invoice_items SET unit_price = unit_price + 10, amount = amount + 10
        WHERE invoice_id::text IN ({BILLS}) AND description ~ '→' AND description !~ 'CPU'
        RETURNING invoice_id)
    UPDATE invoices SET subtotal = subtotal + 10, total = total + 10
    WHERE id::text IN (SELECT invoice_id::text FROM price)"""


@pytest.fixture
def clean(scratch, new_world) -> World:
    return new_world(scratch.new_nexacloud_database(CUSTOMERS, clean=True))


def standing(world: World) -> dict[str, tuple[bool, str, str]]:
    """Whether each customer is ready over the one cycle, what they wait for, and why."""
    world.rpc().execute_kw("fusion.billing.import.wizard", "refresh_readiness", ["nexacloud", 1])
    rows = world.sql(
        "SELECT external_id, ready, coalesce(readiness_group, ''), coalesce(readiness_reasons, '')"
        " FROM fusion_billing_account_link"
    )
    return {key: told for key, *told in rows}


def run(world: World) -> None:
    state = dual(MONTH)
    assert state.name == "Completed", state.message


@pytest.mark.soak
def test_a_wrong_price_by_the_year_keeps_its_customer_back_by_name_and_a_right_one_does_not(
    clean: World,
):
    people = clean.source_sql(YEARLY)
    (wrong, wrong_one), (unbilled, unbilled_one), (raised, raised_one), (right, _) = people
    clean.run()
    clean.let_all_pay_by_invoice()
    clean.sql(DISCOUNT.format(10, wrong_one))
    clean.source_sql(RAISE.format(raised_one))
    clean.source_sql(FORGET.format(unbilled_one, unbilled_one))
    run(clean)
    told = standing(clean)
    assert not told[wrong][0]
    assert told[wrong][1].startswith("our copy: ")
    assert not told[raised][0]
    assert told[raised][1].startswith("a decision: ")
    assert "1 line of" in told[raised][2]
    assert told[unbilled][:2] == [False, "a decision: Price not compared"]
    assert told[right][:2] == [True, ""]
    assert not [why for _ready, _group, why in told.values() if "not compared yet" in why]

    # The month's own lines and figures have none of it.
    ones = {one for _customer, one in people}
    lines = [row for row in clean.table("lines", "reconcile") if row["subscription"] in ones]
    assert {row["item"].partition(":")[0] for row in lines} <= {"usage"}

    # A person decides about what nobody billed; what is wrong is mended and compared again.
    (line, currency, stake) = clean.sql(
        "SELECT id, currency_id, odoo_amount::float FROM fusion_billing_reconciliation"
        f" WHERE subscription = '{unbilled_one}' AND item = 'flat' AND status = 'delta'"
    )[0]
    values = {
        "scope": "line",
        "line_id": line,
        "currency_id": currency,
        "max_amount": stake,
        "expires_on": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
        "reason": "As the contract says.",
    }
    (service,) = clean.sql("SELECT id FROM fusion_billing_service WHERE code = 'nexacloud'")[0]
    values["service_id"] = service
    clean.rpc().execute_kw("fusion.billing.decision", "create", [values])
    clean.sql(DISCOUNT.format(0, wrong_one))
    run(clean)
    told = standing(clean)
    assert [told[key][0] for key, _one in people] == [True, True, False, True]
