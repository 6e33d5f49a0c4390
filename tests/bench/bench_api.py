"""The API: events a second in full batches, and how long single events take at a steady pace.

Odoo has two workers; they, PostgreSQL and the sender share the machine.
"""

from __future__ import annotations

import argparse
import http.client
import json
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from statistics import median, quantiles
from urllib.parse import urlsplit

import odoorpc

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from tests.bench.meter import Cost, measured, print_table

BATCH_EVENTS = 100
SENDERS = 2
PACE = 20
HEADS = ["events", "events", "events/s", "p50 ms", "p99 ms", "events/CPU-s"]
Send = Callable[[str, dict], None]


class Sender:
    """A service that sends events, over connections that are kept."""

    def __init__(self, url: str, key: str) -> None:
        self._address = urlsplit(url)
        self._headers = {"Authorization": f"Bearer {key}", "Content-Type": "application/json"}

    def connection(self) -> Send:
        """Open a connection; what it returns sends one request over it."""
        address = self._address
        connection = http.client.HTTPConnection(str(address.hostname), address.port, timeout=60)

        def send(path: str, body: dict) -> None:
            connection.request("POST", f"/api/v1{path}", json.dumps(body), self._headers)
            answer = connection.getresponse()
            content = answer.read()
            if answer.status != 200:
                raise RuntimeError(f"{answer.status}: {content[:300]!r}")

        return send


def event(number: int) -> dict:
    return {
        "transaction_id": f"bench-{number}",
        "external_subscription_id": f"subscription-{number % 500}",
        "code": "calls",
        "timestamp": str(int(time.time())),
        "properties": {"seconds": number % 60, "region": "ca-central"},
    }


def send_batches(sender: Sender, seconds: float, first: int) -> list[float]:
    """Send full batches for so long over two connections; return how long each took."""

    def run(lane: int) -> list[float]:
        send, took, batch = sender.connection(), [], 0
        end = time.perf_counter() + seconds
        while time.perf_counter() < end:
            start = first + (batch * SENDERS + lane) * BATCH_EVENTS
            events = [event(number) for number in range(start, start + BATCH_EVENTS)]
            began = time.perf_counter()
            send("/events/batch", {"events": events})
            took.append(time.perf_counter() - began)
            batch += 1
        return took

    with ThreadPoolExecutor(SENDERS) as pool:
        return [one for lane in pool.map(run, range(SENDERS)) for one in lane]


def send_singles(sender: Sender, seconds: float, first: int) -> list[float]:
    """Send single events at a steady pace; each counts from when it was due.

    A sender that waited for the last one would not see how long the next had to wait.
    """
    lanes = [sender.connection() for _ in range(8)]
    began = time.perf_counter()

    def run(number: int) -> float:
        due = began + number / PACE
        time.sleep(max(due - time.perf_counter(), 0))
        lane = lanes.pop()
        lane("/events", {"event": event(first + number)})
        lanes.append(lane)
        return time.perf_counter() - due

    with ThreadPoolExecutor(len(lanes)) as pool:
        return list(pool.map(run, range(int(seconds * PACE))))


def row(case: str, events: int, cost: Cost, took: list[float]) -> list[str]:
    return [
        case,
        f"{events:,}",
        f"{events / cost.wall:,.0f}",
        f"{median(took) * 1000:.0f}",
        f"{quantiles(took, n=100)[98] * 1000:.0f}",
        # Of Odoo and PostgreSQL.
        f"{events / cost.server_cpu:,.0f}",
    ]


def prepare(scratch: Scratch) -> Sender:
    """Serve a database in which a service has a key."""
    database = scratch.new_odoo_database()
    url = scratch.serve_alone(database)
    address = urlsplit(url)
    odoo = odoorpc.ODOO(address.hostname, port=address.port, timeout=120)
    odoo.login(database, scratch.odoo_user, scratch.odoo_password)
    values = {"name": "Bench", "code": "bench"}
    service = odoo.execute("fusion.billing.service", "create", values)
    key = odoo.execute("fusion.billing.service", "issue_api_key", [service], "benchmark")
    return Sender(url, key)


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=float, default=20, help="how long each case lasts")
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        sender = prepare(scratch)
        # Both workers load the registry and prepare their statements.
        send_batches(sender, 2, first=10_000_000)
        with measured(scratch.server_pids) as batches:
            took = send_batches(sender, options.seconds, first=0)
        events = len(took) * BATCH_EVENTS
        lines = [row(f"in batches of {BATCH_EVENTS}", events, batches, took)]
        with measured(scratch.server_pids) as singles:
            took = send_singles(sender, options.seconds, first=20_000_000)
        lines.append(row(f"single, {PACE} a second", len(took), singles, took))
        print_table("Events over the API", HEADS, lines)
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
