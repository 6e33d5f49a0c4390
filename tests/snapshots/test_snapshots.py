"""Whatever a flow shows is what it showed before: files, page, terminal, Prefect, and the API.

After a change that is meant: ``UPDATE_SNAPSHOTS=1 pytest tests/snapshots``, and read the diff.
"""

from __future__ import annotations

from pathlib import Path

import pytest

from deployments.local.scratch import Scratch
from tests.snapshots.kept import difference, names
from tests.snapshots.normalise import normalised
from tests.snapshots.world import new_world, run_all

# All runs are one fixture's: a machine that does much else takes minutes for them.
pytestmark = pytest.mark.timeout(1800)


@pytest.fixture(scope="module")
def shown(
    scratch: Scratch, prefect_api: str, tmp_path_factory: pytest.TempPathFactory
) -> dict[str, dict[str, str]]:
    """What every run shows, normalised, by its name."""
    reports: Path = tmp_path_factory.mktemp("reports")
    with new_world(scratch, reports) as world:
        run_all(world)
    return {name: normalised(files, str(reports)) for name, files in world.kept.items()}


def test_each_run_shows_what_it_showed_before(shown):
    told = [difference(name, files) for name, files in shown.items()]
    if any(told):
        pytest.fail("\n".join(each for each in told if each), pytrace=False)


def test_what_is_kept_is_all_compared(shown):
    assert names() == shown.keys()
