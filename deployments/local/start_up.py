"""Start the parts of the stack, side by side where they do not need each other."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from pathlib import Path
from threading import Lock
from typing import Any

from deployments.local import prefect_parts, sample_parts
from deployments.local.odoo_addons import own_addons, own_addons_digest
from deployments.local.odoo_package import OdooSource, fetch_odoo
from deployments.local.odoo_server import LOGIN, Odoo
from deployments.local.odoo_template import DATABASE as TEMPLATE
from deployments.local.odoo_template import ensure_template
from deployments.local.places import PROJECT, Places
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, free_port, wait_for
from deployments.local.progress import Progress
from deployments.local.state import VARIABLES, State, stack_file, write_private
from deployments.sample.pilot import log_in
from deployments.sample.receiver import PATH as RECEIVER_PATH
from deployments.sample.sample import SampleSpec

ODOO_DATABASE = "odoo"
SERVICE_KEY = "service_api_key"


@dataclass(frozen=True)
class Options:
    """How to bring the stack up.

    Attributes:
        customers: Customers in NexaCloud's sample, when it is made.
        clean: Whether nothing is wrong in that sample.
        prefect: Whether to start Prefect's server.
        durable: Whether PostgreSQL waits for the disk; without, a power cut may lose data.
    """

    customers: int = 500
    clean: bool = False
    prefect: bool = True
    durable: bool = True


class StartUp:
    """One run of `up`: the steps, and what they have in common."""

    def __init__(self, places: Places, options: Options, progress: Progress, state: State) -> None:
        self._places = places
        self._options = options
        self._progress = progress
        self._state = state
        self._lock = Lock()

    def run(self) -> dict[str, Any]:
        """Start everything; steps that do not need each other run side by side."""
        source, python = fetch_odoo(self._places.cache, self._progress)
        self._choose_ports()
        self._start_postgres(source, python)
        steps: list[Callable[[], None]] = [
            lambda: self._start_odoo(source, python),
            self._create_sample,
            self._start_lago,
        ]
        if self._options.prefect:
            steps.append(self._start_flows)
        with ThreadPoolExecutor() as pool:
            for result in [pool.submit(step) for step in steps]:
                result.result()
        self._start_receiver()
        return self._publish()

    @property
    def _cluster(self) -> Cluster:
        port, password = self._state.ports["postgres"], self._state.passwords["postgres"]
        return Cluster(self._places.postgres, port, password)

    def _url(self, name: str) -> str:
        return f"http://127.0.0.1:{self._state.ports[name]}"

    @property
    def _as_of(self) -> date:
        return date.fromisoformat(self._state.sample_as_of)

    def _choose_ports(self) -> None:
        for name in ("postgres", "odoo", "prefect", "receiver", "lago"):
            self._state.ports[name] = free_port(self._state.ports.get(name))
        self._state.save(self._places)

    def _start_postgres(self, source: OdooSource, python: Path) -> None:
        cluster = self._cluster
        if not cluster.exists:
            template = ensure_template(self._places, source, python, self._progress)
            store = self._places.state / "odoo" / "filestore"
            shutil.copytree(template / "filestore", store, dirs_exist_ok=True)
            cluster.copy_from(template / "data")
        cluster.set_password()
        with self._progress.step("PostgreSQL: start"):
            log = self._places.logs / "postgres.log"
            service = self._remember(cluster.start(log=log, durable=self._options.durable))
            cluster.wait(service, log)

    def _start_odoo(self, source: OdooSource, python: Path) -> None:
        role_password = self._state.passwords["odoo_role"]
        folder = self._places.state / "odoo"
        odoo = Odoo(source, python, self._cluster, role_password, folder)
        odoo.set_role_password()
        url = self._url("odoo")
        # Only with threads do Odoo's pages get their live updates without a proxy in front.
        odoo.configure(port=self._state.ports["odoo"], workers=0, database=ODOO_DATABASE)
        log = self._places.logs / "odoo.log"
        addons = own_addons_digest()
        if not odoo.cluster.has_database(ODOO_DATABASE):
            with self._progress.step("Odoo: clone the template database"):
                password = self._state.passwords["odoo_admin"]
                odoo.clone(TEMPLATE, ODOO_DATABASE, url=url, password=password)
        elif self._state.addons != addons:
            with self._progress.step("Odoo: upgrade the addons, which have changed"):
                names = own_addons()
                odoo.run_script(
                    "prepare.py", "addons", str(odoo.settings), ODOO_DATABASE, *names, log=log
                )
        self._state.addons = addons
        with self._progress.step("Odoo: start"):
            wait_for(self._remember(odoo.start(log=log)), f"{url}/web/health", log)
        with self._progress.step("Odoo: a key for an app that calls its API"):
            known = self._state.passwords.get(SERVICE_KEY)
            if not known or not sample_parts.takes_key(url, known):
                odoo_api = log_in(self._flow_environment())
                self._state.passwords[SERVICE_KEY] = sample_parts.issue_key(odoo_api)

    def _create_sample(self) -> None:
        with self._progress.step("NexaCloud: sample database"):
            sample_parts.create_sample(
                self._cluster,
                customers=self._options.customers,
                reader_password=self._state.passwords["nexacloud_reader"],
                log=self._places.logs / "nexacloud.log",
                as_of=self._as_of,
                clean=self._options.clean,
            )

    def _start_receiver(self) -> None:
        with self._progress.step("NexaCloud: receiver of billing events"):
            ports, passwords = self._state.ports, self._state.passwords
            log = self._places.logs / "receiver.log"
            role_password, secret = passwords["nexacloud_receiver"], passwords["webhook"]
            service = self._remember(
                sample_parts.start_receiver(
                    self._cluster, role_password, secret, port=ports["receiver"], log=log
                )
            )
            url = self._url("receiver")
            wait_for(service, f"{url}/health", log)
            odoo_api = log_in(self._flow_environment())
            sample_parts.register_receiver(odoo_api, f"{url}{RECEIVER_PATH}", secret)

    def _start_lago(self) -> None:
        with self._progress.step("Lago: start the sandbox"):
            data = self._places.state / "lago.json"
            sample = SampleSpec(customers=self._options.customers, as_of=self._as_of)
            if self._options.clean:
                sample = replace(sample, dirty=Decimal(0), clean=True)
            sample_parts.make_lago_data(data, sample)
            port, key = self._state.ports["lago"], self._state.passwords["lago_key"]
            log = self._places.logs / "lago.log"
            service = self._remember(sample_parts.start_lago(data, key, port=port, log=log))
            wait_for(service, f"{self._url('lago')}/health", log)

    def _start_flows(self) -> None:
        self._start_prefect()
        self._start_worker()

    def _start_prefect(self) -> None:
        with self._progress.step("Prefect: start"):
            password = self._state.passwords["prefect_role"]
            cluster = self._cluster
            prefect_parts.create_database(cluster, password)
            port = self._state.ports["prefect"]
            log = self._places.logs / "prefect.log"
            home = self._places.state / "prefect"
            service = self._remember(
                prefect_parts.start_prefect(
                    cluster, password, port=port, home=home, log=log, login=self._prefect_login
                )
            )
            wait_for(service, f"{self._url('prefect')}/api/health", log)

    def _start_worker(self) -> None:
        url = self._url("prefect")
        home = self._places.state / "prefect-worker"
        with self._progress.step("Prefect: deployments and worker"):
            log = self._places.logs / "prefect-deployments.log"
            login = self._prefect_login
            prefect_parts.apply_deployments(
                url, self._flow_environment(), home=home, log=log, login=login
            )
            log = self._places.logs / "prefect-worker.log"
            self._remember(prefect_parts.start_worker(url, home=home, log=log, login=login))

    @property
    def _prefect_login(self) -> str:
        return f"admin:{self._state.passwords['prefect_api']}"

    def _flow_environment(self) -> dict[str, str]:
        passwords = self._state.passwords
        return {
            "NEXACLOUD_DSN": self._cluster.dsn(
                sample_parts.NEXACLOUD, sample_parts.READER, passwords["nexacloud_reader"]
            ),
            "ODOO_URL": self._url("odoo"),
            "ODOO_DB": ODOO_DATABASE,
            "ODOO_USER": LOGIN,
            "ODOO_PASSWORD": passwords["odoo_admin"],
            "LAGO_API_URL": self._url("lago"),
            "LAGO_API_KEY": passwords["lago_key"],
            "REPORTS_DIR": str(PROJECT / "reports"),
        }

    def _remember(self, service: Service) -> Service:
        """Write a process down at once: if `up` is killed, the next command finds it."""
        with self._lock:
            self._state.services.append(service)
            self._state.save(self._places)
        return service

    def _publish(self) -> dict[str, Any]:
        """Write `stack.json`, by which others find the stack."""
        state = self._state
        state.save(self._places)
        environment = self._flow_environment()
        content = {
            **{key: environment[name] for name, key in VARIABLES.items()},
            "prefect_url": self._url("prefect") if self._options.prefect else None,
            "service_api_key": state.passwords[SERVICE_KEY],
            "_internal": {
                "nexacloud_admin_dsn": self._cluster.dsn(sample_parts.NEXACLOUD),
                "prefect_login": self._prefect_login,
                "pids": {service.name: service.pid for service in state.services},
            },
        }
        write_private(stack_file(self._places), content)
        return content
