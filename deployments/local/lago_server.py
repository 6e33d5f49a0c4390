"""The Lago sandbox as a part of the stack: its data file, and the process that serves it."""

from __future__ import annotations

import json
import os
import sys
from pathlib import Path

from deployments.local.places import PROJECT
from deployments.local.processes import Service, start
from deployments.sample.lago.joined import joined
from deployments.sample.lago.tenant.defaults import default_document
from deployments.sample.sample import SampleSpec, lago_document

#: So many subscriptions has the service that is left at Lago's defaults.
MEMBERSHIPS = 60


def make_data(path: Path, sample: SampleSpec) -> None:
    """Write the sandbox's data unless they are there: NexaCloud's sample, a tenant of defaults."""
    if path.exists():
        return
    path.parent.mkdir(parents=True, exist_ok=True)
    partial = path.with_suffix(".part")
    document = joined(lago_document(sample), default_document(MEMBERSHIPS, sample.as_of))
    partial.write_text(json.dumps(document), encoding="utf-8")
    partial.replace(path)


def start_lago(path: Path, api_key: str, *, port: int, log: Path) -> Service:
    """Start the server; it answers when it has read its data.

    Args:
        path: The data file.
        api_key: The key that callers must send.
        port: Port on loopback.
        log: The server's log.
    """
    command = [sys.executable, "-m", "deployments.local.lago"]
    command += ["--data", str(path), "--port", str(port)]
    env = {**os.environ, "LAGO_API_KEY": api_key}
    return start("lago", command, log=log, cwd=PROJECT, env=env)
