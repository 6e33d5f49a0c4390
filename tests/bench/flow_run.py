"""A flow as the process that people start, and what it cost."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
import time
from dataclasses import dataclass
from typing import Any

import psutil

from deployments.local.places import PROJECT
from deployments.local.scratch import Scratch
from tests.bench.meter import measured


@dataclass(frozen=True)
class FlowRun:
    """What the flow told in its summary, and its cost: seconds, and bytes at the peak."""

    summary: dict[str, Any]
    wall: float
    client_cpu: float
    server_cpu: float
    peak_bytes: int

    @property
    def cpu(self) -> float:
        """CPU seconds of client and servers."""
        return self.client_cpu + self.server_cpu

    def cells(self) -> list[str]:
        """Give the cost as a table's last four columns: two kinds of CPU, and MB, after wall."""
        seconds = (self.wall, self.client_cpu, self.server_cpu)
        return [*(f"{each:.1f}" for each in seconds), f"{self.peak_bytes / 1e6:.0f}"]


def run_flow(scratch: Scratch, environment: dict[str, str], *command: str) -> FlowRun:
    """Run one to its end; print its state and its steps.

    Args:
        scratch: Its Odoo and PostgreSQL are measured along.
        environment: Where everything is.
        command: The flow's name and options.
    """
    began, used = time.perf_counter(), children_cpu()
    with measured(scratch.server_pids) as cost:
        process = subprocess.Popen(
            [sys.executable, "-m", "flows", *command, "--json"],
            cwd=PROJECT,
            env=os.environ | environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        peak = _peak_bytes(process)
        output, errors = process.communicate()
    if process.returncode:
        raise SystemExit(f"{command} ended with {process.returncode}: {errors[-2000:]}")
    summary: dict[str, Any] = json.loads(output)
    steps = ", ".join(f"{step} {seconds:.1f}" for step, seconds in summary["timings"].items())
    print(f"{' '.join(command)}: {summary['state']['name']} ({steps} s)", flush=True)
    wall = time.perf_counter() - began
    return FlowRun(summary, wall, children_cpu() - used, cost.server_cpu, peak)


def children_cpu() -> float:
    """Give the CPU seconds of the processes that have ended; the servers have not."""
    spent = resource.getrusage(resource.RUSAGE_CHILDREN)
    return spent.ru_utime + spent.ru_stime


def _peak_bytes(process: subprocess.Popen[str]) -> int:
    """Watch a process to its end; its output must fit into a pipe."""
    peak = 0
    while process.poll() is None:
        try:
            peak = max(peak, psutil.Process(process.pid).memory_info().rss)
        except psutil.NoSuchProcess:
            break
        time.sleep(0.05)
    return peak
