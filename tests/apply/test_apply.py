"""What is to be deployed: every field known, every parameter described and accepted."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime
from importlib import import_module
from itertools import pairwise
from unittest.mock import MagicMock

import pytest
import yaml
from prefect.server.schemas.schedules import IntervalSchedule
from prefect.utilities.callables import parameter_schema

from deployments.apply import ApplyError
from deployments.apply.pool import ensure_pool
from deployments.apply.prefect_file import FILE, deploy, read_file

DEPLOYMENTS = read_file()


def written(tmp_path, **changes):
    content = yaml.safe_load(FILE.read_text())
    content["deployments"][0] |= changes
    path = tmp_path / "prefect.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


@pytest.mark.parametrize("deployment", DEPLOYMENTS, ids=lambda d: f"{d['entrypoint']} {d['name']}")
def test_deployment_names_a_flow_that_takes_its_parameters_and_describes_all(deployment):
    # Prefect's own loader makes do with a flow whose imports fail.
    path, _, name = deployment["entrypoint"].partition(":")
    flow = getattr(import_module(path.removesuffix(".py").replace("/", ".")), name)
    flow.validate_parameters(deployment["parameters"])
    schema = parameter_schema(flow)
    assert set(deployment["parameters"]) <= set(schema.properties)
    undescribed = [name for name, each in schema.properties.items() if not each.get("description")]
    assert undescribed == []
    assert "billing" in deployment["tags"]


def test_no_deployment_runs_by_itself_until_someone_turns_it_on():
    schedules = [each for d in DEPLOYMENTS for each in d.get("schedules", [])]
    assert schedules
    assert not [each for each in schedules if each["active"]]
    of_days = {each["timezone"] for each in schedules if "cron" in each}
    assert of_days == {"{{ $BILLING_TIMEZONE }}"}


@pytest.mark.parametrize(
    "evening",
    [
        datetime(2026, 10, 31, 20, tzinfo=UTC),
        datetime(2026, 3, 7, 20, tzinfo=UTC),
        datetime(2026, 12, 31, 20, tzinfo=UTC),
    ],
    ids=["clocks put back", "clocks put forward", "new year"],
)
def test_what_runs_many_times_a_day_leaves_out_no_hour_when_the_clocks_change(evening):
    often = [
        each
        for deployment in DEPLOYMENTS
        for each in deployment.get("schedules", [])
        if "interval" in each or each["cron"].split()[1] == "*"
    ]
    assert often
    for each in often:
        schedule = IntervalSchedule.model_validate(
            {name: each[name] for name in ("interval", "anchor_date", "timezone")}
        )
        starts = asyncio.run(schedule.get_dates(n=300, start=evening))
        gaps = {(b - a).total_seconds() for a, b in pairwise(s.astimezone(UTC) for s in starts)}
        assert gaps == {float(each["interval"])}


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        pytest.param({"concurrencylimit": 1}, "unknown field 'concurrencylimit'", id="field"),
        pytest.param({"schedules": [{"chron": "* * * * *"}]}, "'chron'", id="schedule"),
        pytest.param({"concurrency_limit": {"most": 1}}, "'most'", id="limit"),
        pytest.param({"work_pool": {"called": "x"}}, "'called'", id="pool"),
    ],
)
def test_a_misspelt_field_is_refused_with_its_place(tmp_path, changes, said):
    with pytest.raises(ApplyError, match=r"flows/backfill\.py:backfill nexacloud") as refused:
        read_file(written(tmp_path, **changes))
    assert said in str(refused.value)


def test_an_image_that_was_set_once_stays_when_it_is_not_set_again():
    def template(image):
        properties = {"env": {}, "image": {"default": image}}
        return {"variables": {"properties": properties}}

    client = MagicMock()
    client.read_worker_metadata.return_value = {
        "prefect-docker": {"docker": {"default_base_job_configuration": template("vendor")}}
    }
    client.read_work_pool.return_value.type = "docker"
    client.read_work_pool.return_value.base_job_template = template("ours")
    ensure_pool(client, "nexa-docker", "docker", {}, None)
    (_, update), _ = client.update_work_pool.call_args
    image = update.base_job_template["variables"]["properties"]["image"]
    assert image["default"] == "ours"


def test_a_placeholder_without_a_value_is_refused_by_name(tmp_path):
    with pytest.raises(ApplyError, match="NEXA_WORK_POOL"):
        deploy({"BILLING_TIMEZONE": "UTC", "NEXA_HOME": "/app"})
