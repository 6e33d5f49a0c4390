"""Publish a report to Prefect: the verdict, the quarantine and links, on the run's page."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import cast
from uuid import UUID

from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)

from tasks.options import pure_task
from tasks.report import AnyReport, artifact_markdown, artifact_table, point_latest, write_report


@pure_task("report")
def publish(report: AnyReport, folder: Path) -> Path:
    """Write the run's files, point ``latest`` at them, and tell Prefect in short.

    Returns the path of ``index.html``.
    """
    page = write_report(report, folder)
    point_latest(folder)
    create_markdown_artifact(artifact_markdown(report, page), key=f"{report.flow}-report")
    quarantine = artifact_table(report)
    if quarantine:
        create_table_artifact(
            quarantine,
            key=f"{report.flow}-quarantine",
            description="What was kept out or given up, and why",
        )
    return page


def progress_bar(key: str, total: int) -> Callable[[int], None]:
    """Show progress on the run's page; call the result with the rows done since last time."""
    artifact = cast("UUID", create_progress_artifact(progress=0.0, key=key))
    done = 0

    def advance(rows: int) -> None:
        nonlocal done
        done += rows
        update_progress_artifact(artifact_id=artifact, progress=100.0 * done / max(total, 1))

    return advance
