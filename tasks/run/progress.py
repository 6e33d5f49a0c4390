"""Progress of long work, on the run's page in Prefect."""

from __future__ import annotations

from collections.abc import Callable
from typing import cast
from uuid import UUID

from prefect.artifacts import create_progress_artifact, update_progress_artifact


def progress_bar(key: str, total: int) -> Callable[[int], None]:
    """Show progress on the run's page; call the result with the rows done since last time."""
    artifact = cast("UUID", create_progress_artifact(progress=0.0, key=key))
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        update_progress_artifact(artifact_id=artifact, progress=100.0 * done / max(total, 1))

    return advance
