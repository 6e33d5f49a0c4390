"""Where a flow's tasks run: threads of its own process, or workers of a Dask cluster."""

from __future__ import annotations

from typing import Any

from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote

from tasks.model.errors import ConfigError
from tasks.run.settings import load_engine


def task_runner() -> TaskRunner[Any]:
    """Make the task runner that the settings name; flows ask once, when they are imported.

    Raises:
        ConfigError: ENGINE is unknown, or Dask is not installed.
    """
    chosen = load_engine()
    if chosen.engine == "threads":
        return ThreadPoolTaskRunner()
    try:
        from prefect_dask.task_runners import DaskTaskRunner
    except ImportError as error:
        raise ConfigError(
            "ENGINE is dask, but prefect-dask is not installed. Install this project with its"
            " extra: pip install '.[dask]'."
        ) from error

    class Runner(DaskTaskRunner):
        """Hands over what is quoted as it is: Dask would take Prefect's mark for a tuple."""

        def submit(self, task: Any, parameters: dict[str, Any], *rest: Any, **options: Any) -> Any:
            bare = {
                name: value.unquote() if isinstance(value, quote) else value
                for name, value in parameters.items()
            }
            return super().submit(task, bare, *rest, **options)

    if chosen.dask_scheduler:
        return Runner(address=chosen.dask_scheduler)
    # A dashboard's port would be taken by the second run.
    cluster = {
        "n_workers": chosen.dask_workers,
        "threads_per_worker": 1,
        "dashboard_address": None,
    }
    return Runner(cluster_kwargs=cluster)
