"""Which schedules are on: the file says when, an operator says whether."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any
from uuid import UUID

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

Active = Mapping[tuple[UUID, str], bool]


def read_active(client: SyncPrefectClient) -> dict[tuple[UUID, str], bool]:
    """Tell of each deployment's schedule, by its slug, whether it is on."""
    return {
        (deployment.id, schedule.slug or ""): schedule.active
        for deployment in _deployments(client)
        for schedule in deployment.schedules
    }


def set_active(client: SyncPrefectClient, wanted: Active, *, everything: bool | None) -> list[str]:
    """Turn schedules on and off; return the names of the deployments that have one on.

    Args:
        client: Prefect.
        wanted: What was read before the file was applied, which turns all of them off.
        everything: Turn all on or off instead; None keeps what there was.
    """
    running = []
    for deployment in _deployments(client):
        for schedule in deployment.schedules:
            before = wanted.get((deployment.id, schedule.slug or ""), schedule.active)
            active = before if everything is None else everything
            if active != schedule.active:
                client.update_deployment_schedule(deployment.id, schedule.id, active=active)
            if active:
                running.append(deployment.name)
    return running


def _deployments(client: SyncPrefectClient) -> Iterable[Any]:
    tagged = DeploymentFilter(tags=DeploymentFilterTags(all_=["billing"]))
    return client.read_deployments(deployment_filter=tagged)
