"""A run's identity: its key, its folder under ``REPORTS_DIR`` and the clock of its steps."""

from __future__ import annotations

import os
import secrets
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from tasks.domain.errors import ConfigError, FusionError
from tasks.domain.records import RunReport
from tasks.domain.usage import UsageReport
from tasks.domain.webhooks import WebhookReport


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow; ``timings`` are wall seconds per step, in order."""

    flow: str
    key: str
    folder: Path
    started_at: datetime
    timings: dict[str, float] = field(default_factory=dict)

    def link(self, path: Path | None) -> str | None:
        """Write a path as a link from the run's folder, so that the reports can be moved."""
        return os.path.relpath(path, self.folder) if path is not None else None

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step, whether it ends well or not."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round(time.perf_counter() - began, 3)


def new_run(flow: str, reports_dir: Path) -> Run:
    """Name a run and make its folder.

    Raises:
        ConfigError: The reports folder cannot be written.
    """
    started_at = datetime.now(UTC)
    key = f"{started_at:%Y%m%d-%H%M%S}-{secrets.token_hex(2)}"
    folder = (reports_dir / flow / key).absolute()
    try:
        folder.mkdir(parents=True)
    except OSError as error:
        raise ConfigError(
            f"REPORTS_DIR {str(reports_dir)!r} cannot be written ({error.strerror})."
            " Point it at a folder of yours."
        ) from None
    return Run(flow, key, folder, started_at)


@dataclass(frozen=True, slots=True)
class RunResult:
    """What a flow gives back: the report's folder, and the report itself."""

    folder: Path
    report: RunReport | UsageReport | WebhookReport

    @property
    def exit_code(self) -> int:
        """0 clean, 1 crash, 2 configuration, 3 data refused, 4 unexplained differences."""
        return self.report.exit_code


class RunFailedError(FusionError):
    """The run ended with another exit code than 0; ``result`` holds its report."""

    def __init__(self, result: RunResult) -> None:
        super().__init__(result.report.state_message)
        self.result = result
