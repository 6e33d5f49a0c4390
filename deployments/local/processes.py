"""Start, wait for, find again and stop processes: ours, and never anybody else's."""

from __future__ import annotations

import contextlib
import os
import signal
import socket
import subprocess
import time
import urllib.request
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path

import psutil

from deployments.local import StackError

MARKER = "NEXA_LOCAL_STACK"
"""Environment variable by which a process whose parent died is recognized as ours."""

_START_SECONDS = 180
_CLOCK_SLACK_SECONDS = 5
"""Start times are told by the wall clock, which may be corrected under a running stack."""


@dataclass(frozen=True)
class Account:
    """A user account that a server runs as, because the server refuses root."""

    uid: int
    gid: int


@dataclass(frozen=True)
class Service:
    """One background process: leader of its own process group.

    Attributes:
        name: What it is, for messages and its log file.
        pid: Process id, equal to the process group's id.
        started: Start time in seconds since the epoch: a process with this pid but another
            start time is somebody else's.
        stop_signal: Signal that asks it to stop.
    """

    name: str
    pid: int
    started: float
    stop_signal: int = signal.SIGTERM

    def is_running(self) -> bool:
        """Tell whether the very process that was started is alive."""
        leader = self._leader()
        return leader is not None and leader.status() != psutil.STATUS_ZOMBIE

    def stop(self, timeout_seconds: float = 30) -> None:
        """Ask the leader to stop, wait, then kill what is left of its group.

        A second call finds nothing and does nothing.
        """
        if self.is_running():
            with contextlib.suppress(ProcessLookupError):
                os.kill(self.pid, self.stop_signal)
        deadline = time.monotonic() + timeout_seconds
        while time.monotonic() < deadline:
            members = self._members()
            if not members:
                return
            if not self.is_running():
                _kill(members)
            psutil.wait_procs(members, timeout=0.2)
        _kill(self._members())

    def _leader(self) -> psutil.Process | None:
        try:
            leader = psutil.Process(self.pid)
            same = abs(leader.create_time() - self.started) < _CLOCK_SLACK_SECONDS
            return leader if same else None
        except psutil.NoSuchProcess:
            return None

    def _members(self) -> list[psutil.Process]:
        recycled = psutil.pid_exists(self.pid) and self._leader() is None
        if recycled:
            return []
        return [process for process in psutil.process_iter() if self._owns(process)]

    def _owns(self, process: psutil.Process) -> bool:
        try:
            if process.status() == psutil.STATUS_ZOMBIE or os.getpgid(process.pid) != self.pid:
                return False
            return self.is_running() or process.environ().get(MARKER) == self.name
        except (psutil.Error, ProcessLookupError):
            return False


def _kill(members: list[psutil.Process]) -> None:
    for member in members:
        with contextlib.suppress(psutil.NoSuchProcess):
            member.kill()
    psutil.wait_procs(members, timeout=5)


def start(
    name: str,
    command: list[str],
    *,
    log: Path,
    cwd: Path,
    env: dict[str, str],
    account: Account | None = None,
    stop_signal: signal.Signals = signal.SIGTERM,
) -> Service:
    """Start a process in a session of its own, its output appended to a log file.

    Args:
        name: Name of the service.
        command: Program and arguments; never a secret, since anybody can list arguments.
        log: File that receives stdout and stderr.
        cwd: Working directory.
        env: The whole environment.
        account: Account to run as; None is the caller's own.
        stop_signal: Signal that asks it to stop.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        process = subprocess.Popen(
            command,
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            cwd=cwd,
            env={**env, MARKER: name},
            start_new_session=True,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
        )
    # It outlives us on purpose: without this, Popen warns when the object goes.
    process.returncode = 0
    return Service(name, process.pid, psutil.Process(process.pid).create_time(), int(stop_signal))


def run(
    command: Sequence[str | Path],
    *,
    failure: str,
    log: Path,
    cwd: Path,
    env: dict[str, str],
    timeout_seconds: float | None = None,
) -> None:
    """Run a program to its end, its output appended to a log file.

    Args:
        command: Program and arguments; never a secret, since anybody can list arguments.
        failure: What an error's message says before it names the log.
        log: File that receives stdout and stderr.
        cwd: Working directory.
        env: The whole environment.
        timeout_seconds: After which it is killed; None never.

    Raises:
        StackError: It failed.
    """
    log.parent.mkdir(parents=True, exist_ok=True)
    with log.open("ab") as output:
        result = subprocess.run(
            command,
            stdout=output,
            stderr=subprocess.STDOUT,
            check=False,
            cwd=cwd,
            env=env,
            timeout=timeout_seconds,
        )
    if result.returncode != 0:
        raise StackError(f"{failure} {log} ends with:\n{tail(log)}")


def answers(url: str) -> bool:
    """Tell whether a local address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for(service: Service, ready: str | Callable[[], bool], log: Path) -> None:
    """Wait until a server that was just started answers.

    Args:
        service: The server.
        ready: The address that it answers at, or what tells whether it answers.
        log: Its log.

    Raises:
        StackError: It ended, or did not answer in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while service.is_running() and time.monotonic() < deadline:
        if answers(ready) if isinstance(ready, str) else ready():
            return
        time.sleep(0.1)
    raise StackError(f"{service.name} did not start; its log {log} ends with:\n{tail(log)}")


def free_port(preferred: int | None = None) -> int:
    """Return a free TCP port on loopback: the preferred one when nobody has taken it."""
    for port in (preferred or 0, 0):
        with socket.socket() as probe:
            probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
            with contextlib.suppress(OSError):
                probe.bind(("127.0.0.1", port))
                return int(probe.getsockname()[1])
    raise StackError("No free TCP port on 127.0.0.1: stop some other server, then try again.")


def tail(log: Path, lines: int = 15) -> str:
    """Return the last lines of a log, for an error message."""
    if not log.exists():
        return "(no log)"
    return "\n".join(log.read_text(errors="replace").splitlines()[-lines:])
