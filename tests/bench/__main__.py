"""Every benchmark in one run: ``make bench``. Figures are this machine's; ratios travel."""

from __future__ import annotations

from tests.bench import bench_load, bench_reader, bench_reconcile, bench_usage

if __name__ == "__main__":
    bench_reader.main([])
    bench_load.main([])
    bench_usage.main([])
    bench_reconcile.main([])
