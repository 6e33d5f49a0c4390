"""A throw-away stack for tests and benchmarks: it lives as long as its process."""

from __future__ import annotations

import os
import shutil
import signal
from contextlib import suppress
from dataclasses import replace
from datetime import date
from functools import cached_property
from pathlib import Path
from typing import Any
from uuid import uuid4

import psutil
from filelock import FileLock

from deployments.local import prefect_parts, sample_parts, stack
from deployments.local.lago.server import LagoSandbox
from deployments.local.odoo_package import fetch_odoo
from deployments.local.odoo_server import LOGIN, Odoo
from deployments.local.odoo_template import DATABASE as TEMPLATE
from deployments.local.odoo_template import base_of, ensure_template
from deployments.local.places import Places, make_folder
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, free_port, wait_for
from deployments.local.progress import Progress
from deployments.local.state import State
from deployments.sample.sample import SampleSpec, lago_document


class Scratch:
    """Starts each part when it is first asked for; databases do not wait for the disk.

    Attributes:
        places: Its folders: a state of its own, the project's cache.
        odoo_user: Login of every database's administrator.
        odoo_password: That user's password.
    """

    def __init__(self, cache: Path, *, workers: int = 0) -> None:
        """Prepare the folders and remove what killed processes left behind.

        Args:
            cache: Shared cache with Odoo and the template databases.
            workers: Odoo's worker processes; 0 serves with threads.
        """
        folder = make_folder(cache / "scratch")
        with FileLock(cache / "scratch.lock"):
            for leftover in folder.iterdir():
                if not psutil.pid_exists(int(leftover.name)):
                    stack.down(Places(leftover, cache), Progress(quiet=True), delete_data=True)
        self.places = Places(make_folder(folder / str(os.getpid())), cache)
        self._state = State.load(self.places)
        self._workers = workers
        self.odoo_user = LOGIN
        self.odoo_password = self._state.passwords["odoo_admin"]
        self._lago_data: dict[SampleSpec, dict[str, Any]] = {}
        self._lagos: list[LagoSandbox] = []

    @cached_property
    def postgres(self) -> Cluster:
        """An empty cluster, for NexaCloud's databases."""
        cluster = self._new_cluster("postgres")
        cluster.create()
        self._start_cluster(cluster)
        return cluster

    @cached_property
    def odoo(self) -> Odoo:
        """A running Odoo that serves every database of its own cluster."""
        odoo = self._new_odoo("odoo", with_addons=True)
        port = self._state.ports["odoo"] = free_port()
        odoo.configure(port=port, workers=self._workers, database=None)
        self._start_odoo(odoo)
        return odoo

    def odoo_without_addons(self) -> Odoo:
        """An Odoo on a cluster of its own, whose one database has none of our addons.

        It serves nobody: run its scripts on the database ``TEMPLATE``.
        """
        odoo = self._new_odoo("bare", with_addons=False)
        odoo.configure(port=free_port(), workers=0, database=TEMPLATE, actions=False)
        return odoo

    def kill_odoo(self) -> None:
        """Kill Odoo at once, as a crash would, and start it again at the same address."""
        odoo = self.odoo
        service = next(s for s in reversed(self._state.services) if s.name == "odoo")
        os.killpg(service.pid, signal.SIGKILL)
        service.stop()
        self._start_odoo(odoo)

    def kill_postgres(self) -> None:
        """Kill Odoo's PostgreSQL at once, as a crash would, and start it again at the same port."""
        cluster = self.odoo.cluster
        started = [s for s in self._state.services if s.name == "postgres" and s.is_running()]
        (service,) = [s for s in started if str(cluster.data) in psutil.Process(s.pid).cmdline()]
        # Its processes lead sessions of their own, come and go, and hold what the next one needs.
        leader = psutil.Process(service.pid)
        children = leader.children(recursive=True)
        os.killpg(service.pid, signal.SIGKILL)
        for process in children:
            with suppress(psutil.NoSuchProcess):
                process.kill()
        # The lock file names the leader, and to PostgreSQL one that nobody waited for still runs.
        psutil.wait_procs([leader, *children], timeout=10)
        service.stop()
        self._run_cluster(cluster)

    @property
    def server_pids(self) -> list[int]:
        """Root processes of Odoo and its PostgreSQL, for measuring what they use."""
        _ = self.odoo
        return [s.pid for s in self._state.services if s.name != "prefect" and s.is_running()]

    @property
    def odoo_url(self) -> str:
        """Odoo's address; starts Odoo."""
        _ = self.odoo
        return self._url

    def new_odoo_database(self, template: str = TEMPLATE) -> str:
        """Clone the template, or a database that nobody uses any more; returns the name."""
        odoo = self.odoo
        name = f"odoo_{uuid4().hex[:12]}"
        if template != TEMPLATE:
            odoo.close_to_clone(template)
        odoo.clone(template, name, url=self._url, password=self.odoo_password)
        return name

    def serve_alone(self, database: str) -> str:
        """Serve one database at an address of its own, for clients that cannot name one.

        Returns:
            The address; the server is gone with the stack.
        """
        shared, port = self.odoo, free_port()
        folder = make_folder(self.places.state / f"odoo-{database}")
        odoo = replace(shared, folder=folder)
        odoo.configure(port=port, workers=self._workers, database=database, actions=False)
        log = self.places.logs / f"odoo-{database}.log"
        url = f"http://127.0.0.1:{port}"
        service = replace(odoo.start(log=log), name=f"odoo-{database}")
        wait_for(self._remember(service), f"{url}/web/health", log)
        return url

    def log_of(self, database: str) -> str:
        """Return what the server of ``serve_alone`` has logged."""
        return (self.places.logs / f"odoo-{database}.log").read_text(encoding="utf-8")

    def new_nexacloud_database(
        self, customers: int, as_of: date | None = None, *, clean: bool = False
    ) -> tuple[str, str]:
        """Make a sample of NexaCloud and return the DSNs of administrator and reader.

        Args:
            customers: Number of customers in the sample.
            as_of: The sample's today (None: always the same one).
            clean: Nothing is wrong in it.
        """
        name = f"nexacloud_{uuid4().hex[:12]}"
        password = self._state.passwords["nexacloud_reader"]
        sample_parts.create_sample(
            self.postgres,
            database=name,
            customers=customers,
            reader_password=password,
            log=self.places.logs / "nexacloud.log",
            as_of=as_of,
            clean=clean,
        )
        reader = self.postgres.dsn(name, sample_parts.READER, password)
        return self.postgres.dsn(name), reader

    @cached_property
    def prefect_url(self) -> str:
        """A Prefect server on PostgreSQL, as in production; starts it."""
        password = self._state.passwords["prefect_role"]
        prefect_parts.create_database(self.postgres, password)
        port = self._state.ports["prefect"] = free_port()
        log = self.places.logs / "prefect.log"
        home = self.places.state / "prefect"
        service = prefect_parts.start_prefect(
            self.postgres, password, port=port, home=home, log=log
        )
        url = f"http://127.0.0.1:{port}"
        wait_for(self._remember(service), f"{url}/api/health", log)
        return url

    def start_worker(self) -> Service:
        """Start a worker that runs what is deployed in its Prefect."""
        log = self.places.logs / "prefect-worker.log"
        home = self.places.state / "prefect-worker"
        return self._remember(prefect_parts.start_worker(self.prefect_url, home=home, log=log))

    def new_lago(self, customers: int, as_of: date | None = None) -> LagoSandbox:
        """Start a Lago that holds the same sample; it ends with the stack.

        It serves from a thread of this process, so that a test can order faults and change data.
        """
        spec = SampleSpec(customers=customers)
        if as_of is not None:
            spec = replace(spec, as_of=as_of)
        if spec not in self._lago_data:
            self._lago_data[spec] = lago_document(spec)
        return self.serve_lago(self._lago_data[spec])

    def serve_lago(self, document: dict[str, Any]) -> LagoSandbox:
        """Start a Lago that holds a document; it ends with the stack."""
        sandbox = LagoSandbox(document, self._state.passwords["lago_key"])
        sandbox.__enter__()
        self._lagos.append(sandbox)
        return sandbox

    def close(self) -> None:
        """Stop everything and delete it."""
        for sandbox in self._lagos:
            sandbox.__exit__()
        stack.down(self.places, Progress(quiet=True), delete_data=True)

    @property
    def _url(self) -> str:
        return f"http://127.0.0.1:{self._state.ports['odoo']}"

    def _new_cluster(self, name: str) -> Cluster:
        folder = make_folder(self.places.postgres) / name
        return Cluster(folder, free_port(), self._state.passwords["postgres"])

    def _new_odoo(self, name: str, *, with_addons: bool) -> Odoo:
        """Copy a template into a folder and a cluster of this name, and start the cluster."""
        source, python = fetch_odoo(self.places.cache, Progress(quiet=True))
        template = ensure_template(self.places, source, python, Progress())
        template = template if with_addons else base_of(template)
        cluster = self._new_cluster(f"{name}-postgres")
        cluster.copy_from(template / "data")
        folder = self.places.state / name
        shutil.copytree(template / "filestore", folder / "filestore")
        self._start_cluster(cluster)
        odoo = Odoo(source, python, cluster, self._state.passwords["odoo_role"], folder)
        odoo.set_role_password()
        return odoo

    def _start_odoo(self, odoo: Odoo) -> None:
        log = self.places.logs / "odoo.log"
        wait_for(self._remember(odoo.start(log=log)), f"{self._url}/web/health", log)

    def _start_cluster(self, cluster: Cluster) -> None:
        cluster.set_password()
        self._run_cluster(cluster)

    def _run_cluster(self, cluster: Cluster) -> None:
        log = self.places.logs / f"{cluster.folder.name}.log"
        cluster.wait(self._remember(cluster.start(log=log, durable=False)), log)

    def _remember(self, service: Service) -> Service:
        self._state.services.append(service)
        self._state.save(self.places)
        return service
