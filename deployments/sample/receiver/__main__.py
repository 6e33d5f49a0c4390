"""Serve: ``python -m deployments.sample.receiver --port 8099``; secrets come as environment.

``RECEIVER_DSN`` names NexaCloud's database; ``WEBHOOK_SECRET`` and ``WEBHOOK_PUBLIC_KEY`` are the
service's keys, as its form in Odoo shows them.
"""

from __future__ import annotations

import argparse
import logging
import os
import signal
import sys

from deployments.sample.receiver import PATH
from deployments.sample.receiver.server import Receiver
from deployments.sample.receiver.verify import Keys


def main(arguments: list[str] | None = None) -> int:
    """Serve until SIGTERM or Ctrl+C."""
    parser = argparse.ArgumentParser(prog="python -m deployments.sample.receiver")
    parser.add_argument("--port", type=int, required=True)
    options = parser.parse_args(arguments)
    logging.basicConfig(level=logging.INFO, format="%(asctime)s %(message)s")
    keys = Keys(os.environ.get("WEBHOOK_SECRET"), os.environ.get("WEBHOOK_PUBLIC_KEY"))
    server = Receiver(options.port, os.environ["RECEIVER_DSN"], keys)
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    logging.info("listening at http://127.0.0.1:%s%s", server.server_port, PATH)
    try:
        server.serve_forever()
    except KeyboardInterrupt:
        return 130
    finally:
        server.server_close()
    return 0


if __name__ == "__main__":
    sys.exit(main())
