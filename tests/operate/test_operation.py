"""A server, a worker and every deployment: what an operator does, and what they then see."""

from __future__ import annotations

import json

import pytest
from prefect.client.schemas.filters import DeploymentFilter

from tests.operate.conftest import eventually

pytestmark = pytest.mark.xdist_group("operate")

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

    run, exit_code = deployed.run("backfill/nexacloud")
    assert exit_code == 0
    assert {"backfill-report", "backfill-quarantine", "backfill-progress"} <= deployed.artifacts(
        run
    )
    report = json.loads((deployed.reports / "backfill" / "latest" / "summary.json").read_text())
    counts = report["rows"].values()
    assert sum(rows["created"] + rows["updated"] + rows["failed"] for rows in counts) == 0
    assert report["rows"]["deployments"]["unchanged"] == orders
    assert report["readback"]["safe"] is True


def test_a_run_that_cannot_begin_fails_with_a_sentence_and_someone_is_told(deployed):
    run, exit_code = deployed.run("usage/nexacloud", "--param", "period=october")
    assert exit_code == 1
    failed = deployed.wait(run, lambda each: each.state.is_final())
    assert failed.state.name == "ConfigurationError"
    alert = eventually(lambda: [text for text in deployed.receiver.texts if str(run) in text])
    assert "usage: ConfigurationError" in alert[0]
    assert "'october' is neither a month" in alert[0]


def test_usage_by_its_deployment_has_its_period_in_its_name_and_its_artifacts(deployed):
    run, exit_code = deployed.run("usage/nexacloud", "--param", "period=2026-09")
    assert exit_code == 0
    done = deployed.wait(run, lambda each: each.state.is_final())
    assert done.name == "usage nexacloud 2026-09"
    assert done.state.name == "CompletedWithQuarantine"
    assert {"usage-report", "usage-progress-usage"} <= deployed.artifacts(run)
