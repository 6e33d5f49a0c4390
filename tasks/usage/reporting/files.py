"""The tables of a metering run: what became of every deployment and billing period."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path

from tasks.model.nexacloud import SECONDS_PER_CORE_HOUR
from tasks.report.files import write_csv
from tasks.usage.records import UsageReport, UsageRow

COLUMNS = (
    "deployment_id",
    "label",
    "period_start",
    "period_end",
    "records",
    "quarantined",
    "cpu_seconds",
    "core_hours",
    "outcome",
    "odoo_cpu_seconds",
    "included_cpu_seconds",
    "overage_cpu_seconds",
    "amount",
    "flat_price",
    "currency",
    "state",
    "explanation",
    "odoo_order_id",
    "code",
    "reason",
    "remedy",
)


def write_files(report: UsageReport, folder: Path) -> None:
    """Write the outcomes: one line per deployment and billing period, in that order."""
    ordered = sorted(
        report.rows, key=lambda row: (row.usage.deployment_id or "", str(row.usage.start or ""))
    )
    lines = (_line(row, report.currency) for row in ordered)
    write_csv(folder / "outcomes.csv", COLUMNS, lines)


def _line(row: UsageRow, currency: str) -> tuple[str | int | None, ...]:
    usage, rated = row.usage, row.rated
    return (
        usage.deployment_id,
        row.label,
        usage.start.isoformat() if usage.start else None,
        usage.end.isoformat() if usage.end else None,
        usage.records,
        usage.quarantined,
        _plain(usage.seconds),
        _plain(usage.seconds / SECONDS_PER_CORE_HOUR),
        row.outcome.value,
        _plain(row.stored),
        _plain(rated.included) if rated else None,
        _plain(rated.overage) if rated else None,
        _plain(rated.amount) if rated else None,
        _plain(rated.flat) if rated else None,
        currency if rated else None,
        ("billed" if rated.billed else "preview") if rated else None,
        rated.explanation if rated else None,
        row.odoo_id,
        row.code,
        row.reason,
        row.remedy,
    )


def _plain(value: Decimal | None) -> str | None:
    """Write a number without an exponent and without zeros at its end.

    >>> _plain(Decimal("0.843750")), _plain(Decimal("3600.000000")), _plain(None)
    ('0.84375', '3600', None)
    """
    if value is None:
        return None
    digits = format(value, "f")
    return digits.rstrip("0").rstrip(".") if "." in digits else digits
