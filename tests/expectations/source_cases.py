"""One case per way of breaking (or just not breaking) a rule of a source table."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any, NamedTuple

from tests.expectations.worlds import AS_OF, Service


class Case(NamedTuple):
    """Spoil a clean service; exactly ``broken`` (table, rule) must be found on its rows."""

    name: str
    broken: set[tuple[str, str]]
    spoil: Callable[[Service], Any]


def put(table: str, **values: Any) -> Callable[[Service], Any]:
    return lambda service: service.rows(table)[0].update(values)


def case(name: str, table: str, *rules: str, **values: Any) -> Case:
    return Case(name, {(table, rule) for rule in rules}, put(table, **values))


def twin(table: str, **changes: Any) -> Callable[[Service], Any]:
    return lambda service: service.add(table, **changes)


def rename(table: str, key: str) -> Callable[[Service], Any]:
    """Give a row another id, and what refers to it."""

    def spoil(service: Service) -> None:
        service.rows(table)[0]["id"] = key
        column = f"{table.removesuffix('s')}_id"
        for row in (service.deployment, service.subscription, service.deployment_addon):
            if column in row:
                row[column] = key

    return spoil


def quota(name: str, text: str | None, *rules: str) -> Case:
    value = None if text is None else Decimal(text)
    return case(f"quota-{name}", "plans", *rules, cpu_seconds_quota=value)


def rate(name: str, text: str, *rules: str) -> Case:
    return case(f"rate-{name}", "plans", *rules, cpu_rate_per_core_hour=Decimal(text))


def price(name: str, text: str, *rules: str) -> Case:
    return case(f"price-{name}", "plans", *rules, price_monthly=Decimal(text))


def live_twice(service: Service) -> None:
    service.add("subscriptions", status="past_due")


def end_subscription(service: Service) -> None:
    service.subscription.update(status="canceled", canceled_at=AS_OF)


def owner_gone(service: Service) -> None:
    service.deployment["user_id"] = service.subscription["user_id"] = "gone"


def another_owner(service: Service) -> None:
    other = service.add("users", email=f"{service.name}-2@example.ca", stripe_customer_id=None)
    service.deployment["user_id"] = other["id"]


def break_everything_that_ended(service: Service) -> None:
    end_subscription(service)
    service.deployment.update(deleted_at=AS_OF, user_id="gone")
    service.subscription.update(plan_id="gone", user_id=None, billing_cycle="weekly")


def break_ended_addon(service: Service) -> None:
    end_subscription(service)
    service.deployment.update(deleted_at=AS_OF)
    service.deployment_addon.update(price_monthly=None, name="")


USERS = [
    Case(
        "email-case-shared",
        {("users", "email_shared")},
        lambda s: s.add("users", email=s.user["email"].upper()),
    ),
    Case(
        "stripe-shared",
        {("users", "stripe_id_duplicate")},
        lambda s: s.add("users", email=f"other-{s.user['email']}"),
    ),
    case("email-missing", "users", "email_malformed", email=None),
    case("email-empty", "users", "email_malformed", email=""),
    case("email-no-host", "users", "email_malformed", email="zoe@"),
    case("email-no-dot", "users", "email_malformed", email="zoe@example"),
    case("email-two-signs", "users", "email_malformed", email="zoe@@example.ca"),
    case("email-two-addresses", "users", "email_malformed", email="a@x.ca, b@x.ca"),
    case("email-two-dots", "users", "email_malformed", email="zoe..roy@example.ca"),
    case("email-newline", "users", "email_malformed", email="zoe@example.ca\n"),
    case("email-accents", "users", email="zoé+facturation@éxemple.ca"),
    case("email-subdomain", "users", email="o'neil_1@mail.my-shop.co.uk"),
    case("name-missing", "users", "name_missing", full_name=None),
    case("name-blank", "users", "name_missing", full_name=" ", company_name=""),
    case("name-of-nothing-to-see", "users", "name_missing", full_name="\u200b\ufeff"),
    case("name-company", "users", full_name=None, company_name="Boulangerie × Roy"),
    case("stripe-wrong-kind", "users", "stripe_id_malformed", stripe_customer_id="acct_1A2b"),
    case("stripe-empty", "users", "stripe_id_malformed", stripe_customer_id=""),
    case("stripe-missing", "users", "stripe_id_missing", stripe_customer_id=None),
    case("country-missing", "users", "country_missing", country_code=None),
    case("country-blank", "users", "country_missing", country_code=""),
]
PLANS = [
    quota("missing", None, "quota_missing"),
    quota("nan", "NaN", "quota_missing"),
    quota("negative", "-3600", "quota_negative"),
    quota("fraction", "3600.5", "quota_not_whole", "quota_not_core_hours"),
    quota("whole-with-zeros", "3600.000"),
    quota("largest", "342835200"),
    quota("above-largest", "342838800", "quota_absurd"),
    quota("infinite", "Infinity", "quota_absurd"),
    quota("odd", "100000", "quota_not_core_hours"),
    quota("zero", "0"),
    Case(
        "quota-family",
        {("plans", "quota_family_mismatch")},
        lambda s: s.add("plans", code=f"{s.name}-yearly", cpu_seconds_quota=Decimal(720000)),
    ),
    Case(
        "quota-family-agrees",
        set(),
        lambda s: s.add("plans", code=f"{s.name}-yearly", cpu_seconds_quota=Decimal("360000.00")),
    ),
    rate("house", "0.0075"),
    rate("zero", "0", "rate_not_positive"),
    rate("negative", "-0.0075", "rate_not_positive"),
    rate("nan", "NaN", "rate_not_positive"),
    rate("seven-decimals", "0.0000001", "rate_too_many_decimals"),
    rate("exponent", "1E-7", "rate_too_many_decimals"),
    rate("forty-decimals", "0.0075" + "0" * 35 + "1", "rate_too_many_decimals"),
    rate("six-decimals-and-zeros", "0.00750100"),
    rate("cap", "1.00"),
    rate("above-cap", "1.01", "rate_above_cap"),
    rate("infinite", "Infinity", "rate_above_cap"),
    rate("rounded", "0.01", "rate_rounded_to_cents"),
    rate("rounded-with-zeros", "0.0100", "rate_rounded_to_cents"),
    rate("near-rounded", "0.010001"),
    price("free", "0.00"),
    price("negative", "-0.01", "price_negative"),
    price("nan", "NaN", "price_negative"),
    price("fraction", "4.995", "price_too_many_decimals"),
    price("cents-with-zeros", "4.9900"),
    case(
        "price-yearly-only-fraction",
        "plans",
        "price_too_many_decimals",
        price_yearly=Decimal("0.001"),
    ),
    Case(
        "price-none",
        {("plans", "price_missing_both"), ("subscriptions", "price_missing_for_cycle")},
        put("plans", price_monthly=None, price_yearly=None),
    ),
    case("currency-other", "plans", currency="USD"),
    case("currency-in-small-letters", "plans", currency=" usd "),
    case("currency-a-sign", "plans", "currency_unknown", currency="$"),
    case("currency-missing", "plans", "currency_unknown", currency=None),
    Case("code-twice", {("plans", "plan_code_duplicate")}, twin("plans")),
    Case(
        "code-twice-but-for-blanks",
        {("plans", "plan_code_duplicate")},
        lambda s: s.add("plans", code=f" {s.plan['code']}\t"),
    ),
    case("code-missing", "plans", "plan_code_missing", code=None),
    case("code-of-blanks", "plans", "plan_code_missing", code=" "),
]
DEPLOYMENTS = [
    Case("owner-null", {("deployments", "owner_unknown")}, put("deployments", user_id=None)),
    Case(
        "owner-gone",
        {("deployments", "owner_unknown"), ("subscriptions", "subscriber_unknown")},
        owner_gone,
    ),
    Case("subscription-ended", {("deployments", "subscription_missing")}, end_subscription),
    Case("subscription-twice", {("deployments", "subscription_live_twice")}, live_twice),
    Case("subscription-renewed", set(), twin("subscriptions", status="canceled")),
    case("deployment-deleted-by-status", "deployments", status="deleted", user_id=None),
    case(
        "deployment-to-be-deleted",
        "deployments",
        "deleted_in_future",
        deleted_at=AS_OF + timedelta(days=1),
    ),
    case("deployment-deleted-just-now", "deployments", deleted_at=AS_OF),
    case("deployment-status-other", "deployments", "status_unknown", status="melted"),
]
SUBSCRIPTIONS = [
    case("cycle-other", "subscriptions", "cycle_unknown", billing_cycle="weekly"),
    case("cycle-null", "subscriptions", "cycle_unknown", billing_cycle=None),
    case("plan-gone", "subscriptions", "plan_unknown", plan_id="gone"),
    case("plan-null", "subscriptions", "plan_unknown", plan_id=None),
    Case(
        "deployment-gone",
        {("subscriptions", "deployment_unknown")},
        twin("subscriptions", deployment_id="gone"),
    ),
    Case(
        "deployment-null",
        {("subscriptions", "deployment_unknown")},
        twin("subscriptions", deployment_id=None),
    ),
    case("subscriber-gone", "subscriptions", "subscriber_unknown", user_id="gone"),
    Case("owner-differs", {("subscriptions", "owner_differs")}, another_owner),
    Case(
        "cycle-unsold",
        {("subscriptions", "price_missing_for_cycle")},
        put("plans", price_monthly=None),
    ),
    case(
        "period-empty",
        "subscriptions",
        "period_reversed",
        current_period_end=AS_OF - timedelta(days=10),
    ),
    case("period-unknown", "subscriptions", current_period_end=None),
    case(
        "starts-after-its-period",
        "subscriptions",
        "starts_after_period",
        started_at=AS_OF,
        current_period_start=AS_OF - timedelta(days=40),
        current_period_end=AS_OF - timedelta(days=10),
    ),
    case("starts-now", "subscriptions", started_at=AS_OF),
    case(
        "starts-later",
        "subscriptions",
        "started_in_future",
        started_at=AS_OF + timedelta(seconds=1),
    ),
    case("trial", "subscriptions", status="trialing"),
    case("leaves-at-its-end", "subscriptions", "cancellation_announced", canceled_at=AS_OF),
    case(
        "leaves-later",
        "subscriptions",
        "cancellation_announced",
        canceled_at=AS_OF + timedelta(days=9),
    ),
    Case(
        "subscription-status-other",
        {("subscriptions", "status_unknown"), ("deployments", "subscription_missing")},
        put("subscriptions", status="paused"),
    ),
]
MOMENTS = [
    case(f"{rule.replace('_', '-')}-{table}", table, rule, **values)
    for table, moment in (
        ("users", "created_at"),
        ("plans", "updated_at"),
        ("deployments", "created_at"),
        ("subscriptions", "current_period_end"),
    )
    for rule, values in (
        ("value_unreadable", {"unreadable": f"{moment} is infinity"}),
        ("moment_far", {moment: AS_OF.replace(year=2100)}),
    )
]
KEYS = [
    Case(f"key-{name}-of-{table.replace('_', '-')}", {(table, "key_unusable")}, rename(table, key))
    for table in ("users", "plans", "deployments", "subscriptions", "deployment_addons")
    for name, key in (("empty", ""), ("of-two-lines", f"{table}\n7"), ("long", table * 200))
]
CLEAN = Case("clean", set(), lambda service: None)
ENDED = Case("ended", set(), break_everything_that_ended)
ADDONS = [
    case("addon-free", "deployment_addons", price_monthly=Decimal(0)),
    case("addon-of-six-decimals", "deployment_addons", price_monthly=Decimal("0.123456")),
    case("addon-price-null", "deployment_addons", "addon_price_missing", price_monthly=None),
    case(
        "addon-price-nan",
        "deployment_addons",
        "addon_price_negative",
        price_monthly=Decimal("NaN"),
    ),
    case(
        "addon-price-negative",
        "deployment_addons",
        "addon_price_negative",
        price_monthly=Decimal("-1.00"),
    ),
    case(
        "addon-price-too-fine",
        "deployment_addons",
        "addon_price_too_many_decimals",
        price_monthly=Decimal("0.1234567"),
    ),
    Case(
        "addon-without-name",
        {("deployment_addons", "addon_name_missing")},
        lambda s: s.deployment_addon.update(name="  "),
    ),
    case("addon-of-nothing", "deployment_addons", "addon_orphan", deployment_id="gone"),
    case("addon-of-null", "deployment_addons", "addon_orphan", deployment_id=None),
    Case(
        "addon-twice",
        {("deployment_addons", "addon_twice")},
        twin("deployment_addons", name="daily  BACKUP"),
    ),
    Case("addons-of-two-names", set(), twin("deployment_addons", name="Static IP")),
    Case("addon-of-an-ended-deployment", set(), break_ended_addon),
]

CASES = [CLEAN, ENDED, *USERS, *PLANS, *DEPLOYMENTS, *SUBSCRIPTIONS, *MOMENTS, *KEYS, *ADDONS]
