"""Reconciliation: ledgers of up to a million lines a side, matched, and matched and explained.

The match step is set against what one would pick instead: a plain pandas merge, and datacompy on
Polars. All start from the ledger lines as they were read; those two are given the key and the
amount in whole cents alone. Each contestant is a process of its own, so that its memory is known.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from datetime import UTC, datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import polars as pl

from tests.bench.meter import print_ratios, print_table
from tests.bench.peak import peak_bytes

SIZES = (200_000, 1_000_000)
HEADS = ["lines a side", "contestant", "wall s", "CPU s", "peak MB", "found"]
TORONTO = ZoneInfo("America/Toronto")
KEY = ["service", "customer", "subscription", "item", "period_start", "currency"]
PRICE, QUOTA, HOUR = 7500, 100, 3600
MONTHS = 6
YEAR = datetime(2026, 1, 1, tzinfo=UTC), datetime(2027, 1, 1, tzinfo=UTC)
READ_ROWS = 20_000
TERMS = json.dumps(
    {
        "charge_model": "standard",
        "included_quota": str(QUOTA * HOUR),
        "unit_batch": HOUR,
        "price_per_unit": "0.0075",
        "plan_code": "basic",
    }
)
FLAT = json.dumps({"price": "39", "cycle": "monthly", "plan_code": "basic"})


def main(arguments: list[str] | None = None) -> None:
    """Measure, or be one contestant."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=int, nargs="+", default=list(SIZES))
    parser.add_argument("--contestant", choices=(*CONTESTANTS, IN_PAGES))
    parser.add_argument("--folder", type=Path)
    options = parser.parse_args(arguments)
    if options.contestant:
        _compete(options.contestant, options.folder)
        return
    rows = []
    for size in options.sizes:
        with tempfile.TemporaryDirectory() as folder:
            for side in ("odoo", "external"):
                ledger(size, side).write_parquet(
                    Path(folder) / f"{side}.parquet", row_group_size=READ_ROWS
                )
            for name in (*CONTESTANTS, IN_PAGES):
                rows.append([f"{size:,}", *_measure(name, folder)])
    print_table("Reconciliation of two ledgers, and of three", HEADS, rows, keys=2)
    print_ratios(list(_ratios(rows)))


def _ratios(rows: list[list[str]]) -> Iterator[tuple[str, float]]:
    """Yield what others take to match of what this project takes, and what pages save."""
    told = {(row[0], row[1]): dict(zip(HEADS, row, strict=True)) for row in rows}
    pairs = [(other, MATCHED) for other in RIVALS] + [(IN_MEMORY, IN_PAGES)]
    for size in dict.fromkeys(row[0] for row in rows):
        for other, ours in pairs:
            for head in ("CPU s", "peak MB"):
                theirs, its = (
                    float(told[size, name][head].replace(",", "")) for name in (other, ours)
                )
                yield f"{size} lines a side: {head}, {other} / {ours}", theirs / its


def ledger(lines: int, side: str) -> pl.DataFrame:
    """Return a side: a price and usage for each month of each subscription.

    Of the usage lines 1 % is billed at the rate in cents, 0.5 % without the quota, and 0.5 % for
    no reason; of all lines 0.5 % is missing on either side.
    """
    number = pl.int_range(lines).alias("number")
    frame = pl.select(number).with_columns(
        subscription_number=pl.col("number") // (2 * MONTHS),
        month=pl.col("number") // 2 % MONTHS,
        is_usage=pl.col("number") % 2 == 1,
        # Thousandths of a core-hour.
        milli=(pl.col("number") * 7919) % 900_000,
    )
    start = pl.datetime(2026, 1 + pl.col("month"), 5, 5, time_zone="UTC")
    over = pl.max_horizontal(pl.col("milli") - QUOTA * 1000, 0)
    # Micro of the currency: milli hours at 7,500 micro an hour.
    usage = over * PRICE // 1000
    lot = pl.col("number") // 2 % 200
    if side == "external":
        usage = (
            pl.when(lot < 2)
            .then(over * 10_000 // 1000)
            .when(lot == 2)
            .then(pl.col("milli") * PRICE // 1000)
            .when(lot == 3)
            .then(usage * 108_371 // 100_000)
            .otherwise(usage)
        )
        usage = (usage + 5_000) // 10_000 * 10_000
    amount = pl.when("is_usage").then(usage).otherwise(39_000_000)
    terms = pl.when("is_usage").then(pl.lit(TERMS)).otherwise(pl.lit(FLAT))
    missing = pl.col("number") % 200 == (77 if side == "odoo" else 133)
    shown = frame.filter(~missing).select(
        service=pl.lit("nexacloud"),
        customer=_uuid(pl.col("subscription_number") // 3),
        subscription=_uuid(pl.col("subscription_number")),
        item=pl.when("is_usage").then(pl.lit("usage:cpu_seconds")).otherwise(pl.lit("flat")),
        period_start=start,
        period_end=start.dt.offset_by("1mo"),
        units=pl.when("is_usage").then((pl.col("milli") * HOUR / 1000).cast(pl.Int64).cast(str)),
        amount=(amount.cast(pl.Decimal(30, 6)) / 1_000_000).cast(pl.Decimal(30, 6)).cast(str),
        currency=pl.lit("CAD"),
        tax_rate=pl.lit("13"),
        ref=pl.format("{}-{}", pl.lit(side), "number"),
        origin=pl.lit("odoo" if side == "odoo" else "lago"),
        terms=terms if side == "odoo" else pl.lit(""),
    )
    return shown if side == "odoo" else shown.sample(fraction=1.0, shuffle=True, seed=1)


def _uuid(number: pl.Expr) -> pl.Expr:
    return pl.concat_str(pl.lit("4f1c2d3e-0000-4000-8000-"), number.cast(pl.String).str.zfill(12))


def _match(odoo: pl.DataFrame, external: pl.DataFrame) -> int:
    from tasks.reconcile.match.match import match

    rows = match(odoo, external, TORONTO).rows
    return rows.filter(pl.col("outcome") != "match").height


def _explain(odoo: pl.DataFrame, external: pl.DataFrame) -> int:
    from tasks.reconcile.compare import compare

    found = compare(odoo, external, TORONTO)
    return found.filter(pl.col("outcome") != "match").height


def _three(odoo: pl.DataFrame, external: pl.DataFrame) -> int:
    from tasks.reconcile.compare import compare
    from tasks.reconcile.source import Source

    odoo, expected, ended = _with_terms(odoo)
    source = Source(expected, subscriptions=ended)

    def run() -> int:
        found = compare(odoo, external, TORONTO, source=source)
        return found.filter(pl.col("wrong_side") != "").height

    return _timed(run)


def _with_terms(odoo: pl.DataFrame) -> tuple[pl.DataFrame, pl.DataFrame, pl.DataFrame]:
    """Let the terms say what Odoo has; of every thirtieth subscription it has nothing: it ended."""
    from tasks.reconcile.source import SUBSCRIPTIONS_SCHEMA

    number = pl.col("subscription").str.slice(-12).cast(pl.Int64)
    is_over = number % 30 == 0
    expected = odoo.with_columns(origin=pl.lit("terms"), tax_rate=pl.lit(None, pl.String))
    ended = (
        odoo.filter(is_over)
        .group_by("service", "subscription")
        .agg(ended_at=pl.col("period_end").max())
        .with_columns(live_from=pl.lit(None), kept_out=pl.lit(""))
        .select(pl.col(name).cast(dtype) for name, dtype in SUBSCRIPTIONS_SCHEMA.items())
    )
    return odoo.filter(~is_over), expected, ended


def _in_pages(folder: Path) -> int:
    """Compare as the flow does: ledgers go to disk as they are read."""
    from tasks.model.ledger import LEDGER_SCHEMA
    from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
    from tasks.reconcile.compare import compare_ledgers
    from tasks.reconcile.ledgers import Ledgers, NexaCloudLedger, OdooLedger, Side
    from tasks.reconcile.pages import OnDisk
    from tasks.reconcile.window import ReconcileWindow

    def read(side: str) -> Iterator[pl.DataFrame]:
        rows = pl.scan_parquet(folder / f"{side}.parquet")
        for start in range(0, rows.select(pl.len()).collect().item(), READ_ROWS):
            yield rows.slice(start, READ_ROWS).collect()

    def run() -> int:
        ours, side = OnDisk(LEDGER_SCHEMA), Side()
        for page in read("odoo"):
            odoo, expected, ended = _with_terms(page)
            ours.add(odoo)
            side.expected.add(expected)
            side.subscriptions.add(ended)
        for page in read("external"):
            side.lines.add(page)
        found = compare_ledgers(
            Ledgers(OdooLedger(ours, 0), NexaCloudLedger(side, {}), None),
            zone=TORONTO,
            window=ReconcileWindow(*YEAR, "2026"),
            as_of=YEAR[1],
            evidence_of=lambda _: pl.DataFrame(schema=EVIDENCE_SCHEMA),
        )
        return int(found.sums.filter(pl.col("wrong_side") != "")["rows"].sum())

    return _timed(run)


def _pandas(odoo: pl.DataFrame, external: pl.DataFrame) -> int:
    def run() -> int:
        left, right = _cents(odoo).to_pandas(), _cents(external).to_pandas()
        both = left.merge(right, on=KEY, how="outer", suffixes=("", "_other"), indicator=True)
        return int(((both["_merge"] != "both") | (both["cents"] != both["cents_other"])).sum())

    return _timed(run)


def _datacompy(odoo: pl.DataFrame, external: pl.DataFrame) -> int:
    from datacompy.polars import PolarsCompare

    def run() -> int:
        left, right = _cents(odoo), _cents(external)
        found = PolarsCompare(left, right, join_columns=KEY)
        unequal = found.intersect_rows.filter(~pl.col("cents_match")).height
        return int(unequal + found.df1_unq_rows.height + found.df2_unq_rows.height)

    return _timed(run)


def _cents(side: pl.DataFrame) -> pl.DataFrame:
    cents = (pl.col("amount").cast(pl.Decimal(30, 6)).round(2) * 100).cast(pl.Int64)
    return side.select(*KEY, cents=cents)


#: Told at the end of a contestant's process: imports and files are outside the clock.
_clock: dict[str, float] = {}


def _timed(run: Callable[[], int]) -> int:
    cpu, began = time.process_time(), time.perf_counter()
    found = run()
    _clock.update(wall=time.perf_counter() - began, cpu=time.process_time() - cpu)
    return found


MATCHED = "this project, matched"
RIVALS = ("pandas merge", "datacompy (Polars)")
IN_MEMORY = "this project, three ledgers, explained"
IN_PAGES = f"{IN_MEMORY} in pages"
CONTESTANTS: dict[str, Callable[[pl.DataFrame, pl.DataFrame], int]] = {
    MATCHED: lambda odoo, external: _timed(lambda: _match(odoo, external)),
    RIVALS[0]: _pandas,
    RIVALS[1]: _datacompy,
    "this project, matched and explained": lambda odoo, external: _timed(
        lambda: _explain(odoo, external)
    ),
    IN_MEMORY: _three,
}


def _measure(name: str, folder: str) -> list[str]:
    command = [sys.executable, "-m", "tests.bench.bench_reconcile", "--contestant", name]
    ended = subprocess.run(
        [*command, "--folder", folder], capture_output=True, text=True, check=True
    )
    told = json.loads(ended.stdout.splitlines()[-1])
    figures = [f"{told['wall']:.2f}", f"{told['cpu']:.2f}", f"{told['megabytes']:,.0f}"]
    return [name, *figures, f"{told['found']:,}"]


def _compete(name: str, folder: Path) -> None:
    if name == IN_PAGES:
        found = _in_pages(folder)
    else:
        sides = [pl.read_parquet(folder / f"{side}.parquet") for side in ("odoo", "external")]
        found = CONTESTANTS[name](*sides)
    peak = peak_bytes() / 2**20
    print(json.dumps({"found": found, "megabytes": peak, **_clock}))


if __name__ == "__main__":
    main()
