"""How a flow ends: the state that Prefect shows, and what it carries."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from prefect.client.schemas.objects import State
from prefect.states import Completed, Failed

from tasks.model.end_state import CONFIGURATION, CRASH
from tasks.model.errors import ConfigError, FatalError, FusionError
from tasks.run.run import RunFailedError, RunResult


@dataclass(frozen=True, slots=True)
class Ended:
    """How a flow ended; without a ``result`` there is no report, only the message."""

    name: str
    message: str
    exit_code: int
    result: RunResult | None = None


def not_configured(error: ConfigError) -> State[Any]:
    """End a run that could not begin."""
    return Failed(name="ConfigurationError", message=str(error), data=error)


def stopped(error: FusionError) -> State[Any]:
    """End a run that could not go on, and of which there is nothing to report yet."""
    return Failed(name="RunStopped", message=str(error), data=error)


def not_written(said: str, error: ConfigError) -> State[Any]:
    """End a run whose report cannot be written; ``said`` is how it ended otherwise."""
    message = f"{said}. {error}"
    return Failed(name="ReportNotWritten", message=message, data=FatalError(message))


def final_state(result: RunResult) -> State[Any]:
    """End a run as its report says; any exit code but 0 is a failure."""
    end = result.report.end
    if end.exit_code == 0:
        return Completed(name=end.name, message=end.message, data=result)
    return Failed(name=end.name, message=end.message, data=RunFailedError(result))


def ended(state: State[Any]) -> Ended:
    """Read what a flow's final state says, whichever way it ended."""
    result: Any = state.result(raise_on_failure=False)
    if isinstance(result, RunFailedError):
        result = result.result
    name, message = state.name or "", state.message or ""
    if isinstance(result, RunResult):
        return Ended(name, message, result.exit_code, result)
    if isinstance(result, ConfigError):
        return Ended(name, str(result), CONFIGURATION)
    return Ended(name, message or str(result), CRASH)
