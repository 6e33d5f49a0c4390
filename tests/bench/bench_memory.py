"""What the client's side of a backfill holds, as the source grows: read, check, map, pack.

The source is NexaCloud's sample in PostgreSQL, and copies of it; each size runs in a process of
its own, which shows its own peak. There is no Odoo and no Prefect server: neither adds rows to the
client's memory but the answers, a line for each record. Run by itself:
``python -m tests.bench.bench_memory [--customers 1000 10000 100000]``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys

from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch
from tests.bench.many import new_source
from tests.bench.meter import print_table

SIZES = (1_000, 10_000)
HEADS = ["customers", "rows", "client CPU s", "client MB", "of it imported MB"]
STEPS = """
import json, resource, sys
from datetime import UTC, datetime
from functools import partial
from zoneinfo import ZoneInfo

import flows.backfill
from tasks.backfill.bundles import pack_customers, to_wire
from tasks.backfill.mapped import map_pages
from tasks.backfill.pages import PAGE_CUSTOMERS
from tasks.backfill.read_pages import read_pages
from tasks.backfill.sources import SOURCES
from tasks.check.validation import warm_up
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.run.memory import give_back

def used():
    return resource.getrusage(resource.RUSAGE_SELF)

warm_up()
imported, source, zone = used().ru_maxrss, SOURCES["nexacloud"], ZoneInfo("America/Toronto")
with NexaCloud(sys.argv[1]) as database:
    pages = read_pages(database, page_customers=PAGE_CUSTOMERS)
give_back()
checked = source.check.fn(pages, currency="CAD", as_of=datetime.now(UTC), timezone=zone,
                          docs_dir=None, run_name="bench")
give_back()
mapping = partial(source.map, timezone=zone, entities=frozenset({"customer", "plan", "order"}))
mapped = map_pages(mapping, pages, checked.verdicts)
give_back()
wire = partial(to_wire, service="nexacloud", run=None, dry_run=True, full_compare=False)
for page in mapped.pages:
    for bundle in map(wire, pack_customers(page.customers, mapped.plans, 500)):
        pass
rows, spent = sum(pages.counts.values()), used()
print(json.dumps([rows, spent.ru_utime + spent.ru_stime, spent.ru_maxrss, imported]))
"""


def bench(scratch: Scratch, customers: int) -> list[str]:
    """Measure one size; gives the table's line."""
    reader = new_source(scratch, customers)
    done = subprocess.run(
        [sys.executable, "-c", STEPS, reader], cwd=PROJECT, capture_output=True, text=True
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    rows, cpu, peak, imported = json.loads(done.stdout.splitlines()[-1])
    megabytes = (f"{kilobytes * 1024 / 1e6:.0f}" for kilobytes in (peak, imported))
    return [f"{customers:,}", f"{rows:,}", f"{cpu:.1f}", *megabytes]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--customers", type=int, nargs="*", default=SIZES)
    options = parser.parse_args(arguments)
    scratch = Scratch(Places.from_environment().cache)
    try:
        lines = [bench(scratch, customers) for customers in options.customers]
        print_table("The backfill's client", HEADS, lines)
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
