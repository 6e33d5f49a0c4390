"""A NexaCloud that nobody tidied: each case is a customer, with what must become of its rows.

A case changes some columns of a good customer's rows (SQL expressions) or adds statements; what
it says nothing of is loaded.
"""

from __future__ import annotations

from dataclasses import dataclass, field

ENDED = "out_of_scope"
NEVER = "'infinity'"
Changes = dict[str, str]


def user_out(rule: str) -> dict[str, str]:
    """Keep a customer out, and with it all that is theirs."""
    rest = dict.fromkeys(("deployments", "subscriptions"), "owner_quarantined")
    return {"users": rule, **rest}


def deployment_out(rule: str) -> dict[str, str]:
    """Keep a deployment out, and the subscription that pays for it."""
    return {"deployments": rule, "subscriptions": "deployment_quarantined"}


def subscription_out(rule: str, home: str = "subscription_quarantined") -> dict[str, str]:
    """Keep a subscription out, and the deployment that it pays for."""
    return {"subscriptions": rule, "deployments": home}


def refused(code: str) -> dict[str, str]:
    """Let Odoo refuse a customer, and with it all that is theirs."""
    rest = dict.fromkeys(("deployments", "subscriptions"), "customer_not_loaded")
    return {"users": code, **rest}


BOTH_ENDED = dict.fromkeys(("deployments", "subscriptions"), ENDED)


@dataclass(frozen=True)
class Case:
    """One customer.

    Attributes:
        what: What is odd about it.
        user: Columns of the user, and so on; None: there is no such row.
        more: Further statements; ``{n}`` is the customer's number.
        outcomes: By table of this customer's rows: the rule that keeps it out, or ``ENDED``.
        second: The same for a second subscription, which ``more`` adds.
        key: The deployment's id.
    """

    what: str
    user: Changes = field(default_factory=dict)
    deployment: Changes | None = field(default_factory=dict)
    subscription: Changes | None = field(default_factory=dict)
    more: tuple[str, ...] = ()
    outcomes: dict[str, str] = field(default_factory=dict)
    second: str | None = None
    key: str = "dep-{n}"


#: Name, columns that differ from the good plan, and the rule that keeps it out (None: none does).
PLANS: dict[str, tuple[Changes, str | None]] = {
    "pro": ({}, None),
    "usd": ({"currency": "'usd'"}, None),
    "house": ({"cpu_rate_per_core_hour": "NULL"}, None),
    "padded": ({"code": "' Padded '", "name": "' Pad '", "currency": "E' cad\\t'"}, None),
    "zeros": ({"cpu_rate_per_core_hour": "0.007500000000000", "price_monthly": "49.000"}, None),
    "yearly": ({"price_monthly": "NULL"}, None),
    "free": ({"price_monthly": "0", "price_yearly": "NULL"}, None),
    "formula": ({"name": "'=cmd|''/C calc''!A0 <script>alert(1)</script>'"}, None),
    "unnamed": ({"name": "NULL"}, None),
    "uncoded": ({"code": "' '"}, "plan_code_missing"),
    "twice": ({"code": "'Twice'"}, "plan_code_duplicate"),
    "twice-blank": ({"code": "'Twice '"}, "plan_code_duplicate"),
    "no rate": ({"cpu_rate_per_core_hour": "0"}, "rate_not_positive"),
    "minus": ({"cpu_rate_per_core_hour": "-0.0075"}, "rate_not_positive"),
    "fine": ({"cpu_rate_per_core_hour": "0.007500000000001"}, "rate_too_many_decimals"),
    "quota-minus": ({"cpu_seconds_quota": "-1"}, "quota_negative"),
    "quota-nan": ({"cpu_seconds_quota": "'NaN'"}, "quota_missing"),
    "quota-endless": ({"cpu_seconds_quota": "'Infinity'"}, "quota_absurd"),
    "quota-half": ({"cpu_seconds_quota": "360000.5"}, "quota_not_whole"),
    "quota-none": ({"cpu_seconds_quota": "NULL"}, "quota_missing"),
    "price-nan": ({"price_yearly": "'NaN'"}, "price_negative"),
    "price-endless": ({"price_monthly": "'Infinity'"}, "price_negative"),
    "price-fine": ({"price_monthly": "49.005"}, "price_too_many_decimals"),
    "price-huge": ({"price_monthly": "1e20"}, "invalid_value"),
    "no-currency": ({"currency": "' '"}, "currency_unknown"),
    "dollars": ({"currency": "'dollars'"}, "currency_unknown"),
    "far": ({"updated_at": "'-infinity'"}, "value_unreadable"),
}

CASES = (
    Case("nothing is odd"),
    Case("a status in capitals", subscription={"status": "'ACTIVE'"}),
    Case("a status of two words", subscription={"status": "'Past Due'"}),
    Case("a status after a blank", subscription={"status": "' active'"}),
    Case(
        "a status that nobody knows",
        subscription={"status": "'Paused'"},
        outcomes=subscription_out("status_unknown", "subscription_missing"),
    ),
    Case(
        "no status",
        subscription={"status": "NULL"},
        outcomes=subscription_out("status_unknown", "subscription_missing"),
    ),
    Case("a cycle in capitals", subscription={"billing_cycle": "' YEARLY '"}),
    Case(
        "a cycle that nobody knows",
        subscription={"billing_cycle": "'annual'"},
        outcomes=subscription_out("cycle_unknown"),
    ),
    Case("the status of a deployment in capitals", deployment={"status": "' Running'"}),
    Case(
        "a deployment's status that nobody knows",
        deployment={"status": "'archived'"},
        outcomes=deployment_out("status_unknown"),
    ),
    Case("an address in capitals", user={"email": "'ZOE.Roy@Example.CA'"}),
    Case("the same address in small letters", user={"email": "'zoe.roy@example.ca'"}),
    Case("nearly the same, with an accent", user={"email": "'zoé.roy@example.ca'"}),
    Case(
        "an address with blanks around it",
        user={"email": "E'  zoe.roy@example.ca\\n'"},
        outcomes=user_out("email_malformed"),
    ),
    Case(
        "no address",
        user={"email": "''"},
        outcomes=user_out("email_malformed"),
    ),
    Case(
        "a Stripe id that is empty",
        user={"stripe_customer_id": "''"},
        outcomes=user_out("stripe_id_malformed"),
    ),
    Case(
        "a Stripe id with blanks",
        user={"stripe_customer_id": "' cus_blanks '"},
        outcomes=user_out("stripe_id_malformed"),
    ),
    Case(
        "a Stripe id that two share",
        user={"stripe_customer_id": "'cus_shared'"},
        outcomes=user_out("stripe_id_duplicate"),
    ),
    Case(
        "the other of the two",
        user={"stripe_customer_id": "'cus_shared'"},
        outcomes=user_out("stripe_id_duplicate"),
    ),
    Case("Québec", user={"region": "'Québec'"}),
    Case("Quebec", user={"region": "'QUEBEC'", "country_code": "'Canada'"}),
    Case("QC", user={"region": "' qc '", "country_code": "'CAN'"}),
    Case("decomposed", user={"region": "E'Que\\u0301bec'", "country_code": "'ca'"}),
    Case("Alberta", user={"region": "'Alta.'"}),
    Case("no country", user={"country_code": "''"}),
    Case(
        "a country that is none",
        user={"country_code": "'Atlantis'"},
        outcomes=refused("unknown_country"),
    ),
    Case("a name from right to left", user={"full_name": "E'\\u202e\\u05d0\\u05d1\\u202c'"}),
    Case(
        "a name with nothing to see",
        user={"full_name": "E'\\u200b\\ufeff'", "company_name": "'Roy inc.'"},
    ),
    Case(
        "a name of nothing to see alone",
        user={"full_name": "E'\\u200b'"},
        outcomes=user_out("name_missing"),
    ),
    Case("an emoji", user={"full_name": "'🧑‍🚀 Zoé'"}),
    Case("a formula", user={"full_name": '\'=HYPERLINK("http://evil.example";"x")\''}),
    Case("markup", user={"full_name": "'<script>alert(1)</script>'"}),
    Case("what looks like a NUL", user={"full_name": "'Zo\\0\\x00%00'"}),
    Case("control characters", user={"full_name": "E'Zoé\\x01\\x7f\\r\\nRoy'"}),
    Case("a long name", user={"full_name": "repeat('Ω', 1000)"}),
    Case(
        "a name of many pages",
        user={"full_name": "repeat('Ω', 40000)"},
        outcomes=refused("invalid_value"),
    ),
    Case(
        "an endless text",
        user={"street": "repeat('x', 200000)"},
        outcomes=user_out("value_unreadable"),
    ),
    Case("neither active nor not", user={"is_active": "NULL"}),
    Case("no moment of creation", user={"created_at": "NULL"}),
    Case(
        "made before Christ",
        user={"created_at": "'0044-03-15 12:00+00 BC'"},
        outcomes=user_out("value_unreadable"),
    ),
    Case(
        "changed in the year 10000",
        user={"updated_at": "'10000-01-01 00:00+00'"},
        outcomes=user_out("value_unreadable"),
    ),
    Case("a deployment without a name", deployment={"name": "NULL"}),
    Case("a deployment with a blank name", deployment={"name": "E' \\t '"}),
    Case(
        "a deployment of nobody",
        deployment={"user_id": "999999"},
        outcomes=deployment_out("owner_unknown"),
    ),
    Case(
        "a deployment of NULL",
        deployment={"user_id": "NULL"},
        outcomes=deployment_out("owner_unknown"),
    ),
    Case(
        "a deleted deployment",
        deployment={"deleted_at": "'2026-05-01 00:00+00'"},
        outcomes=BOTH_ENDED,
    ),
    Case("deleted by word", deployment={"status": "'DELETED '"}, outcomes=BOTH_ENDED),
    Case(
        "to be deleted one day",
        deployment={"deleted_at": "'2099-05-01 00:00+00'"},
        outcomes=BOTH_ENDED,
    ),
    Case(
        "never to be deleted",
        deployment={"deleted_at": NEVER},
        outcomes=deployment_out("value_unreadable"),
    ),
    Case(
        "a deployment without a subscription",
        subscription=None,
        outcomes={"deployments": "subscription_missing"},
    ),
    Case(
        "a deployment with two",
        more=(
            "INSERT INTO subscriptions SELECT id + 5000, user_id, deployment_id, plan_id, status,"
            " billing_cycle, started_at FROM subscriptions WHERE id = 1000 + {n}",
        ),
        outcomes=deployment_out("subscription_live_twice"),
        second="deployment_quarantined",
    ),
    Case(
        "a subscription without a plan",
        subscription={"plan_id": "NULL"},
        outcomes=subscription_out("plan_unknown"),
    ),
    Case(
        "a subscription of an old plan",
        subscription={"plan_id": "'pro'"},
        outcomes=subscription_out("plan_unknown"),
    ),
    Case(
        "a subscription of nothing",
        deployment=None,
        subscription={"deployment_id": "NULL"},
        outcomes={"subscriptions": "deployment_unknown"},
    ),
    Case(
        "a subscription of somebody else",
        subscription={"user_id": "'1'"},
        outcomes=subscription_out("owner_differs"),
    ),
    Case(
        "a monthly one of a yearly plan",
        subscription={"plan_id": "{yearly}"},
        outcomes=subscription_out("price_missing_for_cycle"),
    ),
    Case("in US dollars", subscription={"plan_id": "{usd}"}),
    Case("the house rate", subscription={"plan_id": "{house}"}),
    Case("a padded plan", subscription={"plan_id": "{padded}"}),
    Case("a free plan", subscription={"plan_id": "{free}"}),
    Case("a plan of a formula", subscription={"plan_id": "{formula}"}),
    Case(
        "a plan with many zeros",
        subscription={"plan_id": "upper({zeros})"},
        outcomes=subscription_out("plan_unknown"),
    ),
    Case(
        "a plan that is kept out",
        subscription={"plan_id": "{price-huge}"},
        outcomes=subscription_out("plan_not_loaded", "plan_not_loaded"),
    ),
    Case(
        "a period backwards",
        subscription={"current_period_start": "'2027-01-01'"},
        outcomes=subscription_out("period_reversed"),
    ),
    Case("no period", subscription={"current_period_start": "NULL", "current_period_end": "NULL"}),
    Case(
        "no start",
        subscription={"started_at": "NULL"},
        outcomes=subscription_out("start_missing", "start_missing"),
    ),
    Case(
        "began when nobody counted",
        subscription={"started_at": "'-infinity'"},
        outcomes=subscription_out("value_unreadable"),
    ),
    Case(
        "ends never",
        subscription={"current_period_end": NEVER},
        outcomes=subscription_out("value_unreadable"),
    ),
    Case("ends in the year 9999", subscription={"current_period_end": "'9999-12-31 23:59:59Z'"}),
    Case(
        "begins one day",
        subscription={
            "started_at": "'2099-01-14 05:00Z'",
            "current_period_start": "NULL",
            "current_period_end": "NULL",
        },
    ),
    Case(
        "canceled for the future",
        subscription={"canceled_at": "'2099-01-01'"},
        outcomes=subscription_out("cancellation_announced"),
    ),
    Case(
        "canceled",
        subscription={"status": "'CANCELLED'"},
        outcomes={"subscriptions": ENDED, "deployments": "subscription_missing"},
    ),
    Case(
        "an id that Odoo cannot hold",
        deployment={"id": "E'dep\\n' || {n}"},
        subscription={"deployment_id": "E'dep\\n' || {n}"},
        outcomes=deployment_out("key_unusable"),
        key="dep\n{n}",
    ),
    Case(
        "an id of nothing",
        deployment={"id": "''"},
        subscription={"deployment_id": "''"},
        outcomes=deployment_out("key_unusable"),
        key="",
    ),
    Case(
        "an ended one whose id Odoo cannot hold",
        deployment={"id": "repeat('d', 300)", "status": "'deleted'"},
        subscription={"deployment_id": "repeat('d', 300)"},
        outcomes=BOTH_ENDED,
        key="d" * 300,
    ),
)
