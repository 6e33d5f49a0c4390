"""Every benchmark in one run: ``make bench``. Figures are this machine's; ratios travel.

At the end it says what got worse since the figures in ``docs/figures.json``.
"""

from __future__ import annotations

import argparse
from types import ModuleType

from tests.bench import (
    bench_api,
    bench_backfill,
    bench_cutover,
    bench_dask,
    bench_load,
    bench_memory,
    bench_overhead,
    bench_reader,
    bench_reconcile,
    bench_usage,
    bench_webhooks,
)
from tests.bench.meter import PRINTED, print_table
from tests.bench.worse import (
    NOISE,
    Measured,
    figures_of,
    keep,
    load,
    unmeasured,
    worsened,
    yardstick,
)

BENCHES = {
    "reader": bench_reader,
    "load": bench_load,
    "memory": bench_memory,
    "backfill": bench_backfill,
    "dask": bench_dask,
    "usage": bench_usage,
    "reconcile": bench_reconcile,
    "api": bench_api,
    "webhooks": bench_webhooks,
    "cutover": bench_cutover,
    "overhead": bench_overhead,
}


def main() -> None:
    """Run the benches that were asked for, all by default, and compare their figures."""
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("--only", nargs="*", choices=BENCHES, default=list(BENCHES))
    parser.add_argument("--keep", action="store_true", help="write docs/figures.json anew")
    options = parser.parse_args()
    known = load()
    measured = {name: _measure(BENCHES[name]) for name in options.only}
    rows = [
        [figure, f"{times:.2f}x"]
        for name, now in measured.items()
        if name in known
        for figure, times in worsened(known[name], now).items()
        if times > NOISE
    ]
    print_table("Worse than the committed figures", ["figure", "times worse"], rows)
    if unknown := sorted(measured.keys() - known.keys()):
        print(f"Not compared, nothing is committed of them: {', '.join(unknown)}.")
    for name in sorted(measured.keys() & known.keys()):
        for figure in unmeasured(known[name], measured[name]):
            print(f"Committed, and not measured any more: {name}: {figure}.")
    if options.keep:
        keep(measured)


def _measure(bench: ModuleType) -> Measured:
    pace, printed = yardstick(), len(PRINTED)
    bench.main([])
    return Measured(pace, figures_of(PRINTED[printed:]))


if __name__ == "__main__":
    main()
