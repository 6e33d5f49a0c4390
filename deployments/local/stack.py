"""Bring the whole stack up and down: PostgreSQL, Odoo, NexaCloud's sample, Lago's, Prefect."""

from __future__ import annotations

import json
import shutil
from concurrent.futures import ThreadPoolExecutor
from typing import Any

from filelock import FileLock

from deployments.local.places import Places, make_folder
from deployments.local.processes import Service, answers
from deployments.local.progress import Progress
from deployments.local.start_up import Options, StartUp
from deployments.local.state import State, stack_file


def up(places: Places, options: Options, progress: Progress) -> dict[str, Any]:
    """Start what is not running and return the content of `stack.json`.

    A second call finds the stack running and changes nothing.

    Raises:
        StackError: A part did not start; those that did are stopped again.
    """
    make_folder(places.state)
    with FileLock(places.state / "lock"):
        state = State.load(places)
        if is_up(places, state):
            progress.say("the stack is running already")
            return read_stack(places)
        _stop_all(places, state)
        try:
            return StartUp(places, options, progress, state).run()
        except BaseException:
            progress.say("stopping what was started")
            _stop_all(places, state)
            raise


def down(places: Places, progress: Progress, *, delete_data: bool) -> None:
    """Stop exactly what `up` started; a second call does nothing.

    Args:
        places: Folders of the stack.
        progress: Receives progress lines.
        delete_data: Also delete the stack's databases and state (never the cache).
    """
    if not places.state.exists():
        progress.say("there is no stack")
        return
    with FileLock(places.state / "lock"):
        state = State.load(places)
        for service in state.services:
            progress.say(f"{service.name}: {'stopping' if service.is_running() else 'not running'}")
        _stop_all(places, state)
    if delete_data:
        shutil.rmtree(places.postgres, ignore_errors=True)
        shutil.rmtree(places.state)
    progress.say("the stack is down")


def is_up(places: Places, state: State) -> bool:
    """Tell whether every process of the last `up` runs and Odoo answers."""
    if not stack_file(places).exists() or not state.services:
        return False
    running = all(service.is_running() for service in state.services)
    return running and answers(f"{read_stack(places)['odoo_url']}/web/health")


def read_stack(places: Places) -> dict[str, Any]:
    """Return the content of `stack.json`."""
    content: dict[str, Any] = json.loads(stack_file(places).read_text())
    return content


def _stop_all(places: Places, state: State) -> None:
    """Stop the servers together, then the database that they use."""
    stack_file(places).unlink(missing_ok=True)
    databases = [service for service in state.services if service.name.startswith("postgres")]
    servers = [service for service in state.services if service not in databases]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Service.stop, servers))
    for service in databases:
        service.stop()
    state.services.clear()
    state.save(places)
