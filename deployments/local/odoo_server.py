"""Odoo's configuration, its server process, and its databases."""

from __future__ import annotations

import base64
import hashlib
import os
import secrets
import shutil
from dataclasses import dataclass
from pathlib import Path

from deployments.local.odoo_addons import addon_roots
from deployments.local.odoo_package import OdooSource
from deployments.local.postgres import Cluster
from deployments.local.processes import Service, free_port, run, start

ROLE = "odoo"
"""Odoo's role in PostgreSQL: it refuses to be `postgres`."""

LOGIN = "admin"

_SCRIPTS = Path(__file__).with_name("odoo_side")
_HASH_ROUNDS = 600_000


@dataclass(frozen=True)
class Odoo:
    """An Odoo on one database cluster.

    Attributes:
        source: The unpacked Odoo.
        python: The Python of its own environment.
        cluster: Where its databases are.
        role_password: Password of its role in PostgreSQL.
        folder: Holds the configuration, file store and sessions.
    """

    source: OdooSource
    python: Path
    cluster: Cluster
    role_password: str
    folder: Path

    @property
    def settings(self) -> Path:
        """The configuration file that `configure` writes."""
        return self.folder / "odoo.conf"

    def configure(
        self, *, port: int, workers: int, database: str | None, actions: bool = True
    ) -> None:
        """Write the configuration file.

        Args:
            port: HTTP port on loopback.
            workers: Worker processes; 0 serves with threads.
            database: The only database to serve, and to run scheduled actions in; None serves
                all and runs none.
            actions: False to run no scheduled actions.
        """
        options = {
            "addons_path": ",".join(str(path) for path in (*self.source.addons, *addon_roots())),
            "data_dir": self.folder,
            "db_host": self.cluster.socket,
            "db_port": self.cluster.port,
            "db_user": ROLE,
            "db_password": self.role_password,
            "admin_passwd": secrets.token_urlsafe(24),
            "http_interface": "127.0.0.1",
            "http_port": port,
            "gevent_port": free_port(),
            "workers": workers,
            "max_cron_threads": 1 if database and actions else 0,
            "limit_time_cpu": 600,
            "limit_time_real": 1200,
            "limit_memory_soft": 4 << 30,
            "limit_memory_hard": 5 << 30,
            "db_maxconn": 32,
            # Each call over /jsonrpc, which odoorpc speaks, would log a warning.
            "log_handler": ":INFO,odoo.addons.rpc.controllers.jsonrpc:ERROR,werkzeug:WARNING",
            "list_db": database is None,
            **({"db_name": database} if database else {}),
        }
        self.folder.mkdir(parents=True, exist_ok=True)
        self.settings.touch(mode=0o600)
        lines = [f"{name} = {value}" for name, value in options.items()]
        self.settings.write_text("\n".join(["[options]", *lines, ""]))

    def start(self, *, log: Path) -> Service:
        """Start the server; it answers some seconds later."""
        command = [str(self.python), str(_SCRIPTS / "launcher.py"), "-c", str(self.settings)]
        return start("odoo", command, log=log, cwd=self.folder, env=self.environment())

    def run_script(self, name: str, *arguments: str, log: Path, **environment: str) -> None:
        """Run one of the scripts of `odoo_side` to its end.

        Args:
            name: The script's file name.
            arguments: Its command line.
            log: What it writes is added to this file.
            environment: Variables that it has beside those of every Odoo.

        Raises:
            StackError: It failed.
        """
        run(
            [self.python, _SCRIPTS / name, *arguments],
            failure=f"Odoo's {name} failed; its log",
            log=log,
            cwd=self.folder,
            env=self.environment() | environment,
        )

    def environment(self) -> dict[str, str]:
        """Return the environment that Odoo runs in."""
        kept = {name: os.environ[name] for name in ("PATH", "HOME", "TMPDIR") if name in os.environ}
        return {
            **kept,
            "PYTHONPATH": str(self.source.python_path),
            "LC_ALL": "C.UTF-8",
            "TZ": "UTC",
        }

    def set_role_password(self) -> None:
        """Create Odoo's role, or give the existing one this object's password."""
        exists = self.cluster.sql(f"SELECT 1 FROM pg_roles WHERE rolname = '{ROLE}'")  # noqa: S608
        verb = "ALTER" if exists else "CREATE"
        self.cluster.sql(f"{verb} ROLE {ROLE} LOGIN CREATEDB PASSWORD '{self.role_password}'")

    def clone(self, template: str, database: str, *, url: str, password: str) -> None:
        """Make a database and its file store from a template's; it appears when complete.

        Args:
            template: Database that nobody is connected to.
            database: Name of the new one.
            url: Address that Odoo writes into links.
            password: Password of the user `admin` in the new database.
        """
        partial = f"{database}_new"
        self.drop(partial)
        self.cluster.sql(
            f"CREATE DATABASE {partial} TEMPLATE {template} OWNER {ROLE} STRATEGY file_copy"
        )
        store = self.folder / "filestore"
        shutil.copytree(store / template, store / database, dirs_exist_ok=True)
        self.cluster.sql(
            f"""
            UPDATE res_users SET password = '{_hash_password(password)}' WHERE login = '{LOGIN}';
            UPDATE ir_config_parameter SET value = gen_random_uuid()
                WHERE key IN ('database.uuid', 'database.secret');
            DELETE FROM ir_config_parameter WHERE key IN ('web.base.url', 'web.base.url.freeze');
            INSERT INTO ir_config_parameter (key, value)
                VALUES ('web.base.url', '{url}'), ('web.base.url.freeze', 'True');
            """,  # noqa: S608 (all of it is generated here)
            partial,
        )
        self.cluster.sql(f"ALTER DATABASE {partial} RENAME TO {database}")

    def close_to_clone(self, database: str) -> None:
        """End a database's sessions and let none begin, so that it can be cloned."""
        self.cluster.sql(f"ALTER DATABASE {database} WITH ALLOW_CONNECTIONS false")
        self.cluster.sql(
            f"SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = '{database}'"  # noqa: S608
        )

    def drop(self, database: str) -> None:
        """Remove a database, ending its sessions, and its file store."""
        self.cluster.sql(f"DROP DATABASE IF EXISTS {database} WITH (FORCE)")
        shutil.rmtree(self.folder / "filestore" / database, ignore_errors=True)


def _hash_password(password: str) -> str:
    """Hash a password as Odoo does, in passlib's notation."""
    salt = secrets.token_bytes(16)
    digest = hashlib.pbkdf2_hmac("sha512", password.encode(), salt, _HASH_ROUNDS)
    words = [base64.b64encode(raw, b"./").decode().rstrip("=") for raw in (salt, digest)]
    return "$pbkdf2-sha512$" + "$".join([str(_HASH_ROUNDS), *words])
