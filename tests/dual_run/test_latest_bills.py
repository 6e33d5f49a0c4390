"""What was agreed or billed since the compared months keeps its customer back, and nobody else."""

from __future__ import annotations

import pytest

from tests.dual_run.test_long_periods import clean, run, standing
from tests.flow_world import World

#: Whoever pays for one subscription, by the month, since before the compared month.
MONTHLY = """
    SELECT min(s.user_id::text), min(s.id::text)
    FROM subscriptions s JOIN plans p ON p.id = s.plan_id
    WHERE s.billing_cycle = 'monthly' AND p.price_monthly > 10
        AND s.user_id::text NOT IN (SELECT customer::text FROM sample.events)
    GROUP BY s.user_id
    HAVING count(*) = 1 AND min(s.canceled_at) IS NULL AND min(s.started_at) < '2026-08-01'
        AND min(s.current_period_start) >= '2026-10-02'
    ORDER BY 1"""
#: The bill of the period that runs has a price that no row tells.
LOWER = """
    WITH price AS (
        UPDATE invoice_items SET unit_price = unit_price - 5, amount = amount - 5
        WHERE description ~ '→' AND description !~ 'overage' AND invoice_id IN (
            SELECT i.id::text FROM invoices i JOIN subscriptions s ON s.id = i.subscription_id
            WHERE s.id = '{}' AND i.period_start > s.current_period_start - interval '2 days')
        RETURNING invoice_id)
    UPDATE invoices SET subtotal = subtotal - 5, total = total - 5
    WHERE id::text IN (SELECT invoice_id FROM price)"""
MOVE = """
    UPDATE subscriptions SET current_period_start = current_period_start + interval '{0}',
        current_period_end = current_period_end + interval '{0}' WHERE id = '{1}'"""

__all__ = ["clean"]


@pytest.mark.soak
def test_who_is_billed_otherwise_since_the_compared_months_waits_by_name(clean: World):
    people = clean.source_sql(MONTHLY)
    (lower, lower_one), (behind, behind_one), (ahead, ahead_one), *right = people
    clean.source_sql(LOWER.format(lower_one))
    clean.source_sql(MOVE.format("-1 month", behind_one))
    clean.source_sql(MOVE.format("1 year", ahead_one))
    clean.run()
    clean.let_all_pay_by_invoice()
    run(clean)
    told = standing(clean)
    assert not told[lower][0]
    assert "of 2026-10" in told[lower][2]
    assert not told[behind][0]
    assert told[behind][1] == "our copy: Billed twice"
    assert not told[ahead][0]
    assert "more than a period ahead" in told[ahead][2]
    assert len(right) > 2
    assert [told[key][2] for key, _one in right] == [""] * len(right)

    # The month's own price agrees as before.
    flats = [
        row["outcome"]
        for row in clean.table("lines", "reconcile")
        if (row["subscription"], row["item"]) == (lower_one, "flat")
    ]
    assert flats == ["match"]

    # The row follows its invoices: the next dual run finds nothing any more.
    clean.source_sql(MOVE.format("1 month", behind_one))
    run(clean)
    assert standing(clean)[behind][0]
