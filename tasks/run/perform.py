"""The frame of a flow: what a run is called, where its tasks run, what every run does."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Mapping
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from prefect import Flow, flow
from prefect.client.schemas.objects import State
from prefect.runtime import flow_run
from prefect.task_runners import TaskRunner, ThreadPoolTaskRunner
from prefect.utilities.annotations import quote
from prefect.utilities.hashing import file_hash

from tasks.model.errors import ConfigError, FusionError
from tasks.model.report import Report
from tasks.report.publish import publish_report
from tasks.run.retries import ask, pure_task
from tasks.run.run import Run, RunResult, kept_if_used, new_run
from tasks.run.settings import load_engine, load_settings
from tasks.run.states import final_state, not_configured, not_written, stopped

publish = pure_task("report")(publish_report)

Told = ParamSpec("Told")
Body = Callable[Concatenate[Run, Told], Report]


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


def run_name(flow: str) -> Callable[[], str]:
    """Make the namer of a flow's runs; Prefect calls it when a run begins."""

    def name() -> str:
        return name_of(flow, flow_run.parameters)

    return name


def name_of(flow: str, parameters: Mapping[str, Any]) -> str:
    """Tell a run from others by its parameters.

    >>> name_of("usage", {"service": "nexacloud", "period": "2026-10", "dry_run": True})
    'usage nexacloud 2026-10 (dry run)'
    >>> name_of("dual-run", {"service": "nexacloud,nexadesk", "period": None})
    'dual-run nexacloud,nexadesk'
    >>> name_of("cutover", {"service": "nexacloud", "customers": ["a", "b"], "rollback": True})
    'cutover nexacloud, 2 customers (rollback)'
    """
    service = parameters.get("service")
    whose = service if isinstance(service, list) else [service] if service else []
    customers = parameters.get("customers")
    group = [f"{len(customers)} customers"] if customers else []
    subject = ", ".join([*whose, *group])
    marks = [word for word in ("full", "rollback", "dry_run") if parameters.get(word)]
    words = [flow, subject, str(parameters.get("period") or "")]
    if marks:
        words.append(f"({', '.join(marks).replace('_', ' ')})")
    return " ".join(word for word in words if word)


def perform(name: str) -> Callable[[Body[Told]], Flow[Told, State[Any]]]:
    """Make a flow of a function from a run and what it was told to the report.

    A run reads its settings, has a key and a folder, publishes its report, tells whoever waits for
    that (``Run.on_published``), and ends in the state that the report names. An error of ours,
    wherever it is raised, ends it with its sentence and without a report.

    Args:
        name: The flow's, in Prefect, in ``REPORTS_DIR`` and on the command line.
    """

    def make(body: Body[Told]) -> Flow[Told, State[Any]]:
        given, *told = inspect.signature(body, eval_str=True).parameters.values()

        @wraps(body)
        def framed(*args: Told.args, **kwargs: Told.kwargs) -> State[Any]:
            bound = signature.bind(*args, **kwargs)
            bound.apply_defaults()
            try:
                with kept_if_used(new_run(name, load_settings(), bound.arguments)) as run:
                    report = body(run, *args, **kwargs)
            except ConfigError as error:
                return not_configured(error)
            except FusionError as error:
                return stopped(error)
            try:
                publish(quote(report), run.folder)
            except ConfigError as error:
                return not_written(report.end.message, error)
            for tell in run.on_published:
                _, silence = ask(tell, quote(report))
                if silence:
                    run.log.warning("Odoo's log of this run stays open: %s", silence)
            return final_state(RunResult(run.folder, report))

        # The frame gives the run: Prefect's form and callers know the other parameters.
        signature = inspect.Signature(told, return_annotation=State)
        framed.__signature__ = signature  # type: ignore[attr-defined]
        framed.__annotations__.pop(given.name)
        return flow(
            name=name,
            version=file_hash(inspect.getfile(body)),
            flow_run_name=run_name(name),
            task_runner=task_runner(),
            persist_result=False,
        )(framed)

    return make
