"""The clean plan catalogue: families sold as two plans, plans sold for both cycles, a free one."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from random import Random

from deployments.sample.rows import SECONDS_PER_HOUR, Plan, new_id

YEARLY_MONTHS = 10  # a year costs ten months

# family, name, monthly price, core-hours included, rate per core-hour (None: house rate)
FAMILIES = (
    ("starter", "Starter 1 × vCPU", "9.00", 100, None),
    ("basic", "Basic 2 × vCPU", "19.00", 250, "0.0075"),
    ("dedicated-2", "Dedicated 2 × vCPU", "39.00", 500, None),
    ("dedicated-4", "Dedicated 4 × vCPU", "79.00", 1000, "0.0075"),
    ("dedicated-8", "Dedicated 8 × vCPU", "149.00", 2500, "0.006"),
    ("dedicated-16", "Dedicated 16 × vCPU", "289.00", 5000, "0.00525"),
    ("compute-32", "Calcul 32 × cœurs", "549.00", 12000, "0.004875"),
    ("memory-8", "Mémoire 8 × 32 Go", "119.50", 800, "0.0112"),
    ("edge", "Edge réseau", "24.99", 150, "0.009375"),
    ("school", "Éducation", "4.99", 60, None),
)
# code, name, monthly price, yearly price, core-hours included, rate
OTHERS = (
    ("free", "Découverte (gratuit)", "0.00", "0.00", 10, None),
    ("payg", "À l'usage, sans forfait", "0.00", None, 0, "0.0135"),
    ("team", "Équipe 4 × sièges", "59.00", "590.00", 400, None),
    ("agency", "Agence 10 × sites", "199.00", "1990.00", 3000, "0.0065"),
    ("business", "Affaires", "249.00", "2490.00", 4000, "0.0075"),
    ("business-plus", "Affaires Plus", "449.00", "4490.00", 9000, "0.005625"),
    ("gpu-a", "GPU A × 1", "899.00", None, 744, "0.125"),
    ("gpu-b", "GPU B × 2", "1699.00", None, 744, "0.2185"),
    ("archive", "Archivage annuel", None, "120.00", 20, None),
    ("legacy-2019", "Forfait 2019 (retiré)", "29.00", "290.00", 300, None),
)
RETIRED = frozenset({"legacy-2019"})


def catalogue(random: Random, now: datetime) -> list[Plan]:
    """Return the clean plans; none breaks a quality rule."""
    plans = []
    for family, name, price, hours, rate in FAMILIES:
        yearly = (Decimal(price) * YEARLY_MONTHS).quantize(Decimal("0.01"))
        for code, full_name, monthly_price, yearly_price in (
            (f"{family}-monthly", f"{name}, mensuel", price, None),
            (f"{family}-yearly", f"{name}, annuel", None, yearly),
        ):
            prices = (monthly_price, yearly_price)
            plans.append(make_plan(random, now, code, full_name, prices, hours, rate))
    for code, name, monthly, annual, hours, rate in OTHERS:
        plans.append(make_plan(random, now, code, name, (monthly, annual), hours, rate))
    return plans


def make_plan(
    random: Random,
    now: datetime,
    code: str,
    name: str,
    prices: tuple[Decimal | str | None, Decimal | str | None],
    core_hours: int,
    rate: str | None,
) -> Plan:
    """Return one plan: ``prices`` a month and a year, its quota ``core_hours`` in seconds."""
    monthly, yearly = prices
    return Plan(
        id=new_id(random),
        code=code,
        name=name,
        currency="CAD",
        price_monthly=None if monthly is None else Decimal(monthly),
        price_yearly=None if yearly is None else Decimal(yearly),
        cpu_seconds_quota=Decimal(core_hours * SECONDS_PER_HOUR),
        cpu_rate_per_core_hour=None if rate is None else Decimal(rate),
        is_active=code not in RETIRED,
        updated_at=now,
    )
