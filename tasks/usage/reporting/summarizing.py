"""A metering report as data: what its ``summary.json`` holds."""

from __future__ import annotations

from typing import Any

from tasks.model.money import decimal_text
from tasks.report.reasons import warnings_of
from tasks.report.summarizing import common_summary, readback_summary, rows_by_outcome
from tasks.usage.records import UsageReport
from tasks.usage.reporting.figures import Month, figures


def summary(report: UsageReport) -> dict[str, Any]:
    """Sum the report up for programs: JSON types only, quantities and amounts as text.

    Per kind of rows, ``read`` is the sum of its outcomes. Quantities are CPU seconds.
    """
    found = figures(report)
    return common_summary(report) | {
        "readback": readback_summary(report),
        "window": report.window,
        "timezone": report.timezone,
        "rows": {
            counts.table: rows_by_outcome(counts) for counts in (found.records, found.periods)
        },
        "warnings": [
            {"table": each.table, "rule": each.code, "rows": each.count}
            for each in warnings_of(report.findings)
        ],
        "totals": [_month(each, report.currency) for each in (*found.months, found.whole)],
        "unrated_periods": found.unrated,
        "billed_periods": found.billed,
    }


def _month(month: Month, currency: str) -> dict[str, Any]:
    return {
        "label": month.name,
        "billing_periods": month.periods,
        "cpu_seconds": decimal_text(month.measured),
        "odoo_cpu_seconds": None if month.stored is None else decimal_text(month.stored),
        "billable_cpu_seconds": decimal_text(month.billable),
        "overage": decimal_text(month.overage),
        "periods_with_overage": month.charged,
        "currency": currency,
    }
