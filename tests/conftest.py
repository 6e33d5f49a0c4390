"""Fixtures of the real parts: each starts when a test first asks for it, once per session."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import pytest
from hypothesis import HealthCheck, Phase, settings

from deployments.local.places import Places
from deployments.local.postgres import Cluster
from deployments.local.scratch import Scratch

#: A changed program is tried many times: few examples, and no search for the smallest.
settings.register_profile(
    "mutation",
    max_examples=25,
    phases=(Phase.explicit, Phase.generate),
    deadline=None,
    # A busy machine says nothing of the program.
    suppress_health_check=[HealthCheck.too_slow],
)
pytest_plugins = ["tests.flow_world"]

CUSTOMERS = 150
#: Rooms whose files take minutes: they start first, so that no process is left with one at the end.
LONG = (
    "tests/backfill",
    "tests/local",
    "tests/usage",
    "tests/cutover",
    "tests/api",
    "tests/webhooks",
    "tests/snapshots",
)


#: Fixtures that start something: a test that asks for none of them is pure.
STARTING = frozenset({"scratch", "prefect_api"})


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Put the long rooms first, and mark the tests that need nothing but Python."""
    for item in items:
        if not STARTING & set(getattr(item, "fixturenames", ())):
            item.add_marker("pure")
    items.sort(key=lambda item: not item.nodeid.startswith(LONG))


@dataclass(frozen=True)
class Stack:
    """Addresses of NexaCloud's sample and of an Odoo with our addon."""

    nexacloud_admin_dsn: str
    nexacloud_dsn: str
    odoo_url: str
    odoo_db: str
    odoo_user: str
    odoo_password: str


@pytest.fixture(scope="session")
def scratch() -> Iterator[Scratch]:
    """A stack whose parts start on demand and are gone with the session."""
    stack = Scratch(Places.from_environment().cache)
    yield stack
    stack.close()


@pytest.fixture(scope="session")
def postgres(scratch: Scratch) -> Cluster:
    """A real PostgreSQL, without Odoo: for tests that only need a database."""
    return scratch.postgres


@pytest.fixture(scope="session")
def stack(scratch: Scratch) -> Stack:
    """A sample of NexaCloud and an Odoo database, shared by the session."""
    admin_dsn, reader_dsn = scratch.new_nexacloud_database(CUSTOMERS)
    return Stack(
        nexacloud_admin_dsn=admin_dsn,
        nexacloud_dsn=reader_dsn,
        odoo_url=scratch.odoo_url,
        odoo_db=scratch.new_odoo_database(),
        odoo_user=scratch.odoo_user,
        odoo_password=scratch.odoo_password,
    )


@pytest.fixture
def odoo_database(scratch: Scratch) -> Iterator[Callable[..., str]]:
    """Make Odoo databases, pristine or of a template: each call returns the name of a new one."""
    made: list[str] = []

    def make(*template: str) -> str:
        made.append(scratch.new_odoo_database(*template))
        return made[-1]

    yield make
    for name in made:
        scratch.odoo.drop(name)


@pytest.fixture(scope="session")
def prefect_api() -> Iterator[str]:
    """Run flows against a temporary Prefect; yields its address for subprocesses."""
    from prefect.settings import (
        PREFECT_FLOWS_HEARTBEAT_FREQUENCY,
        get_current_settings,
        temporary_settings,
    )
    from prefect.testing.utilities import prefect_test_harness

    # The heartbeat's thread is joined in steps of a second at the end of every flow.
    with (
        prefect_test_harness(server_startup_timeout=180),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield str(get_current_settings().api.url)
