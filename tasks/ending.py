"""How a flow ends: the state that Prefect shows, and what it carries."""

from __future__ import annotations

from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.domain.errors import ConfigError
from tasks.run import RunFailedError, RunResult


def not_configured(error: ConfigError) -> State[Any]:
    """End a run that could not begin."""
    return Failed(name="ConfigurationError", message=str(error), data=error)


def final_state(result: RunResult) -> State[Any]:
    """End a run as its report says; any exit code but 0 is a failure."""
    report = result.report
    if report.exit_code == 0:
        return Completed(name=report.state_name, message=report.state_message, data=result)
    error = RunFailedError(result)
    return Failed(name=report.state_name, message=report.state_message, data=error)
