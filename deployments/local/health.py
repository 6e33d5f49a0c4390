"""Wait until a server answers over HTTP."""

from __future__ import annotations

import time
import urllib.request
from pathlib import Path

from deployments.local import StackError
from deployments.local.processes import Service, tail

_START_SECONDS = 180


def answers(url: str) -> bool:
    """Tell whether a local address answers with success."""
    try:
        with urllib.request.urlopen(url, timeout=5) as response:  # noqa: S310
            return bool(response.status == 200)
    except OSError:
        return False


def wait_for(service: Service, url: str, log: Path) -> None:
    """Wait until a server that was just started answers.

    Raises:
        StackError: It ended, or did not answer in time.
    """
    deadline = time.monotonic() + _START_SECONDS
    while service.is_running() and time.monotonic() < deadline:
        if answers(url):
            return
        time.sleep(0.2)
    raise StackError(f"{service.name} did not start; its log {log} ends with:\n{tail(log)}")
