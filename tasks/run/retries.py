"""How tasks retry (every number of the project stands here), and how one is done without."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, Protocol, cast

from prefect import task
from prefect.cache_policies import INPUTS, NO_CACHE, RUN_ID
from prefect.tasks import exponential_backoff

from tasks.model.errors import ConfigError, FusionError, RetryableError


class Step(Protocol):
    """What a decorated function offers here; arguments may be wrapped in Prefect's ``quote``."""

    def __call__(self, *args: Any, **kwargs: Any) -> Any:
        """Run it now, as a task of the current flow run."""

    def submit(self, *args: Any, **kwargs: Any) -> Any:
        """Start it and give its future."""


Decorator = Callable[[Callable[..., Any]], Step]

#: Four tries over about a quarter of a minute.
_RETRIES = 3
_BACKOFF_FACTOR_SECONDS = 2
_JITTER = 0.5


def is_retryable(_task: Any, _task_run: Any, state: Any) -> bool:
    """Retry only faults that a later try may not meet (see ``RetryableError``)."""
    return isinstance(state.result(raise_on_failure=False), RetryableError)


def io_task(name: str, *, run_name: str | None = None, resumable: bool = False) -> Decorator:
    """Decorate a function that talks to another system: it retries what a retry can mend.

    Args:
        name: Name in Prefect.
        run_name: Template over the arguments, when one flow run makes many of them.
        resumable: Keep the answer, so that a retried flow run does not ask again.
    """
    decorator = task(
        name=name,
        task_run_name=run_name,
        retries=_RETRIES,
        retry_delay_seconds=exponential_backoff(backoff_factor=_BACKOFF_FACTOR_SECONDS),
        retry_jitter_factor=_JITTER,
        retry_condition_fn=is_retryable,
        persist_result=resumable,
        # A pickle runs what is in it: whoever can write where answers are kept would run the flow.
        result_serializer="json" if resumable else None,
        # Who retries is another process: kept in memory besides, they would pile up.
        cache_result_in_memory=False,
        cache_policy=INPUTS + RUN_ID if resumable else NO_CACHE,
    )
    return cast("Decorator", decorator)


def pure_task(name: str) -> Decorator:
    """Decorate a function that only computes: what failed once fails again."""
    decorator = task(name=name, retries=0, persist_result=False, cache_policy=NO_CACHE)
    return cast("Decorator", decorator)


def ask(step: Callable[..., Any], *args: Any, **kwargs: Any) -> tuple[Any, str | None]:
    """Call a step whose answer the report can do without.

    Returns:
        The answer and None; or None and why there is none.
    """
    try:
        return step(*args, **kwargs), None
    except ConfigError as error:
        return None, str(error)
    except FusionError as error:
        return None, f"{error} What was loaded before is in Odoo; run it again."
