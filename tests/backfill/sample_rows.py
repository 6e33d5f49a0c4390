"""The rows of a run of the demo data, and what was found in them."""

from __future__ import annotations

import random
from dataclasses import replace
from uuid import UUID

from tasks.model.records import Finding, Outcome, Severity, SourceRow

PEOPLE = (
    "Zoé Tremblay",
    "Émile Bélanger-Côté",
    "Priya Raghunathan",
    "Nunavut Geospatial × Partners Ltd.",
    "Marta Nowak",
    "Jean-François O'Neill",
    "Aiyana Crowchild",
    "Søren Kjær",
)
# table, rule, sentence, remedy, observed, rows
BROKEN = (
    (
        "users",
        "stripe_id_duplicate",
        "A Stripe customer id belongs to one customer only.",
        "Find out in Stripe whose id it is and correct the other customer in NexaCloud.",
        "cus_Q8f2kLmN0pQrSt (also on another customer)",
        4,
    ),
    (
        "users",
        "email_malformed",
        "Every customer has an email address that mail can be sent to.",
        "Correct the address in NexaCloud.",
        "not an address",
        6,
    ),
    (
        "plans",
        "rate_too_many_decimals",
        "A rate per core-hour has at most 6 decimals.",
        "Set the rate in NexaCloud to 6 decimals or fewer.",
        "0.0075001",
        1,
    ),
    (
        "deployments",
        "subscription_missing",
        "Every running deployment has a live subscription, or nobody pays for it.",
        "Sell a subscription for it or delete the deployment.",
        "no live subscription",
        11,
    ),
    (
        "subscriptions",
        "cycle_unknown",
        "A subscription is billed monthly or yearly.",
        "Correct the billing cycle in NexaCloud.",
        "fortnightly",
        5,
    ),
    (
        "subscriptions",
        "price_missing_for_cycle",
        "A plan has a price for the cycle in which it is sold; an empty price is not 0.",
        "Set the plan's price for this cycle in NexaCloud.",
        "no yearly price",
        7,
    ),
)
WAITING = (
    (
        "deployments",
        "owner_quarantined",
        "A row is loaded only when the customer it belongs to is loaded.",
        9,
    ),
    (
        "deployments",
        "subscription_quarantined",
        "A deployment is loaded only when the subscription that pays for it is loaded.",
        12,
    ),
    (
        "subscriptions",
        "owner_quarantined",
        "A row is loaded only when the customer it belongs to is loaded.",
        9,
    ),
    (
        "subscriptions",
        "plan_quarantined",
        "A subscription is loaded only when its plan is loaded.",
        3,
    ),
)
WARNED = (
    (
        "plans",
        "rate_rounded_to_cents",
        "The rate looks rounded to cents: 0.01 where the house rate is 0.0075.",
        "Ask product whether 0.01 is meant.",
        "0.01",
        2,
    ),
    (
        "users",
        "country_missing",
        "Without a country no tax can be determined.",
        "Ask the customer for an address.",
        "empty",
        8,
    ),
)
READ_SIZES = {"users": 500, "plans": 14, "deployments": 760, "subscriptions": 812}
MODELS = {
    "users": "res.partner",
    "plans": "fusion.billing.plan",
    "deployments": "sale.order",
    "subscriptions": "sale.order",
}


def rows_and_findings() -> tuple[tuple[SourceRow, ...], tuple[Finding, ...]]:
    dice = random.Random(7)
    rows: list[SourceRow] = []
    findings: list[Finding] = []
    for table, size in READ_SIZES.items():
        ids = [str(UUID(int=dice.getrandbits(128), version=4)) for _ in range(size)]
        left = iter(ids)
        broken = [entry for entry in BROKEN if entry[0] == table]
        broken += [
            (
                table,
                rule,
                sentence,
                "Correct the row named here; this one then loads by itself.",
                "",
                count,
            )
            for each, rule, sentence, count in WAITING
            if each == table
        ]
        for _, rule, sentence, remedy, observed, count in broken:
            for _ in range(count):
                source_id = next(left)
                findings.append(
                    Finding(
                        table, source_id, rule, Severity.CRITICAL_ROW, sentence, observed, remedy
                    )
                )
                rows.append(
                    _row(table, source_id, dice, Outcome.QUARANTINED, rule, sentence, remedy)
                )
        rows += [_other_row(table, number, each, dice) for number, each in enumerate(left)]
        findings += _warnings(table, ids[-10:])
    first_user = next(each for each in findings if each.table == "users")
    findings.append(replace(first_user, rule="name_missing", sentence="Every customer has a name."))
    return tuple(rows), tuple(findings)


def _other_row(table: str, number: int, source_id: str, dice: random.Random) -> SourceRow:
    if table == "users" and number < 2:
        return _row(
            table,
            source_id,
            dice,
            Outcome.FAILED,
            "unknown_country",
            "Odoo knows no country with the code XK.",
            "Correct the country in NexaCloud or add it in Odoo.",
        )
    if table in ("deployments", "subscriptions") and number < 60:
        why = "deployment was deleted" if table == "deployments" else "subscription ended"
        day = f"2026-0{1 + number % 9}-14"
        reason = f"The {why} on {day}: nothing is left to bill."
        return _row(table, source_id, dice, Outcome.OUT_OF_SCOPE, None, reason)
    if table == "deployments" and number < 62:
        return replace(
            _row(table, source_id, dice, Outcome.UNCHANGED, "order_left_draft"),
            odoo_model="sale.order",
            odoo_id=300 + number,
        )
    outcome = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)[
        0 if number % 9 else 1 + number % 2
    ]
    row = _row(table, source_id, dice, outcome)
    return replace(row, odoo_model=MODELS[table], odoo_id=number + 1)


def _row(
    table: str,
    source_id: str,
    dice: random.Random,
    outcome: Outcome,
    code: str | None = None,
    reason: str | None = None,
    remedy: str | None = None,
) -> SourceRow:
    label = dice.choice(PEOPLE) if table == "users" else f"{table[:-1]} {source_id[:4]}"
    return SourceRow(table, source_id, outcome, label, None, None, code, reason, remedy)


def _warnings(table: str, ids: list[str]) -> list[Finding]:
    return [
        Finding(table, source_id, rule, Severity.WARNING, sentence, observed, remedy)
        for each, rule, sentence, remedy, observed, count in WARNED
        if each == table
        for source_id in ids[:count]
    ]
