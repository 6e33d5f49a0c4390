"""The backfill on a real NexaCloud sample and a real Odoo: what a billing team relies on."""

from __future__ import annotations

from collections import Counter

import odoorpc
import pytest

from tasks.backfill.outcomes import REMEDIES
from tasks.model.errors import ConfigError
from tests.cutover.people import decide

LOADED = {"created", "updated", "unchanged"}
#: Logins, and the note that tells other workers to drop their caches.
HOUSEKEEPING = ("res_users_log", "orm_signaling_default")


def outcomes(world):
    return {(r["table"], r["source_id"]): r["outcome"] for r in world.table("outcomes")}


def test_backfill_from_nothing_gives_every_source_row_one_outcome_and_odoo_agrees(world):
    state = world.run()
    assert state.name == "CompletedWithQuarantine", state.message

    found = outcomes(world)
    for table in ("users", "plans", "deployments", "subscriptions"):
        ids = {str(row[0]) for row in world.source_sql(f"SELECT id FROM {table}")}
        assert {key for (name, key) in found if name == table} == ids
    assert len(world.table("outcomes")) == len(found)

    counts = Counter(found.values())
    assert counts["failed"] == 0
    created = Counter(table for (table, _), outcome in found.items() if outcome == "created")
    assert world.sql("SELECT count(*) FROM fusion_billing_account_link")[0][0] == created["users"]
    assert world.sql("SELECT count(*) FROM fusion_billing_plan")[0][0] == created["plans"]
    orders = "SELECT count(*) FROM sale_order WHERE x_fc_external_id IS NOT NULL"
    assert world.sql(orders)[0][0] == created["deployments"] == created["subscriptions"]
    assert world.report()["readback"]["safe"] is True


def test_backfill_of_dirty_rows_keeps_each_out_for_the_reason_it_is_dirty(world):
    world.run(dry_run=True)
    told = {(r["table"], r["source_id"], r["rule"]) for r in world.table("quarantine")}
    told |= {(r["table"], r["source_id"], r["rule"]) for r in world.table("warnings")}
    told = {row for row in told if row[2] not in REMEDIES}
    tables = "('users', 'plans', 'deployments', 'subscriptions')"
    labels = {
        (table, str(key), label)
        for table, key, label in world.source_sql(
            "SELECT table_name, row_id, label FROM sample.dirty_labels"
            f" WHERE table_name IN {tables}"
        )
    }
    assert labels
    assert labels <= told
    hanging_on_another = {row for row in told - labels if row[2].endswith("_quarantined")}
    assert told == labels | hanging_on_another


def test_backfill_again_writes_nothing(world):
    world.run()
    before = world.business()
    writes = "SELECT coalesce(max(write_date), '-infinity') FROM sale_order"
    touched = world.sql(writes)

    world.run()
    assert world.business() == before
    assert world.sql(writes) == touched
    counts = Counter(outcomes(world).values())
    assert counts["created"] == counts["updated"] == 0
    assert counts["unchanged"] > 0


def test_dry_run_leaves_odoo_as_it_was_and_predicts_the_real_run(world):
    before = world.fingerprint(*HOUSEKEEPING)
    assert world.run(dry_run=True).name == "CompletedWithQuarantine"
    after = world.fingerprint(*HOUSEKEEPING)
    assert [table for table in after if after[table] != before[table]] == []
    predicted = outcomes(world)

    world.run()
    assert outcomes(world) == predicted


def test_backfill_of_a_part_says_what_was_not_asked_for(world):
    world.run(only=["plans"])
    counts = Counter((r["table"], r["outcome"]) for r in world.table("outcomes"))
    assert counts["plans", "created"] > 0
    assert counts["users", "not_selected"] > 0
    assert world.sql("SELECT count(*) FROM fusion_billing_account_link") == [(0,)]

    world.run(only=["deployments"], limit=20)
    assert world.sql("SELECT count(*) FROM fusion_billing_account_link")[0][0] <= 20
    assert world.report()["rows"]["deployments"]["created"] > 0


def test_backfill_of_a_changed_plan_updates_what_hangs_on_it_and_nothing_else(own_world):
    own_world.run()
    plan = own_world.sql(
        "SELECT x_fc_nexacloud_plan_id FROM sale_order WHERE amount_untaxed > 0 LIMIT 1"
    )[0][0]
    own_world.source_sql(
        f"UPDATE plans SET price_monthly = price_monthly + 1, price_yearly = price_yearly + 1,"
        f" cpu_rate_per_core_hour = 0.0075 WHERE id = '{plan}'"
    )
    own_world.run()
    found = own_world.table("outcomes")
    assert [
        r["source_id"] for r in found if r["table"] == "plans" and r["outcome"] == "updated"
    ] == [plan]
    orders = own_world.sql(
        f"SELECT x_fc_external_id FROM sale_order WHERE x_fc_nexacloud_plan_id = '{plan}'"
    )
    updated = {
        r["source_id"] for r in found if r["table"] == "deployments" and r["outcome"] == "updated"
    }
    assert updated == {key for (key,) in orders}
    assert own_world.report()["readback"]["safe"] is True


def test_a_rate_below_a_cent_reads_back_from_odoo_as_it_is_in_the_source(own_world):
    world = own_world
    world.source_sql("UPDATE plans SET cpu_rate_per_core_hour = 0.0075 WHERE is_active")
    world.run()
    rpc = world.rpc()
    ids = rpc.execute_kw("fusion.billing.charge", "search", [[]])
    rates = {r["price_per_unit"] for r in rpc.execute_kw("fusion.billing.charge", "read", [ids])}
    assert rates == {0.0075}


def test_a_shadow_order_cannot_be_confirmed_sent_or_invoiced(world):
    world.run(limit=20)
    rpc = world.rpc()
    order = rpc.execute_kw("sale.order", "search", [[("x_fc_shadow", "=", True)]])[:1]
    for method, arguments in (
        ("action_confirm", [order]),
        ("write", [order, {"state": "sale"}]),
        ("write", [order, {"state": "sent"}]),
        ("write", [order, {"x_fc_shadow": False}]),
        ("action_quotation_sent", [order]),
    ):
        with pytest.raises(odoorpc.error.RPCError, match="shadow"):
            rpc.execute_kw("sale.order", method, arguments)
    assert rpc.execute_kw("sale.order", "read", [order, ["state"]])[0]["state"] == "draft"


def test_an_order_that_someone_confirmed_is_left_alone_and_reported(own_world):
    world = own_world
    world.run()
    ((order, key),) = world.sql(
        "UPDATE sale_order SET state = 'sale', subscription_state = '3_progress'"
        " WHERE id = (SELECT min(id) FROM sale_order WHERE x_fc_external_id IS NOT NULL)"
        " RETURNING id, x_fc_external_id"
    )
    world.source_sql(f"UPDATE deployments SET name = 'renamed' WHERE id = '{key}'")
    state = world.run()
    assert state.name == "CompletedWithAttention", state.message
    (row,) = [
        r for r in world.table("outcomes") if r["source_id"] == key and r["table"] == "deployments"
    ]
    assert (row["outcome"], row["code"]) == ("unchanged", "order_left_draft")
    assert world.sql(
        f"SELECT state, client_order_ref <> 'renamed' FROM sale_order WHERE id = {order}"
    ) == [("sale", True)]
    totals = world.report()["totals"]
    assert [total["odoo"] for total in totals] == [total["source"] for total in totals]


def test_customer_whom_a_cutover_took_live_is_left_alone_and_the_copy_stays_safe(own_world):
    world = own_world
    world.run()
    ((customer, subscription, deployment),) = world.sql(
        """SELECT l.external_id, o.x_fc_nexacloud_subscription_id, o.x_fc_external_id
        FROM sale_order o JOIN fusion_billing_account_link l ON l.id = o.x_fc_account_link_id
        WHERE (SELECT count(*) FROM sale_order s WHERE s.x_fc_account_link_id = l.id) = 1
            AND l.stripe_customer_id IS NOT NULL AND o.next_invoice_date IS NOT NULL
        ORDER BY o.id LIMIT 1"""
    )
    world.let_all_pay_by_invoice()
    switch_to_live(world, customer, subscription)
    world.source_sql(f"UPDATE deployments SET name = 'renamed' WHERE id = '{deployment}'")
    state = world.run()
    # One customer is live: that is no reason to look.
    assert state.name == "CompletedWithQuarantine", state.message
    assert world.report()["readback"]["safe"] is True
    found = {r["source_id"]: r["code"] for r in world.table("outcomes") if r["code"]}
    assert (found[customer], found[deployment]) == ("customer_live", "order_live")
    live = "SELECT state, client_order_ref FROM sale_order WHERE x_fc_shadow IS NOT TRUE"
    ((name, shown),) = world.sql(f"{live} AND x_fc_external_id = '{deployment}'")
    assert (name, shown != "renamed") == ("sale", True)


def switch_to_live(world, customer, subscription):
    """Take one customer through plan, approval and switch, with the least that is required."""

    def call(method, *arguments):
        return world.rpc().execute_kw("fusion.billing.import.wizard", method, list(arguments))

    world.sql("UPDATE fusion_billing_service SET phase = 'dual_run' WHERE code = 'nexacloud'")
    values = {
        "service": "nexacloud",
        "key": "pilot",
        "customers": [customer],
        "requirements": {"green_cycles": 0},
        "billed": {customer: {subscription: ""}},
    }
    plan = call("cutover_plan", values)
    assert plan["ok"], plan
    decide(world)
    page = call("cutover_customers", "pilot")
    ((held,),) = (row["subscriptions"] for row in page["rows"])
    days = {subscription: held["next_invoice_date"]}
    bundle = {"cutover": "pilot", "key": "1", "customers": [customer], "billed_until": days}
    answer = call("cutover_bundle", bundle)
    assert answer["switched"] == 1, answer


def test_an_order_whose_deployment_was_deleted_ends_in_odoo_and_goes_on_if_it_comes_back(own_world):
    world = own_world
    world.run()
    ((key, subscription),) = world.sql(
        "SELECT x_fc_external_id, x_fc_nexacloud_subscription_id FROM sale_order"
        " WHERE x_fc_shadow ORDER BY id LIMIT 1"
    )
    ended = (
        f"SELECT state, x_fc_terminated_at::text FROM sale_order WHERE x_fc_external_id = '{key}'"
    )
    at = "2026-11-02 03:04:05+00"
    world.source_sql(
        f"UPDATE deployments SET status = 'deleted', deleted_at = '{at}' WHERE id = '{key}';"
        f"UPDATE subscriptions SET status = 'canceled', canceled_at = '{at}'"
        f" WHERE id = '{subscription}'"
    )
    world.run(dry_run=True)
    predicted = outcomes(world)
    assert world.sql(ended) == [("draft", None)]
    state = world.run()
    assert state.name == "CompletedWithQuarantine"
    assert state.message.endswith("; 1 order ended")
    assert outcomes(world) == predicted
    assert world.sql(ended) == [("draft", at.removesuffix("+00"))]
    told = {r["source_id"]: r for r in world.table("outcomes") if r["code"] == "order_ended"}
    assert set(told) == {key, subscription}
    assert "Its shadow order in Odoo ended with it." in told[key]["reason"]
    assert world.report()["readback"]["safe"] is True

    world.source_sql(
        f"UPDATE deployments SET status = 'running', deleted_at = NULL WHERE id = '{key}';"
        f"UPDATE subscriptions SET status = 'active', canceled_at = NULL"
        f" WHERE id = '{subscription}'"
    )
    world.run()
    assert world.sql(ended) == [("draft", None)]


def test_what_someone_changed_in_odoo_is_found_by_the_full_compare(own_world):
    world = own_world
    world.run()
    world.sql(
        "UPDATE fusion_billing_charge SET price_per_unit = 0.01 WHERE id ="
        " (SELECT min(id) FROM fusion_billing_charge)"
    )
    world.run(full_compare=True)
    drifted = [r for r in world.table("outcomes") if r["code"] == "drift"]
    assert [r["table"] for r in drifted] == ["plans"]
    assert world.report()["readback"]["safe"] is True


def test_a_copy_that_reads_back_wrong_is_never_called_safe(own_world):
    world = own_world
    world.run()
    world.sql(
        "UPDATE sale_order_line SET price_unit = price_unit + 0.01 WHERE id ="
        " (SELECT min(id) FROM sale_order_line)"
    )
    state = world.run()
    assert state.name == "CopyUnsafe"
    assert world.report()["readback"]["safe"] is False


def test_too_many_bad_rows_stop_the_run_before_anything_is_written(own_world):
    world = own_world
    before = world.business()
    world.source_sql(
        "UPDATE users SET email = 'nobody' WHERE ctid IN"
        " (SELECT ctid FROM users ORDER BY id LIMIT 40)"
    )
    state = world.run()
    assert state.name == "DataRefused"
    assert "users" in (state.message or "")
    assert world.business() == before
    assert world.report()["exit_code"] == 3


@pytest.mark.parametrize(
    ("spoil", "said"),
    [
        pytest.param({"ODOO_PASSWORD": "wrong-pass-word"}, "refused the login", id="password"),
        pytest.param({"ODOO_URL": "http://127.0.0.1:1"}, "cannot be reached", id="host"),
        pytest.param({"ODOO_DB": "nowhere"}, "no database", id="database"),
        pytest.param({"NEXACLOUD_DSN": ""}, "NEXACLOUD_DSN", id="unset"),
    ],
)
def test_wrong_settings_are_one_sentence_and_write_nothing(world, monkeypatch, spoil, said):
    for name, value in spoil.items():
        monkeypatch.setenv(name, value)
    state = world.run()
    assert state.name == "ConfigurationError"
    assert isinstance(state.result(raise_on_failure=False), ConfigError)
    assert said in (state.message or "")
    assert "\n" not in (state.message or "")
    assert not (world.reports / "backfill").exists()


def test_an_odoo_without_the_addon_is_told_so(world):
    world.sql(
        "UPDATE ir_module_module SET state = 'uninstalled' WHERE name = 'fusion_centralize_billing'"
    )
    state = world.run()
    assert state.name == "ConfigurationError"
    assert "lacks the addon fusion_centralize_billing" in state.message


def test_a_user_who_may_not_import_is_told_which_group_is_missing(world):
    world.sql(
        "DELETE FROM res_groups_users_rel WHERE gid IN (SELECT res_id FROM ir_model_data"
        " WHERE module = 'fusion_centralize_billing' AND model = 'res.groups')"
    )
    state = world.run()
    assert state.name == "ConfigurationError"
    assert "Centralized Billing / Importer" in state.message


def test_a_missing_column_is_named_before_anything_happens(own_world):
    own_world.source_sql("ALTER TABLE plans DROP COLUMN cpu_rate_per_core_hour")
    state = own_world.run()
    assert state.name == "ConfigurationError"
    assert "plans" in state.message
    assert "cpu_rate_per_core_hour" in state.message


def test_a_role_that_could_write_is_refused(own_world, monkeypatch):
    monkeypatch.setenv("NEXACLOUD_DSN", own_world.nexacloud)
    state = own_world.run()
    assert state.name == "ConfigurationError"
    assert "write" in state.message


def test_no_password_is_in_any_report_log_or_state(world, caplog, capfd):
    state = world.run(limit=30)
    secrets = {
        world.scratch.odoo_password,
        world.environment["NEXACLOUD_DSN"].split(":")[2].split("@")[0],
    }
    told = [caplog.text, *capfd.readouterr(), str(state.message)]
    told += [
        path.read_text(errors="replace") for path in world.reports.rglob("*") if path.is_file()
    ]
    assert not [text for text in told for secret in secrets if secret in text]
