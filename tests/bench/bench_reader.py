"""How fast and how big the reader is, beside a bare COPY into memory: `make bench` prints it.

Run by itself: ``python -m tests.bench.bench_reader [--rows 1000000] [--rounds 3]``.
"""

from __future__ import annotations

import argparse
import io
import subprocess
import sys
import time
from statistics import median

import psycopg2

from deployments.local.places import PROJECT, Places
from deployments.local.scratch import Scratch
from tasks.clients.nexacloud.snapshot import NexaCloud
from tests.bench.meter import print_ratios, print_table

SCHEMA = PROJECT / "deployments" / "nexacloud" / "schema.sql"
FEW_ROWS = 10_000
FILL = """
    INSERT INTO usage_records
    SELECT gen_random_uuid(), gen_random_uuid(), hour, hour + interval '1 month',
           (random() * 1000)::numeric(12, 4), (random() * 10)::numeric(12, 4)
    FROM (SELECT timestamptz '2020-01-01 00:00Z' + i %% 50000 * interval '1 hour' AS hour
          FROM generate_series(1, %s) AS i) AS hours
"""
# A process of its own shows its own peak.
PEAK = """
import sys
from tasks.clients.nexacloud.snapshot import NexaCloud
from tests.bench.peak import peak_bytes
with NexaCloud(sys.argv[1]) as source:
    rows = sum(batch.num_rows for batch in source.stream("usage_records"))
print(rows, peak_bytes())
"""


def fill(dsn: str, rows: int) -> None:
    """Create NexaCloud's tables with so many usage records."""
    with psycopg2.connect(dsn) as database, database.cursor() as cursor:
        cursor.execute(SCHEMA.read_text(encoding="utf-8"))
        cursor.execute(FILL, (rows,))
    database.autocommit = True
    with database.cursor() as cursor:
        cursor.execute("VACUUM ANALYZE usage_records")
    database.close()


def bare_copy(dsn: str) -> float:
    """Seconds of ``COPY usage_records TO STDOUT`` into memory."""
    database = psycopg2.connect(dsn)
    try:
        began = time.perf_counter()
        database.cursor().copy_expert("COPY usage_records TO STDOUT", io.BytesIO())
        return time.perf_counter() - began
    finally:
        database.close()


def stream(dsn: str) -> float:
    """Seconds of our reader over the same table, into typed batches that are dropped."""
    with NexaCloud(dsn) as source:
        began = time.perf_counter()
        for _ in source.stream("usage_records"):
            pass
        return time.perf_counter() - began


def peak_megabytes(dsn: str) -> float:
    """Peak memory of a process that streams the table once."""
    result = subprocess.run(
        [sys.executable, "-c", PEAK, dsn], capture_output=True, text=True, check=True, cwd=PROJECT
    )
    return int(result.stdout.split()[1]) / 2**20


def bench_reader(few_dsn: str, many_dsn: str, rows: int, rounds: int) -> None:
    """Measure both and print what they took."""
    few, many = peak_megabytes(few_dsn), peak_megabytes(many_dsn)
    pairs = [(bare_copy(many_dsn), stream(many_dsn)) for _ in range(rounds)]
    bare, ours = (median(times) for times in zip(*pairs, strict=True))
    print_table(
        f"Reading {rows:,} usage records, median of {rounds}",
        ["reader", "wall s", "rows/s"],
        [
            ["bare COPY TO STDOUT into memory", f"{bare:.2f}", f"{rows / bare:,.0f}"],
            ["NexaCloud.stream, typed batches", f"{ours:.2f}", f"{rows / ours:,.0f}"],
        ],
    )
    peaks = [[f"{FEW_ROWS:,}", f"{few:.0f}"], [f"{rows:,}", f"{many:.0f}"]]
    print_table("The reader's peak memory", ["usage records", "MB"], peaks)
    print_ratios(
        [
            (f"{rows:,} records: speed / the bare COPY's (promised: 0.5)", bare / ours),
            (f"memory at {FEW_ROWS:,} records / at {rows:,}", few / many),
        ]
    )


def main(arguments: list[str] | None = None) -> None:
    """Measure in a throw-away PostgreSQL."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--rows", type=int, default=1_000_000)
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    scratch = Scratch(Places.from_environment().cache)
    try:
        dsns = {}
        for name, rows in (("few", FEW_ROWS), ("many", options.rows)):
            scratch.postgres.sql(f"CREATE DATABASE reader_{name}")
            dsns[name] = scratch.postgres.dsn(f"reader_{name}")
            fill(dsns[name], rows)
        bench_reader(dsns["few"], dsns["many"], options.rows, options.rounds)
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
