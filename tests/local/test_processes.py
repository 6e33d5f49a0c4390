"""Stopping processes: ours to the last child, and never one that merely has the same id."""

from __future__ import annotations

import os
import signal
import socket
import time
from dataclasses import replace
from pathlib import Path

import psutil

from deployments.local.processes import Service, free_port, start


def _start(tmp_path: Path, script: str) -> Service:
    log = tmp_path / "log"
    service = start(
        "sample", ["sh", "-c", f"{script} echo ready; wait"], log=log, cwd=tmp_path, env={}
    )
    while "ready" not in log.read_text():
        time.sleep(0.01)
    return service


def test_stop_takes_the_children_along(tmp_path: Path) -> None:
    service = _start(tmp_path, "/bin/sleep 300 & /bin/sleep 300 &")
    children = psutil.Process(service.pid).children()
    service.stop()
    assert len(children) == 2
    assert not [child for child in children if child.is_running()]


def test_stop_after_the_leader_was_killed_finds_its_orphans(tmp_path: Path) -> None:
    service = _start(tmp_path, "/bin/sleep 300 &")
    [orphan] = psutil.Process(service.pid).children()
    os.kill(service.pid, signal.SIGKILL)
    service.stop()
    assert not orphan.is_running()


def test_stop_a_recycled_pid_leaves_the_stranger_alone(tmp_path: Path) -> None:
    stranger = _start(tmp_path, "/bin/sleep 300 &")
    remembered = replace(stranger, started=stranger.started - 3600)
    remembered.stop()
    assert not remembered.is_running()
    assert stranger.is_running()
    stranger.stop()


def test_free_port_when_the_preferred_one_is_taken_is_another() -> None:
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        assert free_port(port) != port
