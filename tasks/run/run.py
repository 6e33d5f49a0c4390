"""A run's identity: its key, its folder under ``REPORTS_DIR`` and the clock of its steps."""

from __future__ import annotations

import ctypes
import gc
import os
import secrets
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from logging import Logger, LoggerAdapter
from pathlib import Path
from typing import Any
from uuid import UUID

from prefect import get_run_logger
from prefect.client.orchestration import get_client
from prefect.runtime import flow_run

from tasks.model.errors import ConfigError, FusionError
from tasks.model.report import Head, Report
from tasks.run.settings import Settings

_MARK_DIGITS = 4


@dataclass(frozen=True, slots=True)
class Run:
    """One run of a flow.

    Attributes:
        flow: The flow's name.
        key: Names the run in ``REPORTS_DIR`` and in Odoo.
        folder: Where its report goes.
        started_at: When it began for the first time, UTC.
        settings: Where everything is.
        parameters: What it was told, in words; what was left empty is not in it.
        url: Its page in Prefect; None if there is no server that people can open.
        timings: Wall seconds per step, in order.
        on_published: Called with the report, quoted for Prefect, once it is written.
    """

    flow: str
    key: str
    folder: Path
    started_at: datetime
    settings: Settings
    parameters: dict[str, str] = field(default_factory=dict)
    url: str | None = None
    timings: dict[str, float] = field(default_factory=dict)
    on_published: list[Callable[[Any], Any]] = field(default_factory=list)

    @property
    def log(self) -> Logger | LoggerAdapter[Any]:
        """Prefect's log of this run."""
        return get_run_logger()

    @property
    def data_docs(self) -> dict[str, Any]:
        """Where a check shows what it found, and under which name."""
        folder = self.settings.reports_dir / "data_docs"
        return {"docs_dir": folder, "run_name": f"{self.flow} {self.key}"}

    def link(self, path: Path | None) -> str | None:
        """Write a path as a link from the run's folder, so that the reports can be moved."""
        return os.path.relpath(path, self.folder) if path is not None else None

    def head(
        self,
        *,
        service: str,
        source: str,
        dry_run: bool,
        company: Mapping[str, Any] | None = None,
        docs: Path | None = None,
    ) -> Head:
        """Begin the report: whose it is, how long it took, and where to read more.

        Args:
            service: What was asked for; several codes are joined by commas.
            source: Where the rows came from, in words.
            dry_run: Nothing was to be kept.
            company: Odoo's: ``name``, ``currency`` and ``timezone``; None without one.
            docs: Data Docs, if there are any.
        """
        about = company or {}
        odoo = self.settings.odoo_url
        links = {"data_docs": self.link(docs), "odoo": odoo, "prefect": self.url}
        return Head(
            flow=self.flow,
            run=self.key,
            service=service,
            source=source,
            target=odoo,
            dry_run=dry_run,
            started_at=self.started_at,
            finished_at=datetime.now(UTC),
            company=about.get("name", ""),
            currency=about.get("currency", ""),
            timezone=about.get("timezone", "UTC"),
            timings=dict(self.timings),
            links={name: link for name, link in links.items() if link is not None},
            parameters=self.parameters,
        )

    @contextmanager
    def step(self, name: str) -> Iterator[None]:
        """Time one step, whether it ends well or not, and give back what it held."""
        began = time.perf_counter()
        try:
            yield
        finally:
            self.timings[name] = round(time.perf_counter() - began, 3)
            give_back()


def new_run(flow: str, settings: Settings, told: Mapping[str, Any] | None = None) -> Run:
    """Name a run and make its folder; a retried flow run is the same run as before.

    Were it another, the bundles that it sends would be others too, and those that Odoo has
    answered already would be sent again.

    Args:
        flow: The flow's name.
        settings: Where everything is.
        told: The flow's parameters.

    Raises:
        ConfigError: The reports folder cannot be written.
    """
    started_at, mark = _identity()
    key = f"{started_at:%Y%m%d-%H%M%S}-{mark}"
    folder = (settings.reports_dir / flow / key).absolute()
    try:
        folder.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise ConfigError(
            f"REPORTS_DIR {str(settings.reports_dir)!r} cannot be written ({error.strerror})."
            " Point it at a folder of yours."
        ) from None
    parameters = {name: str(value) for name, value in (told or {}).items() if value is not None}
    return Run(flow, key, folder, started_at, settings, parameters, flow_run.get_flow_run_ui_url())


@contextmanager
def kept_if_used(run: Run) -> Iterator[Run]:
    """Take a run's folder away again if it is refused before anything was written into it."""
    try:
        yield run
    except FusionError:
        with suppress(OSError):
            run.folder.rmdir()
            run.folder.parent.rmdir()
        raise


def _identity() -> tuple[datetime, str]:
    """Give when the flow run began for the first time, and its mark among others."""
    if flow_run.id is None:
        return datetime.now(UTC), secrets.token_hex(_MARK_DIGITS // 2)
    with get_client(sync_client=True) as client:
        began = client.read_flow_run(UUID(flow_run.id)).start_time
    return began or datetime.now(UTC), flow_run.id[-_MARK_DIGITS:]


class RunResult:
    """What a flow gives back: the report's folder, and the report itself.

    No dataclass: Prefect would search every row of the report for futures, which takes seconds
    and a hundred MB for fifty thousand.
    """

    __slots__ = ("folder", "report")

    def __init__(self, folder: Path, report: Report) -> None:
        self.folder = folder
        self.report = report

    @property
    def exit_code(self) -> int:
        """0 clean, 1 crash, 2 configuration, 3 data refused, 4 unexplained differences."""
        return self.report.end.exit_code


class RunFailedError(FusionError):
    """The run ended with another exit code than 0; ``result`` holds its report."""

    def __init__(self, result: RunResult) -> None:
        super().__init__(result.report.end.message)
        self.result = result


def give_back() -> None:
    """Collect what nobody holds, and let the C library return the pages that are free.

    It keeps them otherwise: 30 MB of a backfill of 10,000 customers. Some libraries know no such
    call (musl, macOS); they do as they always do.
    """
    gc.collect()
    trim()


def trim() -> None:
    """Return the pages that are free; it takes no time."""
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
