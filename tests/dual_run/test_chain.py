"""Three dual runs on a real Odoo, and who is ready after them; a decision makes more so."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.flow_world import World

MONTHS = ("2026-07", "2026-08", "2026-09")
#: Differences that no decision settles, by customer: what keeps whoever has one back.
OPEN = """
    SELECT DISTINCT customer FROM fusion_billing_reconciliation
    WHERE status <> 'match' AND period >= '2026-07-01' AND period < '2026-10-01'"""


def dual(period: str, **parameters):
    from flows.dual_run import dual_run

    return dual_run(period=period, match_rate=0.2, return_state=True, **parameters)


def standing(world: World) -> dict[str, dict[str, str]]:
    return {row["customer"]: row for row in world.table("readiness", "dual-run")}


def ready(world: World) -> set[str]:
    return {key for key, row in standing(world).items() if row["ready"] == "yes"}


@pytest.mark.soak
def test_who_is_ready_after_three_dual_runs_and_after_a_decision(world: World):
    for month in MONTHS:
        dual(month)
        report = world.report("dual-run")
    assert [len(report["cycles"]), report["cycles"][0]["service"]] == [1, "nexacloud"]
    rows = standing(world)
    links = {key for (key,) in world.sql("SELECT external_id FROM fusion_billing_account_link")}
    assert links <= rows.keys()
    said = report["readiness"]
    assert said["sentence"].startswith(f"{said['ready']:,} of {len(rows):,} are ready")
    assert said["ready"] == len(ready(world)) > 0

    # Nobody is ready with an open line, and whoever is not is told why.
    assert not ready(world) & {key for (key,) in world.sql(OPEN)}
    assert all(row["reasons"] for key, row in rows.items() if key not in ready(world))
    stored = world.sql("SELECT external_id FROM fusion_billing_account_link WHERE ready")
    assert {key for (key,) in stored} == ready(world)
    assert world.sql(
        "SELECT count(*) FROM fusion_billing_cycle_customer c JOIN fusion_billing_cycle y"
        " ON y.id = c.cycle_id WHERE y.line_count = 0"
    ) == [(0,)]

    # One decision about what is most often waited for; whose copy is wrong stays where they are.
    before = ready(world)
    (cause, number, currency) = world.sql(
        "SELECT cause, count(*), max(currency_id) FROM fusion_billing_reconciliation"
        " WHERE status <> 'match' AND wrong_side <> 'copy' GROUP BY cause ORDER BY 2 DESC LIMIT 1"
    )[0]
    assert number
    (service,) = world.sql("SELECT id FROM fusion_billing_service WHERE code = 'nexacloud'")[0]
    world.rpc().execute_kw(
        "fusion.billing.decision",
        "create",
        [
            {
                "service_id": service,
                "scope": "cause",
                "cause": cause,
                "currency_id": currency,
                "max_amount": 1_000_000,
                "expires_on": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
                "reason": "The old side billed otherwise; Odoo is right.",
            }
        ],
    )
    now = {
        key
        for (key,) in world.sql("SELECT external_id FROM fusion_billing_account_link WHERE ready")
    }
    assert before <= now
    copied_wrong = {
        key
        for (key,) in world.sql(
            "SELECT DISTINCT customer FROM fusion_billing_reconciliation"
            " WHERE wrong_side = 'copy' AND status <> 'match' AND period >= '2026-07-01'"
        )
    }
    assert not now & copied_wrong

    # The same month again is one more record, and the last one counts; a dry run is none.
    cycles = "SELECT count(*) FROM fusion_billing_cycle"
    recorded = world.sql(cycles)
    dual(MONTHS[-1], dry_run=True)
    assert world.sql(cycles) == recorded
    dual(MONTHS[-1])
    assert world.sql(cycles)[0][0] == recorded[0][0] + 1
    assert ready(world) == now
