"""A server, a worker and every deployment: what an operator does, and what they then see."""

from __future__ import annotations

from dataclasses import replace

import pytest
from prefect.client.schemas.filters import DeploymentFilter

from tests.apply.conftest import eventually

pytestmark = pytest.mark.soak

ORDERS = "SELECT count(*) FROM sale_order WHERE x_fc_external_id IS NOT NULL"
SMALL = ("--param", "batch_rows=10")


def everything(client):
    """What is registered, by kind and name."""
    deployments = client.read_deployments(deployment_filter=DeploymentFilter())
    return {
        "deployments": sorted((d.name, d.entrypoint, d.work_pool_name) for d in deployments),
        "schedules": sorted(
            (d.entrypoint, d.name, s.slug, s.active, s.schedule.cron, s.schedule.timezone)
            for d in deployments
            for s in d.schedules
            if hasattr(s.schedule, "cron")
        ),
        "intervals": sorted(
            (d.name, s.slug, s.active, s.schedule.interval, s.schedule.timezone)
            for d in deployments
            for s in d.schedules
            if hasattr(s.schedule, "interval")
        ),
        "limits": [
            (each.name, each.limit)
            for each in client.read_global_concurrency_limits()
            if not each.name.startswith("deployment:")
        ],
        "automations": sorted((a.name, a.enabled) for a in client.read_automations()),
        "blocks": sorted(b.name for b in client.read_block_documents() if b.name),
    }


def test_applying_again_changes_nothing_and_keeps_what_an_operator_set(deployed):
    with deployed.client as client:
        first = everything(client)
        assert {"Billing: a run failed", "Billing: a run waits for a person"} <= {
            name for name, _ in first["automations"]
        }
        assert {zone for *_, zone in first["schedules"]} == {"America/Toronto"}
        nightly = client.read_deployment_by_name("usage/nexacloud")
        client.update_deployment_schedule(nightly.id, nightly.schedules[0].id, active=True)
        client.upsert_global_concurrency_limit_by_name("odoo", 3)
        changed = everything(client)
        assert changed != first

        again = deployed.shell("deployments.apply")
        assert again.returncode == 0, again.stderr
        assert everything(client) == changed
        assert "schedules on: nexacloud" in again.stdout

        client.update_deployment_schedule(nightly.id, nightly.schedules[0].id, active=False)


def test_what_was_set_once_stays_when_it_is_not_set_again(deployed):
    least = {name: value for name, value in deployed.environment.items() if name != "REPORTS_DIR"}
    for given in (deployed.environment | {"BILLING_TIMEZONE": "America/Vancouver"}, least):
        again = replace(deployed, environment=given)
        assert again.shell("deployments.apply").returncode == 0
        with deployed.client as client:
            assert {zone for *_, zone in everything(client)["schedules"]} == {"America/Vancouver"}
            assert client.read_variable_by_name("reports_dir").value == str(deployed.reports)
    home = {"BILLING_TIMEZONE": "America/Toronto"}
    again = replace(deployed, environment=deployed.environment | home)
    assert again.shell("deployments.apply").returncode == 0


def test_a_run_speaks_far_more_often_than_the_alert_that_takes_it_for_dead_waits(deployed):
    with deployed.client as client:
        pool = client.read_work_pool("nexa")
        (watch,) = client.read_automations_by_name(
            "Billing: a run whose process is gone is crashed"
        )
    environment = pool.base_job_template["variables"]["properties"]["env"]["default"]
    every = int(environment["PREFECT_FLOWS_HEARTBEAT_FREQUENCY"])
    assert watch.trigger.within.total_seconds() >= 5 * every


def test_no_secret_is_in_a_deployment_or_in_the_pool(deployed):
    with deployed.client as client:
        pool = client.read_work_pool("nexa").model_dump_json()
        told = [each.model_dump_json() for each in client.read_deployments()] + [pool]
    assert "{{ prefect.blocks.secret.odoo-password }}" in pool
    secrets = (deployed.environment["ODOO_PASSWORD"], deployed.environment["NEXACLOUD_DSN"])
    assert not [text for text in told for secret in secrets if secret in text]


def test_a_worker_killed_in_a_backfill_and_the_retry_end_like_an_undisturbed_run(deployed):
    run = deployed.begin("backfill/nexacloud", *SMALL)
    eventually(lambda: deployed.sql(ORDERS)[0][0] >= 50)
    deployed.kill_worker(run)
    held = deployed.sql(ORDERS)[0][0]
    alert = eventually(lambda: [text for text in deployed.receiver.texts if str(run) in text])
    assert "backfill: Crashed" in alert[0]
    assert "Its process is gone." in alert[0]

    deployed.start_worker()
    assert deployed.shell("prefect", "flow-run", "retry", str(run)).returncode == 0
    retried = deployed.wait(run, lambda each: each.run_count == 2 and each.state.is_final())
    assert retried.name == "backfill nexacloud"
    assert retried.state.name == "CompletedWithQuarantine"
    assert " created, " in retried.state.message
    reused = [name for name, state in deployed.tasks(run) if state == "Cached"]
    assert "load-plans" in reused
    assert len(reused) > 1
    orders = deployed.sql(ORDERS)[0][0]
    assert 0 < held < orders

    shown = {"backfill-report", "backfill-quarantine", "backfill-progress"}
    assert shown <= deployed.artifacts(run)
    report = deployed.report("backfill")
    assert report["rows"]["deployments"]["read"] > orders == len(set(deployed.order_keys()))
    assert report["readback"]["safe"] is True


def test_a_run_that_cannot_begin_fails_with_a_sentence_and_someone_is_told(deployed):
    run, exit_code = deployed.run("usage/nexacloud", "--param", "period=october")
    assert exit_code == 1
    failed = deployed.wait(run, lambda each: each.state.is_final())
    assert failed.state.name == "ConfigurationError"
    alert = eventually(lambda: [text for text in deployed.receiver.texts if str(run) in text])
    assert "usage: ConfigurationError" in alert[0]
    assert "'october' is neither a month" in alert[0]


def test_a_dual_run_finds_nothing_to_mend_and_puts_its_cycle_on_record(deployed):
    run, exit_code = deployed.run("dual-run/nexacloud", "--param", "period=2026-09")
    done = deployed.wait(run, lambda each: each.state.is_final())
    assert done.name == "dual-run nexacloud 2026-09"
    # The sample has differences that nothing explains, put in on purpose.
    assert (done.state.name, exit_code) == ("CycleNotGreen", 1), done.state.message
    assert {"dual-run-report", "dual-run-cycles"} <= deployed.artifacts(run)
    (cycle,) = deployed.report("dual-run")["cycles"]
    assert cycle["reasons"]
    assert cycle["figures"]["lines"] > cycle["figures"]["matched"] > 0
    assert deployed.sql("SELECT green FROM fusion_billing_cycle") == [(False,)]

    # After a kill and a retry the copy is whole: the backfill in the dual run changes nothing.
    rows = deployed.report("backfill")["rows"].values()
    assert sum(each["created"] + each["updated"] + each["failed"] for each in rows) == 0
    assert deployed.report("usage")["rows"]["billing_periods"]["created"] > 0


@pytest.mark.parametrize(
    ("deployment", "options", "state", "artifact"),
    [
        ("reconcile/nexacloud", ("--param", "period=2026-08"), None, "reconcile-report"),
        ("cutover/nexacloud", ("--param", "dry_run=true"), "GateClosed", "cutover-gate"),
        ("webhooks/all", (), "Completed", "webhooks-report"),
    ],
)
def test_deployment_by_command_ends_as_its_report_says(
    deployed, deployment, options, state, artifact
):
    run, code = deployed.run(deployment, *options)
    done = deployed.wait(run, lambda each: each.state.is_final())
    flow = deployment.partition("/")[0]
    told = deployed.report(flow)
    assert told["state"] == {"name": done.state.name, "message": done.state.message}
    assert code == (1 if told["exit_code"] else 0)
    assert artifact in deployed.artifacts(run)
    assert state is None or done.state.name == state
