"""Check ``prefect.yaml`` as Prefect does not, hand it to ``prefect deploy``, and keep schedules on.

Prefect ignores a misspelt field, stores an unset variable's placeholder as it stands, and takes any
parameters. All of that would show only when a run does not do what was meant. The file says when a
schedule is due, an operator whether it is on.
"""

from __future__ import annotations

import os
import re
import subprocess
import sys
from collections.abc import Iterable, Iterator, Mapping
from pathlib import Path
from typing import Any
from uuid import UUID

import yaml
from prefect.client.orchestration import SyncPrefectClient
from prefect.client.schemas.filters import DeploymentFilter, DeploymentFilterTags

from deployments.apply import ApplyError

PROJECT = Path(__file__).resolve().parents[2]
FILE = PROJECT / "deployments" / "prefect.yaml"

#: Of a deployment's schedule, by its slug: whether it is on.
Active = Mapping[tuple[UUID, str], bool]

_TOP = {"name", "definitions", "pull", "deployments"}
_DEPLOYMENT = {
    "name",
    "entrypoint",
    "description",
    "tags",
    "work_pool",
    "concurrency_limit",
    "parameters",
    "schedules",
}
_FIELDS_OF = {
    "work_pool": {"name", "work_queue_name"},
    "concurrency_limit": {"limit", "collision_strategy"},
    "schedules": {"slug", "cron", "interval", "anchor_date", "timezone", "active"},
}
_REQUIRED = _DEPLOYMENT - {"schedules"}
_PLACEHOLDER = re.compile(r"\{\{\s*\$(\w+)\s*\}\}")
_SUBPROCESS_SECONDS = 300


def read_file(path: Path = FILE) -> list[dict[str, Any]]:
    """Return the file's deployments, each field known and needed ones there.

    Raises:
        ApplyError: With every fault, each with its place.
    """
    content = yaml.safe_load(path.read_text(encoding="utf-8"))
    deployments: list[dict[str, Any]] = content.get("deployments") or []
    faults = [*_unknown("the file", content, _TOP), *_faults(deployments)]
    if faults:
        raise ApplyError(f"{path.name}: " + " ".join(faults))
    return deployments


def deploy(environment: Mapping[str, str], path: Path = FILE) -> None:
    """Create or update every deployment of the file.

    Args:
        environment: The values of its ``{{ $NAME }}`` placeholders, and PREFECT_API_URL.
        path: The file.

    Raises:
        ApplyError: A placeholder has no value, or Prefect refused the file.
    """
    unset = sorted(set(_PLACEHOLDER.findall(path.read_text(encoding="utf-8"))) - set(environment))
    if unset:
        raise ApplyError(f"{path.name} needs {', '.join(unset)}: set it in the environment.")
    command = [sys.executable, "-m", "prefect", "--no-prompt", "deploy", "--all"]
    # Entry points are looked up from the working directory.
    result = subprocess.run(
        [*command, "--prefect-file", str(path)],
        cwd=PROJECT,
        env=os.environ | dict(environment),
        capture_output=True,
        text=True,
        check=False,
        timeout=_SUBPROCESS_SECONDS,
    )
    if result.returncode:
        raise ApplyError(f"prefect deploy failed:\n{result.stdout[-2000:]}{result.stderr[-2000:]}")


def read_active(client: SyncPrefectClient) -> Active:
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


def _faults(deployments: list[dict[str, Any]]) -> Iterator[str]:
    seen: set[tuple[Any, Any]] = set()
    for each in deployments:
        place = f"{each.get('entrypoint')} {each.get('name')}"
        key = (each.get("entrypoint"), each.get("name"))
        if key in seen:
            yield f"{place} is there twice."
        seen.add(key)
        yield from _unknown(place, each, _DEPLOYMENT)
        yield from (f"{place} lacks {field}." for field in sorted(_REQUIRED - set(each)))
        for field, known in _FIELDS_OF.items():
            found = each.get(field) or []
            for part in found if isinstance(found, list) else [found]:
                yield from _unknown(f"{field} of {place}", part, known)


def _unknown(place: str, found: Mapping[str, Any], known: set[str]) -> Iterator[str]:
    for field in sorted(set(found) - known):
        yield f"{place} has an unknown field {field!r}; known are {', '.join(sorted(known))}."
