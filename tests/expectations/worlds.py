"""Clean source rows to spoil: a service is a customer with a plan, a deployment, a subscription."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd

from tasks.backfill.check_nexacloud import check_pages
from tasks.backfill.facts.readback import readback_tables
from tasks.backfill.quarantine import CheckedPages
from tasks.check.result import CheckResult
from tasks.check.run import check_rows
from tasks.model.source import Row

AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
TABLES = ("users", "plans", "deployments", "subscriptions", "deployment_addons")


@dataclass
class Service:
    """One service's rows, all named after it; ``extra`` holds further rows by table."""

    name: str
    user: dict[str, Any]
    plan: dict[str, Any]
    deployment: dict[str, Any]
    subscription: dict[str, Any]
    deployment_addon: dict[str, Any]
    extra: list[tuple[str, dict[str, Any]]] = field(default_factory=list)

    def rows(self, table: str) -> list[dict[str, Any]]:
        own = getattr(self, table.removesuffix("s"))
        return [own, *(row for name, row in self.extra if name == table)]

    def add(self, table: str, **changes: Any) -> dict[str, Any]:
        """Add a copy of the service's row of a table, with an id of its own and changes."""
        row = self.rows(table)[0] | {"id": f"{self.name}-{table}-extra"} | changes
        self.extra.append((table, row))
        return row


def service(name: str) -> Service:
    started = datetime(2025, 3, 14, tzinfo=UTC)
    user = {
        "id": f"{name}-user",
        "email": f"{name}@example.ca",
        "full_name": "Zoé Roy",
        "company_name": None,
        "phone": None,
        "street": "1 rue Principale",
        "city": "Montréal",
        "region": "QC",
        "postal_code": "H2X 1Y4",
        "country_code": "CA",
        "stripe_customer_id": "cus_" + name.replace("-", ""),
        "unreadable": None,
        "is_active": True,
        "created_at": started,
        "updated_at": started,
    }
    plan = {
        "id": f"{name}-plan",
        "code": f"{name}-monthly",
        "unreadable": None,
        "name": "Pro 4 × vCPU",
        "currency": "CAD",
        "price_monthly": Decimal("49.00"),
        "price_yearly": Decimal("490.00"),
        "cpu_seconds_quota": Decimal(360000),
        "cpu_rate_per_core_hour": None,
        "is_active": True,
        "updated_at": started,
    }
    deployment = {
        "id": f"{name}-deployment",
        "user_id": user["id"],
        "name": "shop",
        "unreadable": None,
        "region": "ca-east",
        "status": "running",
        "created_at": started,
        "deleted_at": None,
    }
    subscription = {
        "id": f"{name}-subscription",
        "user_id": user["id"],
        "deployment_id": deployment["id"],
        "plan_id": plan["id"],
        "status": "active",
        "billing_cycle": "monthly",
        "unreadable": None,
        "started_at": started,
        "current_period_start": AS_OF - timedelta(days=10),
        "current_period_end": AS_OF + timedelta(days=20),
        "canceled_at": None,
    }
    addon = {
        "id": f"{name}-addon",
        "deployment_id": deployment["id"],
        "name": "Daily backup",
        "price_monthly": Decimal("9.90"),
    }
    return Service(name, user, plan, deployment, subscription, addon)


def frames(*services: Service) -> dict[str, pd.DataFrame]:
    """Lay services out as ``read`` delivers them: plain Python values in object columns."""
    return {
        table: frame([row for each in services for row in each.rows(table)]) for table in TABLES
    }


def rows_of(frame: pd.DataFrame) -> tuple[Row, ...]:
    """Give the rows of a frame; what pandas takes for missing is None, a decimal NaN stays."""

    def plain(value: Any) -> Any:
        missing = value is pd.NaT or value is pd.NA or (isinstance(value, float) and value != value)
        return None if missing else value

    return tuple(
        {name: plain(value) for name, value in row.items()} for row in frame.to_dict("records")
    )


def as_rows(tables: Mapping[str, pd.DataFrame]) -> dict[str, tuple[Row, ...]]:
    """Give the rows of frames, as the backfill checks them."""
    return {table: rows_of(tables[table]) for table in TABLES}


@dataclass(frozen=True)
class Checked:
    """What a check of one page found, and which of its rows may be loaded."""

    result: CheckResult
    accepted: Mapping[str, frozenset[str]]
    out_of_scope: Mapping[str, Mapping[str, str]]

    def __getattr__(self, name: str) -> Any:
        return getattr(self.result, name)


def one_page(checked: CheckedPages) -> Checked:
    """Give the result of pages that are one."""
    (verdict,) = checked.verdicts
    return Checked(checked.result, verdict.accepted, verdict.out_of_scope)


def check_tables(tables: Mapping[str, Sequence[Row]], **told: Any) -> Checked:
    """Check tables that are one page."""
    return one_page(check_pages([tables], **told))


def check_readback(tables: Mapping[str, pd.DataFrame], **told: Any) -> CheckResult:
    """Check what was read back from Odoo, laid out in frames."""
    rows = {name: rows_of(frame) for name, frame in tables.items()}
    return check_rows(readback_tables(rows), **told)


def frame(rows: list[dict[str, Any]]) -> pd.DataFrame:
    return pd.DataFrame(
        {name: pd.Series([row[name] for row in rows], dtype=object) for name in rows[0]}
    )
