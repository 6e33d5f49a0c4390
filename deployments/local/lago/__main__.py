"""Serve a data file: ``LAGO_API_KEY=... python -m deployments.local.lago --data F --port N``."""

from __future__ import annotations

import argparse
import json
import os
import signal
import sys
from pathlib import Path
from threading import Event

from deployments.local.lago.server import LagoSandbox


def main() -> int:
    """Serve until asked to stop."""
    parser = argparse.ArgumentParser(prog="python -m deployments.local.lago")
    parser.add_argument(
        "--data", type=Path, required=True, help="what `deployments.sample lago` wrote"
    )
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args()
    key = os.environ.get("LAGO_API_KEY")
    if not key:
        parser.error("set LAGO_API_KEY to the key that callers must send")
    stop = Event()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: stop.set())
    document = json.loads(options.data.read_text(encoding="utf-8"))
    with LagoSandbox(document, key, options.port):
        stop.wait()
    return 0


if __name__ == "__main__":
    sys.exit(main())
