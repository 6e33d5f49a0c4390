"""Webhooks: an outbox of thousands to a receiver that fails a third of the time, dies and returns.

Odoo has two workers; they, PostgreSQL and the receiver share the machine. Whether every message
came, in order and once, is checked, not only how long it took.
"""

from __future__ import annotations

import argparse
import json
import threading
import time
from collections import Counter, defaultdict
from concurrent.futures import ThreadPoolExecutor

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from tasks.clients.odoo.connection import Odoo
from tests.bench.meter import measured, print_ratios, print_table
from tests.webhooks.outbox import Outbox
from tests.webhooks.receiver import Receiver

LANES = 2
HEADS = [
    "receiver",
    "messages",
    "attempts",
    "wall s",
    "delivered/s",
    "delivered/CPU-s of Odoo + PostgreSQL",
]


def main(arguments: list[str] | None = None) -> None:
    """Print a table: a receiver that is well, and one that fails and dies twice."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench.bench_webhooks")
    parser.add_argument("--messages", type=int, default=10_000)
    parser.add_argument("--customers", type=int, default=500)
    options = parser.parse_args(arguments)
    scratch = Scratch(Places.from_environment().cache, workers=LANES)
    try:
        outbox = Outbox(scratch, scratch.new_odoo_database())
        outbox.set_up(most_attempts=100)
        rows = [
            _deliver(outbox, name, options, dies=dies)
            for name, dies in (("well", False), ("fails and dies", True))
        ]
    finally:
        scratch.close()
    print_table("Webhooks", HEADS, rows)
    well, failing = (float(row[-1].replace(",", "")) for row in rows)
    print_ratios([("delivered/CPU-s where the receiver fails / where it is well", failing / well)])


def _deliver(outbox: Outbox, name: str, options: argparse.Namespace, *, dies: bool) -> list[str]:
    """Deliver an outbox over several lanes and return the table's row.

    Raises:
        RuntimeError: A message was lost, came twice after it was taken, or out of order.
    """
    messages, die = options.messages, threading.Event()
    deaths = {messages // 3, 2 * messages // 3} if dies else set()

    def decide(number: int) -> int:
        if number in deaths:
            die.set()
        return 500 if dies and number % 3 == 0 else 200

    receiver = Receiver(decide).start()
    code = name.replace(" ", "-")
    endpoint = outbox.new_endpoint(receiver.url, code)
    outbox.fill(endpoint, messages, customers=options.customers, subscriptions=options.customers)
    with measured(outbox.scratch.server_pids) as cost, ThreadPoolExecutor(LANES) as pool:
        lanes = [pool.submit(_lane, outbox, code, lane) for lane in range(LANES)]
        for _death in deaths:
            die.wait()
            die.clear()
            receiver.stop()
            time.sleep(0.5)
            receiver.start()
        attempts = sum(lane.result() for lane in lanes)
    receiver.stop()
    _check(receiver, messages)
    rate = f"{messages / cost.wall:,.0f}"
    figures = [f"{messages:,}", f"{attempts:,}", f"{cost.wall:.1f}", rate]
    return [name, *figures, f"{messages / cost.server_cpu:,.0f}"]


def _lane(outbox: Outbox, code: str, lane: int) -> int:
    odoo, attempts = Odoo(outbox.access), 0
    while True:
        answer = odoo.call(
            "fusion.billing.webhook", "deliver", limit=1000, worker=f"lane {lane}", service=code
        )
        attempts += len(answer["attempts"])
        if not answer["pending"]:
            return attempts


def _check(receiver: Receiver, messages: int) -> None:
    taken = Counter(arrival.key for arrival in receiver.acknowledged)
    last = {arrival.key: arrival.status for arrival in receiver.arrivals}
    if len(taken) != messages or set(taken.values()) != {1} or set(last.values()) != {200}:
        raise RuntimeError("a message was lost, or came again after it was taken")
    seen: dict[int, int] = defaultdict(int)
    for arrival in receiver.acknowledged:
        message = json.loads(arrival.body)
        # A customer of the benchmark has one subscription.
        if message["n"] <= seen[message["customer"]]:
            raise RuntimeError("a message came before an older one of its subscription")
        seen[message["customer"]] = message["n"]


if __name__ == "__main__":
    main()
