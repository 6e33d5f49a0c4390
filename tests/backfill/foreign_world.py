"""A NexaCloud that nobody tidied, as a database: the cases' rows, and what must become of them."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from uuid import NAMESPACE_URL, uuid5

from tests.backfill.foreign_cases import CASES, PLANS, Case, Changes

HERE = Path(__file__).parent
SCHEMA = HERE / "foreign_schema.sql"
#: Rows of no case: add-ons, usage and invoices.
ROWS = HERE / "foreign_rows.sql"

OTHER_OUTCOMES: dict[tuple[str, str], str] = {
    ("deployment_addons", key): rule
    for key, rule in {
        "1": "created",
        "2": "addon_price_negative",
        "3": "addon_name_missing",
        "4": "created",
        "5": "created",
        "6": "addon_price_negative",
        "7": "addon_price_too_many_decimals",
        "8": "addon_orphan",
        "9": "addon_orphan",
        "10": "addon_twice",
        "11": "addon_twice",
        "12": "addon_price_missing",
        "13": "deployment_quarantined",
    }.items()
}
#: Why usage records are kept out, by their number.
USAGE = {
    "5": {"usage_not_a_number"},
    "6": {"usage_not_a_number"},
    "7": {"usage_not_a_number"},
    "8": {"usage_negative"},
    "9": {"usage_absurd"},
    "10": {"usage_period_reversed"},
    "12": {"usage_out_of_period"},
    "13": {"usage_out_of_period", "usage_period_reversed"},
    "15": {"usage_duplicate"},
    "16": {"usage_overlap"},
    "17": {"usage_deployment_unknown"},
    "18": {"usage_deployment_unknown"},
}
#: Why invoices are; the void one is not billed, the others are compared.
INVOICES = {
    "4": {"value_unreadable"},
    "7": {"invoice_currency_missing"},
    "9": {"invoice_currency_missing", "invoice_amount_missing"},
    "11": {"invoice_amount_missing"},
    "12": {"invoice_amount_missing"},
    "13": {"invoice_amount_missing"},
    "16": {"invoice_amount_missing"},
    "21": {"value_unreadable", "invoice_period_missing"},
    "22": {"value_unreadable", "invoice_period_missing"},
}

_BEHIND = {"users": "accounts"}
_PLAN = {
    "name": "'Pro'",
    "currency": "'cad'",
    "price_monthly": "49",
    "price_yearly": "490",
    "cpu_seconds_quota": "360000",
    "cpu_rate_per_core_hour": "0.0075",
    "is_active": "true",
    "updated_at": "'2026-01-01'",
}
_ROWS = {
    "users": {
        "id": "{n}",
        "email": "'c{n}@example.ca'",
        "full_name": "'Zoé Roy {n}'",
        "region": "'ON'",
        "country_code": "'CA'",
        "stripe_customer_id": "'cus_{n}'",
        "is_active": "true",
    },
    "deployments": {
        "id": "'dep-{n}'",
        "user_id": "{n}",
        "name": "'web {n}'",
        "status": "'running'",
    },
    "subscriptions": {
        "id": "{n} + 1000",
        "user_id": "{n}",
        "deployment_id": "'dep-{n}'",
        "plan_id": "{pro}",
        "status": "'active'",
        "billing_cycle": "'monthly'",
        "started_at": "'2026-01-14 05:00+00'",
        "current_period_start": "'2026-10-14 04:00+00'",
        "current_period_end": "'2026-11-14 05:00+00'",
    },
}


def numbered() -> dict[int, Case]:
    """Give each case its customer's number."""
    return dict(enumerate(CASES, 1))


def plan_ids() -> dict[str, str]:
    """Give each plan its id."""
    return {name: str(uuid5(NAMESPACE_URL, name)) for name in PLANS}


def statements() -> Iterator[str]:
    """Give the statements that fill the tables."""
    ids = plan_ids()
    for name, (changes, _rule) in PLANS.items():
        yield _insert("plans", _PLAN | {"id": f"'{ids[name]}'", "code": f"'{name}'"} | changes, {})
    texts = {name: f"'{key}'" for name, key in ids.items()}
    for number, case in numbered().items():
        known = {"n": str(number), **texts}
        rows = zip(_ROWS, (case.user, case.deployment, case.subscription), strict=True)
        for table, changes in rows:
            if changes is not None:
                yield _insert(table, _ROWS[table] | changes, known)
        yield from (_filled(statement, known) for statement in case.more)
    yield ROWS.read_text(encoding="utf-8")


def expected() -> dict[tuple[str, str], str]:
    """Say of every row what must become of it: a rule, ``ENDED`` or ``created``."""
    ids = plan_ids()
    found = {("plans", ids[name]): rule or "created" for name, (_, rule) in PLANS.items()}
    for number, case in numbered().items():
        keys = {"users": str(number), "subscriptions": str(number + 1000)}
        if case.subscription is None:
            del keys["subscriptions"]
        if case.deployment is not None:
            keys["deployments"] = case.key.format(n=number)
        found |= {(table, key): case.outcomes.get(table, "created") for table, key in keys.items()}
        if case.second:
            found["subscriptions", str(number + 6000)] = case.second
    return found | OTHER_OUTCOMES


def _insert(table: str, row: Changes, known: dict[str, str]) -> str:
    columns, values = ", ".join(row), ", ".join(_filled(value, known) for value in row.values())
    return f"INSERT INTO {_BEHIND.get(table, table)} ({columns}) VALUES ({values})"


def _filled(text: str, known: dict[str, str]) -> str:
    for name, value in known.items():
        text = text.replace(f"{{{name}}}", value)
    return text
