"""plan -> a flat product per cycle and one ``cpu_seconds`` charge."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal
from typing import Any

from tasks.model.errors import RecordError
from tasks.model.nexacloud import (
    CYCLE_PRICES,
    HOUSE_RATE_PER_CORE_HOUR,
    SECONDS_PER_CORE_HOUR,
)
from tasks.model.records import Charge, Plan
from tasks.model.texts import said


def map_plan(plan: Mapping[str, Any]) -> Plan:
    """Map one row of ``plans``.

    A cycle whose price is NULL is not sold and is left out; a price of 0 is a price. CPU
    beyond the quota is billed by the second's share of an hour, not by whole hours. Code and name
    are trimmed, as Odoo keeps them; a plan without a name is called by its code.

    Raises:
        RecordError: The quota is NULL, so there is nothing to charge beyond of; or the plan has
            no code.
    """
    quota = plan["cpu_seconds_quota"]
    if quota is None:
        raise RecordError(plan["id"], "quota_missing", "The plan has no CPU quota.")
    code = said(plan["code"])
    if code is None:
        raise RecordError(plan["id"], "plan_code_missing", "The plan has no code.")
    rate = plan["cpu_rate_per_core_hour"]
    currency = plan["currency"].strip().upper()
    prices = {cycle: plan[column] for cycle, column in CYCLE_PRICES.items()}
    return Plan(
        external_id=plan["id"],
        code=code,
        name=said(plan["name"]) or code,
        currency=currency,
        flat_prices={cycle: price for cycle, price in prices.items() if price is not None},
        charges=(
            Charge(
                metric="cpu_seconds",
                included_quota=Decimal(quota),
                unit_batch=SECONDS_PER_CORE_HOUR,
                price_per_unit=HOUSE_RATE_PER_CORE_HOUR if rate is None else rate,
                charge_model="standard",
                currency=currency,
            ),
        ),
        active=plan["is_active"] is not False,
    )
