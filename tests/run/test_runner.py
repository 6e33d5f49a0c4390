"""Where tasks run is a setting: a flow on a Dask cluster leaves what it leaves on threads."""

from __future__ import annotations

from collections import Counter

import psutil
import pytest

from tasks.model.errors import ConfigError
from tasks.run.perform import task_runner
from tests.backfill.test_kill import wait_for_orders


@pytest.mark.soak
def test_a_backfill_on_a_dask_cluster_ends_as_one_on_threads(world):
    world.environment |= {"ENGINE": "dask", "DASK_WORKERS": "2"}
    process = world.start("--limit", "40", "--batch-rows", "10")
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert "Dask" in output
    assert world.report()["readback"]["safe"] is True
    on_dask = world.business()
    assert on_dask["orders"]

    world.run(limit=40)
    assert world.business() == on_dask
    counts = Counter(row["outcome"] for row in world.table("outcomes"))
    assert (counts["created"], counts["updated"]) == (0, 0)


@pytest.mark.soak
def test_a_killed_dask_worker_costs_no_row(world):
    world.environment |= {"ENGINE": "dask", "DASK_WORKERS": "2"}
    process = world.start("--batch-rows", "10")
    wait_for_orders(world, 30, lambda: process.poll() is not None)
    worker, *_ = (
        child
        for child in psutil.Process(process.pid).children(recursive=True)
        if "spawn_main" in " ".join(child.cmdline())
    )
    worker.kill()
    output, _ = process.communicate(timeout=300)
    assert process.returncode == 0, output
    assert world.report()["readback"]["safe"] is True
    disturbed = world.business()

    world.run()
    assert world.business() == disturbed
    counts = Counter(row["outcome"] for row in world.table("outcomes"))
    assert (counts["created"], counts["updated"]) == (0, 0)


def test_an_unknown_engine_is_a_sentence(monkeypatch):
    monkeypatch.setenv("ENGINE", "ray")
    with pytest.raises(ConfigError, match="ENGINE is wrong"):
        task_runner()


def test_threads_are_the_engine_until_someone_chooses(monkeypatch):
    monkeypatch.delenv("ENGINE", raising=False)
    assert type(task_runner()).__name__ == "ThreadPoolTaskRunner"
