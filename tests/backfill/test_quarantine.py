"""What hangs on a broken row stays out of the load with it, and nothing else does."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.quarantine import (
    CASCADE_RULES,
    Dependency,
    accepted,
    cascade,
    dependencies,
    quarantined,
)
from tasks.model.records import Finding, Severity
from tasks.model.source import Source, out_of_scope
from tests.expectations.worlds import AS_OF, TABLES, Service, service

ROWS = [(table, f"{table}-{number}") for table in TABLES for number in range(4)]
rows = st.sampled_from(ROWS)
references = st.lists(
    st.builds(Dependency, row=rows, needs=rows, rule=st.sampled_from(sorted(CASCADE_RULES))),
    max_size=25,
)


def finding(table: str, key: str | None, rule: str = "broken", severity=Severity.CRITICAL_ROW):
    return Finding(table, key, rule, severity, "A sentence.", "a value", "A remedy.")


severities = st.sampled_from([Severity.CRITICAL_ROW, Severity.CRITICAL_ROW, Severity.WARNING])
findings = st.lists(
    st.builds(
        lambda row, severity: finding(*row, rule=f"{severity}_rule", severity=severity),
        rows,
        severities,
    ),
    max_size=8,
)


def source(*services: Service) -> Source:
    return Source(**{t: tuple(row for s in services for row in s.rows(t)) for t in TABLES})


def hanging_on(broken: Finding, *services: Service) -> set[tuple[str, str, str]]:
    extra = cascade([broken], dependencies(source(*services)))
    return {(found.table, found.key or "", found.rule) for found in extra}


@given(findings, references)
def test_cascade_applied_again_adds_nothing(direct, edges):
    extra = cascade(direct, edges)
    assert cascade([*direct, *extra], edges) == ()


@given(findings, references, rows)
def test_cascade_of_more_broken_rows_quarantines_no_fewer(direct, edges, row):
    more = [*direct, finding(*row)]
    before = quarantined([*direct, *cascade(direct, edges)])
    assert before <= quarantined([*more, *cascade(more, edges)])


@given(findings, references, st.randoms(use_true_random=False))
def test_cascade_is_the_same_in_any_order(direct, edges, random):
    shuffled, shuffled_edges = list(direct), list(edges)
    random.shuffle(shuffled)
    random.shuffle(shuffled_edges)
    told = cascade(direct, edges)
    assert told == cascade(shuffled, shuffled_edges)
    named = [(each.table, each.key or "", each.rule) for each in told]
    assert named == sorted(named)


@given(findings, references)
def test_cascade_leaves_no_row_that_needs_a_quarantined_one(direct, edges):
    kept_out = quarantined([*direct, *cascade(direct, edges)])
    assert all(edge.row in kept_out for edge in edges if edge.needs in kept_out)


@given(findings, references)
def test_cascade_quarantines_only_what_hangs_on_a_quarantined_row(direct, edges):
    by_row = {(edge.row, edge.needs[1], edge.rule) for edge in edges}
    for found in cascade(direct, edges):
        cause = found.observed.partition(" (")[0]
        assert ((found.table, found.key), cause, found.rule) in by_row


def test_user_quarantined_takes_deployment_and_subscription_along():
    shop = service("shop")
    assert hanging_on(finding("users", "shop-user"), shop, service("other")) == {
        ("deployments", "shop-deployment", "owner_quarantined"),
        ("subscriptions", "shop-subscription", "owner_quarantined"),
        ("deployment_addons", "shop-addon", "deployment_quarantined"),
    }


def test_addon_quarantined_takes_nothing_along():
    assert hanging_on(finding("deployment_addons", "shop-addon"), service("shop")) == set()


def test_plan_quarantined_takes_its_subscriptions_and_their_deployments_along():
    first, second = service("first"), service("second")
    second.subscription["plan_id"] = first.plan["id"]
    assert hanging_on(finding("plans", "first-plan"), first, second) == {
        ("subscriptions", "first-subscription", "plan_quarantined"),
        ("subscriptions", "second-subscription", "plan_quarantined"),
        ("deployments", "first-deployment", "subscription_quarantined"),
        ("deployments", "second-deployment", "subscription_quarantined"),
        ("deployment_addons", "first-addon", "deployment_quarantined"),
        ("deployment_addons", "second-addon", "deployment_quarantined"),
    }


def test_subscription_and_deployment_never_blame_each_other_for_one_fault():
    shop = service("shop")
    assert hanging_on(finding("subscriptions", "shop-subscription"), shop) == {
        ("deployments", "shop-deployment", "subscription_quarantined"),
        ("deployment_addons", "shop-addon", "deployment_quarantined"),
    }
    assert hanging_on(finding("deployments", "shop-deployment"), shop) == {
        ("subscriptions", "shop-subscription", "deployment_quarantined"),
        ("deployment_addons", "shop-addon", "deployment_quarantined"),
    }


def test_cascade_names_the_row_to_correct_and_its_fault():
    _on_addon, on_deployment, _on_subscription = cascade(
        [finding("users", "shop-user", "email_malformed"), finding("users", "shop-user", "a_rule")],
        dependencies(source(service("shop"))),
    )
    assert on_deployment.observed == "shop-user (a_rule, email_malformed)"


def test_warning_quarantines_nothing():
    warning = finding("users", "shop-user", severity=Severity.WARNING)
    assert hanging_on(warning, service("shop")) == set()


def test_what_ended_is_never_quarantined_with_its_owner():
    shop = service("shop")
    shop.subscription.update(status="canceled", canceled_at=AS_OF)
    shop.deployment.update(deleted_at=AS_OF)
    assert hanging_on(finding("users", "shop-user"), shop) == set()


def test_accepted_rows_are_neither_quarantined_nor_out_of_scope():
    shop, closed = service("shop"), service("closed")
    closed.deployment.update(status="deleted")
    everything = source(shop, closed)
    direct = [finding("plans", "shop-plan")]
    extra = cascade(direct, dependencies(everything))
    assert accepted(everything, [*direct, *extra], out_of_scope(everything)) == {
        "users": {"shop-user", "closed-user"},
        "plans": {"closed-plan"},
        "deployments": set(),
        "subscriptions": set(),
        "deployment_addons": set(),
    }


def test_reason_for_leaving_a_row_out_says_since_when():
    shop, paid_for_nothing = service("shop"), service("paid-for-nothing")
    shop.subscription.update(status="canceled", canceled_at=AS_OF)
    shop.deployment.update(deleted_at=AS_OF)
    paid_for_nothing.deployment.update(status="deleted")
    outside = out_of_scope(source(shop, paid_for_nothing))
    assert outside["subscriptions"] == {
        "shop-subscription": "The subscription ended on 2026-11-01: nothing is left to bill.",
        "paid-for-nothing-subscription": (
            "The subscription is still active, but its deployment was deleted: "
            "nothing is left to bill."
        ),
    }
    assert outside["deployments"] == {
        "shop-deployment": "The deployment was deleted on 2026-11-01: nothing is left to bill.",
        "paid-for-nothing-deployment": "The deployment was deleted: nothing is left to bill.",
    }
