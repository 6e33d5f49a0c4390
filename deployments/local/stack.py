"""Bring the whole stack up and down: PostgreSQL, Odoo, NexaCloud's sample, Prefect."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from threading import Lock
from typing import Any

from deployments.local import nexacloud_sample, prefect_server
from deployments.local.locks import exclusive
from deployments.local.odoo_package import OdooSource, find_odoo
from deployments.local.odoo_python import find_python
from deployments.local.odoo_server import LOGIN, Odoo, answers, own_addons, own_addons_digest
from deployments.local.odoo_template import DATABASE as TEMPLATE
from deployments.local.odoo_template import ensure_template
from deployments.local.places import Places, make_folder
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, free_port
from deployments.local.progress import Progress
from deployments.local.state import State, stack_file, write_private

ODOO_DATABASE = "odoo"


@dataclass(frozen=True)
class Options:
    """How to bring the stack up.

    Attributes:
        customers: Customers in NexaCloud's sample, when it is made.
        prefect: Whether to start Prefect's server.
        durable: Whether PostgreSQL waits for the disk; without, a power cut may lose data.
        workers: Odoo's worker processes; 0 serves with threads.
    """

    customers: int = 500
    prefect: bool = True
    durable: bool = True
    workers: int = 2


def up(places: Places, options: Options, progress: Progress) -> dict[str, Any]:
    """Start what is not running and return the content of `stack.json`.

    A second call finds the stack running and changes nothing.

    Raises:
        StackError: A part did not start; those that did are stopped again.
    """
    make_folder(places.state)
    with exclusive(places.state / "lock"):
        state = State.load(places)
        if is_up(places, state):
            progress.say("the stack is running already")
            return read_stack(places)
        _stop_all(places, state)
        start_up = _StartUp(places, options, progress, state)
        try:
            return start_up.run()
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
    with exclusive(places.state / "lock"):
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


def odoo_of(places: Places, state: State, source: OdooSource, python: Path) -> Odoo:
    """Return the stack's Odoo."""
    cluster = cluster_of(places, state)
    return Odoo(source, python, cluster, state.passwords["odoo_role"], places.state / "odoo")


def cluster_of(places: Places, state: State) -> Cluster:
    """Return the stack's database cluster, on the port of the last start."""
    return Cluster(places.postgres, state.ports["postgres"], state.passwords["postgres"])


def _stop_all(places: Places, state: State) -> None:
    """Stop the servers together, then the database that they use."""
    stack_file(places).unlink(missing_ok=True)
    databases = [service for service in state.services if service.name == "postgres"]
    servers = [service for service in state.services if service not in databases]
    with ThreadPoolExecutor() as pool:
        list(pool.map(Service.stop, servers))
    for service in databases:
        service.stop()
    state.services.clear()
    state.save(places)


class _StartUp:
    """One run of `up`: the steps, and what they have in common."""

    def __init__(
        self, places: Places, options: Options, progress: Progress, state: State
    ) -> None:
        self._places = places
        self._options = options
        self._progress = progress
        self._state = state
        self._lock = Lock()

    def run(self) -> dict[str, Any]:
        """Start everything; steps that do not need each other run side by side."""
        with self._progress.step("Odoo: package and its Python"), ThreadPoolExecutor() as pool:
            python_found = pool.submit(find_python, self._places.cache)
            source = find_odoo(self._places.cache)
            python = python_found.result()
        self._choose_ports()
        self._start_postgres(source, python)
        steps: list[Callable[[], None]] = [
            lambda: self._start_odoo(source, python),
            self._create_sample,
        ]
        if self._options.prefect:
            steps.append(self._start_prefect)
        with ThreadPoolExecutor() as pool:
            for result in [pool.submit(step) for step in steps]:
                result.result()
        return self._publish()

    def _choose_ports(self) -> None:
        for name in ("postgres", "odoo", "prefect"):
            self._state.ports[name] = free_port(self._state.ports.get(name))
        self._state.save(self._places)

    def _start_postgres(self, source: OdooSource, python: Path) -> None:
        cluster = cluster_of(self._places, self._state)
        if not cluster.exists:
            template = ensure_template(self._places, source, python, self._progress)
            cluster.copy_from(template / "data")
            store = self._places.state / "odoo" / "filestore"
            shutil.copytree(template / "filestore", store, dirs_exist_ok=True)
            cluster.set_password()
        with self._progress.step("PostgreSQL: start"):
            log = self._places.logs / "postgres.log"
            self._remember(cluster.start(log=log, durable=self._options.durable))

    def _start_odoo(self, source: OdooSource, python: Path) -> None:
        odoo = odoo_of(self._places, self._state, source, python)
        odoo.set_role_password()
        url = f"http://127.0.0.1:{self._state.ports['odoo']}"
        settings = odoo.configure(
            port=self._state.ports["odoo"],
            workers=self._options.workers,
            database=ODOO_DATABASE,
        )
        log = self._places.logs / "odoo.log"
        addons = own_addons_digest()
        if not odoo.cluster.has_database(ODOO_DATABASE):
            with self._progress.step("Odoo: clone the template database"):
                password = self._state.passwords["odoo_admin"]
                odoo.clone(TEMPLATE, ODOO_DATABASE, url=url, password=password)
        elif self._state.addons != addons:
            with self._progress.step("Odoo: upgrade the addons, which have changed"):
                names = own_addons()
                odoo.run_script("prepare.py", "addons", str(settings), ODOO_DATABASE, *names, log=log)
        self._state.addons = addons
        with self._progress.step("Odoo: start"):
            self._remember(odoo.start(settings, url=url, log=log))

    def _create_sample(self) -> None:
        with self._progress.step("NexaCloud: sample database"):
            nexacloud_sample.create_sample(
                cluster_of(self._places, self._state),
                customers=self._options.customers,
                reader_password=self._state.passwords["nexacloud_reader"],
                log=self._places.logs / "nexacloud.log",
            )

    def _start_prefect(self) -> None:
        with self._progress.step("Prefect: start"):
            password = self._state.passwords["prefect_role"]
            cluster = cluster_of(self._places, self._state)
            prefect_server.create_database(cluster, password)
            self._remember(
                prefect_server.start_prefect(
                    cluster,
                    password,
                    port=self._state.ports["prefect"],
                    home=self._places.state / "prefect",
                    log=self._places.logs / "prefect.log",
                )
            )

    def _remember(self, service: Service) -> None:
        with self._lock:
            self._state.services.append(service)
            self._state.save(self._places)

    def _publish(self) -> dict[str, Any]:
        """Write `stack.json`, by which others find the stack."""
        state, cluster = self._state, cluster_of(self._places, self._state)
        ports, passwords = state.ports, state.passwords
        state.save(self._places)
        content = {
            "nexacloud_dsn": cluster.dsn(
                nexacloud_sample.DATABASE, nexacloud_sample.READER, passwords["nexacloud_reader"]
            ),
            "odoo_url": f"http://127.0.0.1:{ports['odoo']}",
            "odoo_db": ODOO_DATABASE,
            "odoo_user": LOGIN,
            "odoo_password": passwords["odoo_admin"],
            "lago_url": None,
            "lago_api_key": None,
            "prefect_url": (
                f"http://127.0.0.1:{ports['prefect']}" if self._options.prefect else None
            ),
            "service_api_key": None,
            "_internal": {
                "nexacloud_admin_dsn": cluster.dsn(nexacloud_sample.DATABASE),
                "pids": {service.name: service.pid for service in state.services},
            },
        }
        write_private(stack_file(self._places), content)
        return content
