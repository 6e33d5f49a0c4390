"""Every benchmark in one run: ``make bench``. Figures are this machine's; ratios travel."""

from __future__ import annotations

from tests.bench import (
    bench_api,
    bench_backfill,
    bench_cutover,
    bench_load,
    bench_overhead,
    bench_reader,
    bench_reconcile,
    bench_usage,
    bench_webhooks,
)

BENCHES = (
    bench_reader,
    bench_load,
    bench_backfill,
    bench_usage,
    bench_reconcile,
    bench_api,
    bench_webhooks,
    bench_cutover,
    bench_overhead,
)

if __name__ == "__main__":
    for bench in BENCHES:
        bench.main([])
