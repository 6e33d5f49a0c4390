"""The check step: quality rules over the source before the load, and over Odoo after it."""

from __future__ import annotations

from tasks.check.invoices import check_invoices
from tasks.check.lago import check_lago
from tasks.check.readback import check_readback
from tasks.check.result import CheckResult
from tasks.check.source import check_tables
from tasks.check.usage import check_metered, check_usage
from tasks.check.validation import warm_up

__all__ = [
    "CheckResult",
    "check_invoices",
    "check_lago",
    "check_metered",
    "check_readback",
    "check_tables",
    "check_usage",
    "warm_up",
]
