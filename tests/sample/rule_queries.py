"""Each label of the sample as a query over NexaCloud's tables: written apart from the generator."""

from __future__ import annotations

LIVE = "status IN ('active', 'trialing', 'past_due')"
RUNS = "deleted_at IS NULL AND status <> 'deleted'"
LIVE_COUNT = f"(SELECT count(*) FROM subscriptions s WHERE s.deployment_id = d.id AND s.{LIVE})"
FAMILY = "regexp_replace(code, '-(monthly|yearly)$', '')"
BEFORE = """
    SELECT id, deployment_id, period_start,
           lag(period_end) OVER (PARTITION BY deployment_id ORDER BY period_end) AS before
    FROM usage_records"""


def _users(condition: str) -> str:
    return f"SELECT 'users', u.id FROM users u WHERE {condition}"


def _plans(condition: str) -> str:
    return f"SELECT 'plans', p.id FROM plans p WHERE {condition}"


def _deployments(condition: str) -> str:
    return f"SELECT 'deployments', d.id FROM deployments d WHERE {RUNS} AND {condition}"


def _subscriptions(condition: str) -> str:
    return f"SELECT 'subscriptions', s.id FROM subscriptions s WHERE {LIVE} AND ({condition})"


def _invoices(condition: str) -> str:
    return f"SELECT 'invoices', i.id FROM invoices i WHERE {condition}"


def _no(table: str, column: str) -> str:
    return f"NOT EXISTS (SELECT FROM {table} r WHERE r.id = {column})"


QUERIES = {
    "email_malformed": _users("email IS NULL OR email !~ '^[^@\\s]+@[^@\\s]+\\.[^@\\s]+$'"),
    "stripe_id_malformed": _users("stripe_customer_id !~ '^cus_[A-Za-z0-9]+$'"),
    "stripe_id_duplicate": _users(
        "EXISTS (SELECT FROM users o WHERE o.stripe_customer_id = u.stripe_customer_id"
        " AND o.id <> u.id AND lower(o.email) IS DISTINCT FROM lower(u.email))"
    ),
    "stripe_id_missing": _users(
        "stripe_customer_id IS NULL"
        f" AND EXISTS (SELECT FROM subscriptions s WHERE s.user_id = u.id AND s.{LIVE})"
    ),
    "email_shared": _users(
        "EXISTS (SELECT FROM users o WHERE lower(o.email) = lower(u.email) AND o.id <> u.id)"
    ),
    "country_missing": _users("country_code IS NULL OR country_code = ''"),
    "name_missing": _users("coalesce(full_name, '') = '' AND coalesce(company_name, '') = ''"),
    "quota_missing": _plans("cpu_seconds_quota IS NULL"),
    "quota_negative": _plans("cpu_seconds_quota < 0"),
    "quota_not_whole": _plans("cpu_seconds_quota % 1 <> 0"),
    "quota_absurd": _plans("cpu_seconds_quota > 128 * 31 * 86400"),
    "quota_not_core_hours": _plans("cpu_seconds_quota % 3600 <> 0"),
    "quota_family_mismatch": _plans(
        "code ~ '-(monthly|yearly)$' AND EXISTS (SELECT FROM plans o"
        f" WHERE o.code ~ '-(monthly|yearly)$' AND {FAMILY.replace('code', 'o.code')} ="
        f" {FAMILY.replace('code', 'p.code')} AND o.cpu_seconds_quota <> p.cpu_seconds_quota)"
    ),
    "rate_not_positive": _plans("cpu_rate_per_core_hour <= 0"),
    "rate_too_many_decimals": _plans("scale(trim_scale(cpu_rate_per_core_hour)) > 6"),
    "rate_above_cap": _plans("cpu_rate_per_core_hour > 1"),
    "rate_rounded_to_cents": _plans("cpu_rate_per_core_hour = 0.01"),
    "price_negative": _plans("price_monthly < 0 OR price_yearly < 0"),
    "price_too_many_decimals": _plans(
        "scale(trim_scale(price_monthly)) > 2 OR scale(trim_scale(price_yearly)) > 2"
    ),
    "price_missing_both": _plans("price_monthly IS NULL AND price_yearly IS NULL"),
    "currency_unknown": _plans("currency !~ '^[A-Z]{3}$'"),
    "plan_code_duplicate": _plans(
        "EXISTS (SELECT FROM plans o WHERE o.code = p.code AND o.id <> p.id)"
    ),
    "owner_unknown": _deployments(_no("users", "user_id")),
    "subscription_missing": _deployments(f"{LIVE_COUNT} = 0"),
    "subscription_live_twice": _deployments(f"{LIVE_COUNT} > 1"),
    "cycle_unknown": _subscriptions("billing_cycle NOT IN ('monthly', 'yearly')"),
    "price_missing_for_cycle": _subscriptions(
        "EXISTS (SELECT FROM plans p WHERE p.id = plan_id AND ("
        "(billing_cycle = 'monthly' AND price_monthly IS NULL)"
        " OR (billing_cycle = 'yearly' AND price_yearly IS NULL)))"
    ),
    "plan_unknown": _subscriptions(_no("plans", "plan_id")),
    "deployment_unknown": _subscriptions(_no("deployments", "deployment_id")),
    "subscriber_unknown": _subscriptions(_no("users", "user_id")),
    "owner_differs": _subscriptions(
        "EXISTS (SELECT FROM deployments d WHERE d.id = deployment_id AND d.user_id <> s.user_id)"
    ),
    "period_reversed": _subscriptions("current_period_end <= current_period_start"),
    "started_in_future": _subscriptions("started_at > now()"),
    "starts_after_period": _subscriptions(
        "started_at > current_period_end AND current_period_end > current_period_start"
    ),
    "usage_negative": "SELECT 'usage_records', id FROM usage_records WHERE cpu_hours < 0",
    "usage_absurd": "SELECT 'usage_records', id FROM usage_records"
    " WHERE cpu_hours > 128 * extract(epoch FROM period_end - period_start) / 3600",
    "usage_overlap": f"SELECT 'usage_records', id FROM ({BEFORE}) b WHERE period_start < before",
    "usage_gap": f"SELECT 'usage_records', id FROM ({BEFORE}) b WHERE period_start > before",
    "usage_out_of_period": "SELECT 'usage_records', id FROM usage_records"
    " WHERE period_end > '2026-11-01 00:00Z'",
    "invoice_without_items": _invoices(
        "subtotal <> 0 AND NOT EXISTS (SELECT FROM invoice_items x WHERE x.invoice_id = i.id::text)"
    ),
    "invoice_status_unreliable": _invoices("(status = 'paid') <> (paid_at IS NOT NULL)"),
    "invoice_created_at_unreliable": _invoices("created_at < period_start"),
    "invoice_item_orphan": "SELECT 'invoice_items', x.id FROM invoice_items x"
    " WHERE NOT EXISTS (SELECT FROM invoices i WHERE i.id::text = x.invoice_id)",
}
