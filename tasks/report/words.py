"""The words and number formats that a reader of the report meets."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

from tasks.model.nexacloud import SECONDS_PER_CORE_HOUR
from tasks.model.records import Outcome

TABLE_NAMES = {
    "users": "Customers (users)",
    "plans": "Plans",
    "deployments": "Deployments",
    "subscriptions": "Subscriptions",
    "deployment_addons": "Add-ons",
    "invoices": "Invoices",
    "fees": "Fees",
    "usage": "Usage records",
    "usage_table": "Usage records",
    "billing_periods": "Billing periods",
}
SERVICE_NAMES = {"nexacloud": "NexaCloud", "nexadesk": "NexaDesk", "nexamaps": "NexaMaps"}

OUTCOME_NAMES = {
    Outcome.CREATED: "Created",
    Outcome.UPDATED: "Updated",
    Outcome.UNCHANGED: "Unchanged",
    Outcome.QUARANTINED: "Quarantined",
    Outcome.FAILED: "Refused by Odoo",
    Outcome.OUT_OF_SCOPE: "Out of scope",
    Outcome.NOT_SELECTED: "Not selected",
}

CODE_SENTENCES = {
    "unknown_country": "Odoo does not know the country code.",
    "unknown_currency": "The currency does not exist in Odoo, or is another than the plan's.",
    "currency_without_rate": "Odoo has no exchange rate for the currency.",
    "unknown_service": "Odoo has no billing service of this code.",
    "service_live": "The service is live in Odoo, so its shadow may not be rewritten.",
    "plan_not_loaded": "The plan that it needs could not be loaded.",
    "customer_not_loaded": "The customer that it belongs to could not be loaded.",
    "invalid_value": "A value is not one that Odoo accepts.",
    "tax_code_unmapped": "Nobody has said which of Odoo's taxes a tax of the source is.",
    "discount_by_hand": "A person set a discount in Odoo; it was kept.",
    "region_unknown": "The province or state is not known, so neither is the tax.",
    "refused_by_odoo": "Odoo refused the record.",
    "order_left_draft": "Someone confirmed or canceled the order in Odoo; it was left alone.",
    "drift": "Someone edited the record in Odoo since the last load.",
    "customer_live": "Odoo bills the customer; the copy is not loaded over it any more.",
    "order_live": "Odoo bills the subscription; the copy is not loaded over it any more.",
    "plan_live": "Odoo bills customers by this plan, and the source's is another one now.",
    "email_ambiguous": "Several contacts in Odoo have this email address.",
    "contact_shared": "The contact is not this account's alone, and was left as it is.",
    "out_of_scope": "Deleted deployments and ended subscriptions are not copied.",
    "not_selected": "This run was asked not to load them.",
}
CODE_TITLES = {
    "owner_quarantined": "Its customer is in quarantine",
    "plan_quarantined": "Its plan is in quarantine",
    "deployment_quarantined": "Its deployment is in quarantine",
    "subscription_quarantined": "Its subscription is in quarantine",
    "plan_not_loaded": "Its plan could not be loaded",
    "customer_not_loaded": "Its customer could not be loaded",
    "not_loaded": "Odoo was not reached",
    "run_refused": "The run was stopped",
    "refused_by_odoo": "Refused by Odoo",
    "order_left_draft": "Confirmed or canceled by hand",
    "drift": "Edited by hand",
    "customer_live": "Billed by Odoo",
    "order_live": "Billed by Odoo",
    "plan_live": "Another plan than Odoo bills by",
    "before_subscription": "Before the present subscription",
    "ended": "Nothing left to bill",
    "not_in_odoo": "Live, but not in Odoo",
    "unknown_subscription": "Its order is gone from Odoo",
    "out_of_period": "Outside of Odoo's billing period",
    "period_billed": "Already billed",
    "usage_quarantined": "All of its records are in quarantine",
    "out_of_scope": "Nothing left to bill",
    "not_selected": "Not asked for",
}
CHANGED_IN_ODOO = ("order_left_draft", "drift")
"""Codes of rows that a person touched in Odoo."""

_WAITS_FOR_ANOTHER_ROW = ("plan_not_loaded", "customer_not_loaded")


def table_name(table: str) -> str:
    """Name a source table as finance knows it."""
    return TABLE_NAMES.get(table, humanize(table))


def service_name(code: str) -> str:
    """Name a service as its customers know it."""
    return SERVICE_NAMES.get(code, code)


def humanize(code: str) -> str:
    """Turn a name made for programs into words.

    >>> humanize("stripe_id_missing"), humanize("CompletedWithQuarantine")
    ('Stripe id missing', 'Completed with quarantine')
    """
    words = re.sub(r"(?<=[a-z])([A-Z])", lambda found: " " + found[1].lower(), code)
    words = words.replace("_", " ").strip()
    return words[:1].upper() + words[1:]


def code_title(code: str) -> str:
    """Name a reason in a few words."""
    return CODE_TITLES.get(code, humanize(code))


def is_root_cause(code: str) -> bool:
    """Tell whether a row was kept out for its own sake, not because another row was."""
    return not code.endswith("_quarantined") and code not in _WAITS_FOR_ANOTHER_ROW


def number(value: int) -> str:
    """Write a whole number with thousands separators."""
    return f"{value:,}"


def counted(value: int, noun: str, plural: str | None = None) -> str:
    """Write a number with its noun.

    >>> counted(1, "row"), counted(1212, "draft order")
    ('1 row', '1,212 draft orders')
    """
    return f"{value:,} {noun if value == 1 else plural or noun + 's'}"


def money(amount: Decimal, currency: str, least: int = 2) -> str:
    """Write an amount exactly: with at least two decimals, or ``least``; more where it has more.

    >>> money(Decimal("1234.5"), "CAD"), money(Decimal("0.0075"), "CAD")
    ('1,234.50 CAD', '0.0075 CAD')
    """
    exponent = amount.normalize().as_tuple().exponent
    decimals = max(least, -exponent) if isinstance(exponent, int) else least
    return f"{amount:,.{decimals}f} {currency}".strip()


def core_hours(seconds: Decimal) -> str:
    """Write CPU seconds as core-hours: four decimals as in NexaCloud, six where it takes them.

    >>> core_hours(Decimal("252304.92")), core_hours(Decimal("0.01"))
    ('70.0847', '0.000003')
    """
    hours = seconds / SECONDS_PER_CORE_HOUR
    decimals = 4 if hours == round(hours, 4) else 6
    return f"{hours:,.{decimals}f}"


def percent(part: int, whole: int) -> str:
    """Write a share, cut rather than rounded: 99.96 % never reads as 100 %.

    >>> percent(9996, 10000), percent(3, 3)
    ('99.9 %', '100 %')
    """
    if part >= whole:
        return "100 %"
    tenths = part * 1000 // whole
    return f"{tenths // 10}.{tenths % 10} %"


def moment(when: datetime) -> str:
    """Write a point in time in UTC, in plain form."""
    when = when.astimezone(UTC)
    return f"{when.day} {when:%B %Y, %H:%M} UTC"


def day(when: datetime, timezone: str) -> str:
    """Write the day of a point in time in a time zone."""
    return f"{when.astimezone(ZoneInfo(timezone)):%Y-%m-%d}"


def duration(seconds: float) -> str:
    """Write a span of time.

    >>> duration(0.42), duration(75), duration(7322)
    ('0.4 s', '1 min 15 s', '2 h 2 min')
    """
    if seconds < 60:
        return f"{seconds:.1f} s"
    minutes, rest = divmod(round(seconds), 60)
    if minutes < 60:
        return f"{minutes} min {rest} s"
    return f"{minutes // 60} h {minutes % 60} min"
