"""Every benchmark in one run: ``make bench``. Figures are this machine's; ratios travel."""

from __future__ import annotations

from tests.bench import bench_api, bench_load, bench_reader, bench_usage, bench_webhooks

if __name__ == "__main__":
    bench_reader.main([])
    bench_load.main([])
    bench_usage.main([])
    bench_api.main([])
    bench_webhooks.main([])
