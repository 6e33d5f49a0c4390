"""Kill anything at any moment, or run two at once: the end is that of one clean run."""

from __future__ import annotations

import time
from collections.abc import Callable

import pytest

from tests.flow_world import World

SMALL_BUNDLES = ("--batch-rows", "20")
ORDERS = "SELECT count(*) FROM sale_order WHERE x_fc_external_id IS NOT NULL"


@pytest.fixture(scope="module")
def clean() -> dict[str, object]:
    """What one undisturbed run leaves; filled by the first test that needs it."""
    return {}


@pytest.fixture
def expected(clean, new_world, sample) -> dict[str, object]:
    if not clean:
        world = new_world(sample)
        assert world.run().name == "CompletedWithQuarantine"
        clean.update(world.business())
    return clean


def wait_for_orders(world: World, number: int, is_over: Callable[[], bool]) -> None:
    """Wait until so many orders are committed (or the run is over, which is a fault here)."""
    deadline = time.monotonic() + 120
    while world.sql(ORDERS)[0][0] < number:
        assert not is_over(), "the run ended before it could be disturbed"
        assert time.monotonic() < deadline
        time.sleep(0.02)


@pytest.mark.parametrize(
    "orders",
    [pytest.param(1, marks=pytest.mark.soak), 70, pytest.param(150, marks=pytest.mark.soak)],
)
def test_a_killed_flow_run_again_ends_like_a_clean_run(expected, world, orders):
    process = world.start(*SMALL_BUNDLES)
    wait_for_orders(world, orders, lambda: process.poll() is not None)
    process.kill()
    process.communicate()
    assert world.business() != expected

    assert world.run().name == "CompletedWithQuarantine"
    assert world.business() == expected


@pytest.mark.soak
def test_a_killed_odoo_and_the_flow_run_again_end_like_a_clean_run(expected, world):
    process = world.start(*SMALL_BUNDLES)
    wait_for_orders(world, 50, lambda: process.poll() is not None)
    world.scratch.kill_odoo()
    output, _ = process.communicate(timeout=300)
    assert process.returncode in {0, 1}, output

    assert world.run().name == "CompletedWithQuarantine"
    assert world.business() == expected


@pytest.mark.soak
def test_two_backfills_at_once_end_as_one_set_of_records(expected, world):
    processes = [world.start(*SMALL_BUNDLES) for _ in range(2)]
    outputs = [process.communicate(timeout=300)[0] for process in processes]
    assert [process.returncode for process in processes] == [0, 0], outputs
    assert world.business() == expected
