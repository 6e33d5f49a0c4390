"""Metering on a real NexaCloud sample and a real Odoo: what a billing team relies on."""

from __future__ import annotations

import time
from collections import Counter
from decimal import Decimal

import pytest

from deployments.sample.kept_out import NOT_IN_ODOO
from tasks.model.errors import ConfigError
from tests.flow_world import CUSTOMERS, World
from tests.usage.billed import billed as billed_by
from tests.usage.billed import flat_in_odoo, in_odoo
from tests.usage.billed import labels as labels_of

HOUSEKEEPING = ("res_users_log", "orm_signaling_default")
USAGE = "SELECT count(*) FROM fusion_billing_usage"


@pytest.fixture(scope="module")
def backfilled(scratch):
    """A sample and the Odoo that it was loaded into, once; filled by the first who needs it."""
    return {"dsns": scratch.new_nexacloud_database(CUSTOMERS)}


@pytest.fixture
def world(backfilled, new_world) -> World:
    """A world whose NexaCloud is shared, and whose Odoo holds the backfill and no usage."""
    if "database" not in backfilled:
        made = new_world(backfilled["dsns"])
        assert made.run().name == "CompletedWithQuarantine"
        backfilled["database"] = made.scratch.new_odoo_database(made.database)
    return new_world(backfilled["dsns"], backfilled["database"])


@pytest.fixture
def own_world(backfilled, world, new_world, scratch) -> World:
    """The same, with a NexaCloud that the test may change."""
    return new_world(scratch.new_nexacloud_database(CUSTOMERS), backfilled["database"])


def periods(world):
    return {(r["deployment_id"], r["period_start"]): r for r in world.table("outcomes", "usage")}


def outcomes(world):
    return {key: row["outcome"] for key, row in periods(world).items()}


def metered_seconds(world):
    return world.sql("SELECT coalesce(sum(quantity), 0) FROM fusion_billing_usage")[0][0]


def test_usage_from_nothing_foots_on_both_sides_and_shows_how_each_amount_came_about(world):
    state = world.meter()
    assert state.name == "CompletedWithQuarantine", state.message
    records = world.report("usage")["rows"]["usage"]
    assert records["read"] == world.source_sql("SELECT count(*) FROM usage_records")[0][0]
    assert records["read"] == sum(count for name, count in records.items() if name != "read")

    found = periods(world)
    assert len(found) == len(world.table("outcomes", "usage"))
    created = [row for row in found.values() if row["outcome"] == "created"]
    measured = sum(Decimal(row["cpu_seconds"]) for row in created)
    assert metered_seconds(world) == measured
    assert world.sql(USAGE)[0][0] == len(created)
    for row in created:
        assert row["odoo_cpu_seconds"] == row["cpu_seconds"]
        assert row["explanation"]
        assert row["state"] == "preview"
    amounts = sum(Decimal(row["amount"]) for row in created)
    assert amounts == world.sql("SELECT sum(amount) FROM fusion_billing_rating")[0][0] > 0
    lines = "SELECT count(*) FROM sale_order_line WHERE name LIKE '%core-hours used%'"
    assert world.sql(lines) == [(0,)]


def test_nexacloud_billed_what_odoo_would_bill_but_for_the_injected_differences(world):
    world.meter()
    usage, flat, labels = in_odoo(world), flat_in_odoo(world), labels_of(world)
    billed = {line: amount for line, amount in billed_by(world).items() if line[1][0] in flat}
    expected = {
        line: usage.get(line[1], (0,))[0] if line[1][1] != "flat" else flat[line[1][0]]
        for line in billed
    }
    # Stripe keeps 4 decimals, Lago cents: half a cent is no difference.
    differ = {line for line in billed if abs(billed[line] - expected[line]) > Decimal("0.00501")}
    inside = {line for line, cause in labels.items() if line in billed and cause not in NOT_IN_ODOO}
    assert differ == inside
    assert len(inside) > 20

    known = {key for _, key in billed} | {key for _, key in labels}
    months = [f"2026-{month:02d}" for month in range(5, 11)]
    due = {key for key, (amount, end) in usage.items() if amount and f"{end:%Y-%m}" in months}
    assert due - known == set()


def amounts_of(world):
    """What each deployment's period costs, and its flat price."""
    return {
        key: (row["amount"] or None, row["flat_price"] or None)
        for key, row in periods(world).items()
        if row["outcome"] in ("created", "updated", "unchanged")
    }


def test_usage_again_writes_nothing(world):
    world.meter()
    before = world.business()
    written = "SELECT max(write_date) FROM fusion_billing_usage"
    touched = world.sql(written)
    world.meter(full=True)
    assert world.business() == before
    assert world.sql(written) == touched
    assert set(outcomes(world).values()) & {"created", "updated", "failed"} == set()


def test_dry_run_leaves_odoo_as_it_was_and_predicts_the_real_run(world):
    before = world.fingerprint(*HOUSEKEEPING)
    world.meter(dry_run=True)
    after = world.fingerprint(*HOUSEKEEPING)
    assert [table for table in after if after[table] != before[table]] == []
    predicted, costs = outcomes(world), amounts_of(world)
    world.meter()
    assert outcomes(world) == predicted
    assert amounts_of(world) == costs
    assert costs
    assert (None, None) not in costs.values()


def test_corrected_deleted_and_new_records_end_in_odoo_as_the_source_says(own_world):
    world = own_world
    world.meter()
    rows = sorted(
        (row for row in periods(world).values() if row["outcome"] == "created"),
        key=lambda row: row["period_start"],
    )
    corrected, deleted = rows[0], rows[1]
    for row, change in (
        (corrected, "UPDATE usage_records SET cpu_hours = cpu_hours + 1"),
        (deleted, "DELETE FROM usage_records"),
    ):
        world.source_sql(
            f"{change} WHERE deployment_id = '{row['deployment_id']}'"
            f" AND period_start >= '{row['period_start']}' AND period_start < '{row['period_end']}'"
        )
    world.meter()
    assert Counter(outcomes(world).values())["updated"] == 0, "settled periods are left alone"

    assert world.meter(full=True).name.startswith("Completed")
    changed = {key: row for key, row in periods(world).items() if row["outcome"] == "updated"}
    assert set(changed) == {(r["deployment_id"], r["period_start"]) for r in (corrected, deleted)}
    seconds = Decimal(corrected["cpu_seconds"]) + 3600 * int(corrected["records"])
    key = (corrected["deployment_id"], corrected["period_start"])
    assert Decimal(changed[key]["odoo_cpu_seconds"]) == seconds
    key = (deleted["deployment_id"], deleted["period_start"])
    assert changed[key]["odoo_cpu_seconds"] == "0"
    assert world.sql("SELECT count(*) FROM fusion_billing_usage_correction") == [(2,)]


def test_usage_before_a_new_subscription_of_the_deployment_is_taken_back(own_world):
    world = own_world
    world.meter()
    before = metered_seconds(world)
    row = max(
        (row for row in periods(world).values() if row["outcome"] == "created"),
        key=lambda row: row["period_start"],
    )
    key, start = row["deployment_id"], row["period_end"]
    theirs = sum(
        Decimal(each["cpu_seconds"])
        for each in periods(world).values()
        if each["deployment_id"] == key and each["outcome"] == "created"
    )
    world.source_sql(
        f"WITH old AS (UPDATE subscriptions SET status = 'canceled', canceled_at = '{start}'"
        f" WHERE deployment_id = '{key}' AND status IN ('active', 'trialing', 'past_due')"
        " RETURNING *) INSERT INTO subscriptions SELECT gen_random_uuid(), user_id, deployment_id,"
        f" plan_id, 'active', billing_cycle, '{start}', '{start}',"
        f" '{start}'::timestamptz + interval '1 month', NULL FROM old"
    )
    world.run()
    state = world.meter(full=True)
    assert state.name == "CompletedWithQuarantine", state.message
    assert theirs > 0
    assert metered_seconds(world) == before - theirs


def test_after_a_run_only_what_can_have_changed_is_read(own_world):
    world = own_world
    world.meter()
    everything = world.report("usage")["rows"]["usage"]["read"]
    deployment = next(r for r in periods(world).values() if r["outcome"] == "created")
    world.source_sql(
        "INSERT INTO usage_records VALUES"
        f" (gen_random_uuid(), '{deployment['deployment_id']}',"
        " now() - interval '2 hours', now() - interval '1 hour', 1, 0)"
    )
    before = metered_seconds(world)
    world.meter()
    assert 0 < world.report("usage")["rows"]["usage"]["read"] < everything
    assert metered_seconds(world) == before + 3600


def test_month_meters_its_periods_alone_and_the_next_run_still_reads_the_others(world):
    world.meter(period="2026-09")
    metered = {key for key, outcome in outcomes(world).items() if outcome == "created"}
    starts = {start for _, start in metered}
    assert min(starts) >= "2026-09-01T04:00:00+00:00"
    assert max(starts) < "2026-10-01T04:00:00+00:00"
    world.meter()
    counts = Counter(outcomes(world).values())
    assert counts["unchanged"] == len(metered)
    assert counts["created"] > 0


def test_too_many_bad_records_stop_the_run_before_anything_is_written(own_world):
    world = own_world
    world.source_sql("UPDATE usage_records SET cpu_hours = -1 WHERE id::text < '8'")
    state = world.meter()
    assert state.name == "DataRefused"
    assert "max_bad_share" in state.message
    assert world.sql(USAGE) == [(0,)]
    assert world.report("usage")["exit_code"] == 3


def test_odoo_in_another_time_zone_is_a_configuration_error(world):
    world.sql(
        "UPDATE res_partner SET tz = 'UTC' WHERE id ="
        " (SELECT partner_id FROM res_company ORDER BY id LIMIT 1)"
    )
    error = world.meter().result(raise_on_failure=False)
    assert isinstance(error, ConfigError)
    assert "BILLING_TIMEZONE is America/Toronto" in str(error)


def test_without_a_backfill_there_is_nothing_to_meter_into(backfilled, new_world):
    error = new_world(backfilled["dsns"]).meter().result(raise_on_failure=False)
    assert isinstance(error, ConfigError)
    assert "Run the backfill first" in str(error)


@pytest.mark.soak
@pytest.mark.parametrize("rows", [1, 400])
def test_a_killed_metering_run_again_ends_like_a_clean_run(world, new_world, backfilled, rows):
    clean = new_world(backfilled["dsns"], backfilled["database"])
    assert clean.meter().name == "CompletedWithQuarantine"
    expected = clean.business()

    killed = new_world(backfilled["dsns"], backfilled["database"])
    process = killed.start("--batch-rows", "20", flow="usage")
    deadline = time.monotonic() + 120
    while killed.sql(USAGE)[0][0] < rows:
        assert process.poll() is None, "the run ended before it could be killed"
        assert time.monotonic() < deadline
        time.sleep(0.02)
    process.kill()
    process.communicate()
    assert killed.business() != expected

    assert killed.meter().name == "CompletedWithQuarantine"
    assert killed.business() == expected
