"""The frame of a flow: what every run does before and after what it is for."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from functools import wraps
from typing import Any, Concatenate, ParamSpec

from prefect import Flow, flow
from prefect.client.schemas.objects import State
from prefect.utilities.annotations import quote
from prefect.utilities.hashing import file_hash

from tasks.model.errors import ConfigError, FusionError
from tasks.model.report import Report
from tasks.report.publish import publish_report
from tasks.run.asking import ask
from tasks.run.naming import run_name
from tasks.run.retries import pure_task
from tasks.run.run import Run, RunResult, kept_if_used, new_run
from tasks.run.runner import task_runner
from tasks.run.settings import load_settings
from tasks.run.states import final_state, not_configured, not_written, stopped

publish = pure_task("report")(publish_report)

Told = ParamSpec("Told")
Body = Callable[Concatenate[Run, Told], Report]


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
