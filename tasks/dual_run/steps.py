"""The flows of a dual run: for which services, and how each of them ended."""

from __future__ import annotations

from tasks.dual_run.cycles import StepEnd
from tasks.model.errors import ConfigError
from tasks.run.doctor import NEXACLOUD, sources_of
from tasks.run.run import Run
from tasks.run.states import Ended


def services_of(service: str) -> list[str]:
    """Read the codes of services that commas join.

    Raises:
        ConfigError: There is none.
    """
    services = [code.strip() for code in service.split(",") if code.strip()]
    if not services:
        raise ConfigError("Name a service: its code in Odoo, like nexacloud.")
    return services


def is_metered(run: Run, service: str) -> bool:
    """Say whether a service's usage is read from a database, which its record in Odoo tells."""
    return sources_of(run.settings).get(service) == NEXACLOUD


def step_end(run: Run, flow: str, end: Ended) -> StepEnd:
    """Tell how a flow ended, with a link to its report if there is one."""
    page = run.link(end.result.folder / "index.html") if end.result else None
    return StepEnd(flow, end.name, end.message, end.exit_code, page)
