"""The work pool: where runs start, and what each finds in its environment."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.actions import WorkPoolCreate, WorkPoolUpdate
from prefect.exceptions import ObjectNotFound

from deployments.apply import ApplyError

_PACKAGE_OF = {"process": "prefect", "docker": "prefect-docker", "kubernetes": "prefect-kubernetes"}
TYPES = tuple(_PACKAGE_OF)


def ensure_pool(
    client: SyncPrefectClient,
    name: str,
    kind: str,
    run_environment: Mapping[str, str],
    image: str | None,
) -> None:
    """Create the pool, or update what its runs find; an operator's limit and its image stay.

    Args:
        client: Prefect.
        name: The pool's name.
        kind: One of ``TYPES``.
        run_environment: References to blocks and variables; a worker resolves them.
        image: Image of the flows, for pools that start containers; None keeps the pool's.

    Raises:
        ApplyError: There is a pool of this name but of another type.
    """
    template = _template(client, kind)
    properties = template["variables"]["properties"]
    properties["env"]["default"] = dict(run_environment)
    try:
        there = client.read_work_pool(name)
    except ObjectNotFound:
        _set_image(properties, image)
        client.create_work_pool(WorkPoolCreate(name=name, type=kind, base_job_template=template))
        return
    if there.type != kind:
        raise ApplyError(
            f"Work pool {name!r} is of type {there.type}, not {kind}. Choose another name"
            " (--pool), or delete it."
        )
    before = there.base_job_template["variables"]["properties"]
    _set_image(properties, image or before.get("image", {}).get("default"))
    client.update_work_pool(name, WorkPoolUpdate(base_job_template=template))


def _set_image(properties: dict[str, Any], image: str | None) -> None:
    if image and "image" in properties:
        properties["image"]["default"] = image


def _template(client: SyncPrefectClient, kind: str) -> dict[str, Any]:
    """Give the vendor's own template for this type, as the server knows it."""
    known = client.read_worker_metadata()
    template: dict[str, Any] = known[_PACKAGE_OF[kind]][kind]["default_base_job_configuration"]
    return template
