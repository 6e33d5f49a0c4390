"""What the client's side of a backfill holds, as the source grows: read, check, map, pack.

The source is NexaCloud's sample in PostgreSQL, and copies of it, or a tenant of Lago that is made
as it is asked for, in the same process. Of Lago a month's reconciliation is a row of its own: the
ledgers, against what an Odoo would tell (``mirrored_odoo.py``), up to the report's files. Each size
runs in a process of its own, which shows its own peak. There is no Odoo and no Prefect server:
neither adds rows to the client's memory but the answers, a line for each record. Run by itself:
``python -m tests.bench.bench_memory [--source lago] [--customers 1000 10000 100000]``.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
from collections.abc import Iterator
from itertools import chain

from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch
from deployments.sample.lago.tenant.defaults import SERVICE
from tests.bench.many import new_source
from tests.bench.meter import print_ratios, print_table

SIZES = (1_000, 10_000)
HEADS = ["customers", "rows", "client CPU s", "client MB", "of it imported MB"]
BEGIN = """
import json, sys, time
from datetime import UTC, datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

import flows.backfill, flows.reconcile
from tasks.backfill.bundles import pack_customers, to_wire
from tasks.backfill.map import map_pages
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.pages import PAGE_CUSTOMERS
from tasks.backfill.read_lago import read_lago
from tasks.backfill.read import read_pages
from tasks.backfill.sources import SOURCES
from tasks.check.validation import warm_up
from tasks.clients.nexacloud.snapshot import NexaCloud
from tasks.model.records import LoadedRow, Outcome
from tasks.model.spool import Spool
from tasks.reconcile import read as ledgers
from tasks.reconcile.window import reconcile_window
from tasks.run.run import give_back
from tests.bench.peak import peak_bytes

def order_of(each):
    return ("order", each.external_id), LoadedRow("order", each.external_id, Outcome.CREATED)

warm_up()
imported, now, zone = peak_bytes(), datetime.now(UTC), ZoneInfo("America/Toronto")
name, service = sys.argv[2:4]
"""
READ_NEXACLOUD = """
with NexaCloud(sys.argv[1]) as database:
    content = read_pages(database, page_customers=PAGE_CUSTOMERS)
rows = sum(content.counts.values())
"""
LAGO = """
from pathlib import Path
from types import SimpleNamespace
from deployments.sample.lago.tenant.large import large_document
from tasks.backfill import read_lago as reading
from tests.bench.mirrored_odoo import MirroredOdoo
from tests.unserved_lago import UnservedLago

customers, fees = map(int, sys.argv[4:])
lago = UnservedLago(large_document(customers, now.date(), fees))
found = SimpleNamespace(lago=lambda: lago, timezone=zone, reports_dir=Path("nowhere"))
reading.load_settings = ledgers.load_settings = lambda: found
"""
READ_LAGO = """
content = read_lago(service)
rows = sum(SOURCES[name].counts(content).values())
rows += len(content.billing.invoices) + len(content.billing.fees)
"""
COPY = """
source = SOURCES[name]
give_back()
checked = source.check.fn(content, as_of=now, timezone=zone, docs_dir=None,
                          run_name="bench")
give_back()
mapping = partial(source.map, timezone=zone, entities=frozenset({"customer", "plan", "order"}))
mapped = map_pages(mapping, source.pages(content), checked.verdicts)
give_back()
wire = partial(to_wire, service=service, run=None, dry_run=True, full_compare=False)
for page in mapped.pages:
    for bundle in map(wire, pack_customers(page.customers, mapped.plans, 500)):
        pass
answers = Spool(dict(map(order_of, page.orders)) for page in mapped.pages)
usage = source.usage(content, mapped, LoadedPages(pages=answers), zone)
"""
LEDGERS = """
import polars as pl
from tasks.reconcile.compare_long_periods import compare_long_periods
from tasks.reconcile.long_periods import SPANS_SCHEMA, subscriptions_of
window, spans = reconcile_window(None, as_of=now, zone=zone), pl.DataFrame(schema=SPANS_SCHEMA)
one = UnservedLago(large_document(1, now.date(), fees))
found.lago = lambda: one
due = ledgers.read_lago([service], window, now, [service], spans).side.expected.part()
found.lago = lambda: lago
found.odoo = partial(MirroredOdoo, customers, due)
odoo = ledgers.read_odoo([service], window)
external = ledgers.read_lago([service], window, now, [service], spans)
rows = sum(each.height for each in (odoo.lines, external.side.lines, external.side.expected))
give_back()
"""
RECONCILE = """
from decimal import Decimal
from tempfile import TemporaryDirectory
from tasks.model.report import Head
from tasks.reconcile.compare import compare_ledgers
from tasks.reconcile.end_state import Threshold, end_state
from tasks.reconcile.report import build_report
from tasks.reconcile.ledgers import Ledgers
from tasks.reconcile.results import collect_results
from tasks.reconcile.wire import reconciliation_batches
from tasks.report.folder import write_report
from tasks.run.batches import Loaded

both = Ledgers(odoo, None, external)
lines = compare_ledgers(
    both, zone=zone, window=window, as_of=now,
    evidence_of=lambda needed: ledgers.read_evidence((), needed),
)
give_back()
prices, sides = both.odoo_long(), both.long()
known = both.source_of(subscriptions_of(prices, sides))
long = compare_long_periods(prices, sides, source=known, window=window, zone=zone)
batches = Spool(reconciliation_batches(
    lines, long, service=service, run="bench", window=window, dry_run=True, batch_rows=1000,
))
give_back()
results = collect_results(
    lines, both, long=long, loaded=Loaded(), checked=None, window=window, history=(),
    end_of=partial(end_state, threshold=Threshold(Decimal(0), 0.01), dry_run=True),
)
head = Head(
    flow="reconcile", run="bench", service=service, source="Lago", target="", dry_run=True,
    company="", currency="CAD", started_at=now, finished_at=now, timezone=zone.key, timings={},
    links={}, parameters={},
)
with TemporaryDirectory() as folder:
    write_report(build_report(head, results), Path(folder))
"""
END = """
print(json.dumps([rows, time.process_time(), peak_bytes(), imported]))
"""


#: What is done with a tenant of Lago.
OF_LAGO = {"copied": READ_LAGO + COPY, "reconciled": LEDGERS + RECONCILE}


def bench_nexacloud(scratch: Scratch, customers: int) -> list[str]:
    """Measure one size; gives the table's line."""
    reader = new_source(scratch, customers)
    return _line(f"{customers:,}", READ_NEXACLOUD + COPY, [reader, "nexacloud", "nexacloud"])


def bench_lago(customers: int, fees: int, kinds: list[str]) -> Iterator[list[str]]:
    """Measure one size of a tenant with so many fees for each customer, and a few more."""
    told = ["", "lago", SERVICE, str(customers), str(fees)]
    for kind in kinds:
        yield _line(f"{customers:,}, {kind}", LAGO + OF_LAGO[kind], told)


def _line(what: str, steps: str, arguments: list[str]) -> list[str]:
    """Run steps in a process of their own; gives the table's line."""
    done = subprocess.run(
        [sys.executable, "-c", BEGIN + steps + END, *arguments],
        cwd=PROJECT,
        capture_output=True,
        text=True,
    )
    if done.returncode:
        raise SystemExit(done.stderr[-2000:])
    rows, cpu, peak, imported = json.loads(done.stdout.splitlines()[-1])
    megabytes = (f"{held / 1e6:.0f}" for held in (peak, imported))
    return [what, f"{rows:,}", f"{cpu:.1f}", *megabytes]


def main(arguments: list[str] | None = None) -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--source", choices=("nexacloud", "lago"), default="nexacloud")
    parser.add_argument("--customers", type=int, nargs="*", default=SIZES)
    parser.add_argument("--fees", type=int, default=10, help="of each customer of Lago")
    parser.add_argument("--kinds", nargs="*", default=list(OF_LAGO), choices=OF_LAGO)
    options = parser.parse_args(arguments)
    if options.source == "lago":
        found = (
            bench_lago(customers, options.fees, options.kinds) for customers in options.customers
        )
        print_table("The client of a service in Lago", HEADS, list(chain.from_iterable(found)))
        return
    scratch = Scratch(Places.from_environment().cache)
    try:
        lines = [bench_nexacloud(scratch, customers) for customers in options.customers]
        print_table("The backfill's client", HEADS, lines)
        (few, least), (many, most) = ((line[0], float(line[3])) for line in (lines[0], lines[-1]))
        print_ratios([(f"memory at {few} customers / at {many}", least / most)])
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
