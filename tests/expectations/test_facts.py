"""What the rules say of each case's own rows, without Great Expectations: facts are exact."""

from __future__ import annotations

import pytest

from tasks.backfill.facts.deployments import addon_facts, deployment_facts, subscription_facts
from tasks.backfill.facts.plans import plan_facts
from tasks.backfill.facts.readback import charge_facts, count_facts, line_facts, order_facts
from tasks.backfill.facts.users import user_facts
from tasks.check.suites import load_suite
from tasks.model.source import Source, out_of_scope
from tasks.reconcile.facts import invoice_facts
from tests.expectations import invoice_cases, readback_cases, source_cases
from tests.expectations.worlds import AS_OF, TABLES, rows_of, service

#: These look at several rows at once, so that no single row can be asked.
OF_SEVERAL = {"key_duplicate", "plan_code_duplicate"}
READBACK_FACTS = {
    "odoo_orders": order_facts,
    "odoo_lines": line_facts,
    "odoo_charges": charge_facts,
    "odoo_counts": count_facts,
}


def broken(suite, rows, facts):
    rules = load_suite(suite)
    told = [{**row, **fact} for row, fact in zip(rows, facts, strict=True)]
    return {(suite, rule.name) for row in told for rule in rules.broken(row)}


@pytest.mark.parametrize("case", source_cases.CASES, ids=lambda case: case.name)
def test_rules_of_one_row_find_what_the_case_breaks(case):
    made = service(case.name)
    case.spoil(made)
    source = Source(**{table: tuple(made.rows(table)) for table in TABLES})
    found = (
        broken("users", source.users, user_facts(source, load_suite("users")))
        | broken("plans", source.plans, plan_facts(source.plans, load_suite("plans")))
        | broken("deployments", source.deployments, deployment_facts(source, AS_OF))
        | broken("subscriptions", source.subscriptions, subscription_facts(source, AS_OF))
        | broken("deployment_addons", source.deployment_addons, addon_facts(source))
    )
    assert found == {pair for pair in case.broken if pair[1] not in OF_SEVERAL}


@pytest.mark.parametrize("suite", READBACK_FACTS)
def test_rules_of_what_odoo_holds_find_what_each_case_breaks(suite):
    rows = rows_of(readback_cases.frames()[suite])
    key, rules = load_suite(suite).key, load_suite(suite)
    wanted = {case.name: case.broken for case in readback_cases.CASES if case.suite == suite}
    for row, fact in zip(rows, READBACK_FACTS[suite](rows), strict=True):
        found = {rule.name for rule in rules.broken({**row, **fact})}
        assert found == wanted.get(row[key], set()), row[key]


@pytest.mark.parametrize("name", invoice_cases.CASES)
def test_rules_of_an_invoice_find_what_the_case_breaks(name):
    facts = invoice_facts([invoice_cases.CLEAN | invoice_cases.CASES[name]])
    assert [rule.name for rule in load_suite("invoices").broken(facts)] == [name]


def test_what_has_nothing_left_to_bill_is_out_of_scope_and_breaks_nothing():
    made = service("ended")
    source_cases.ENDED.spoil(made)
    source = Source(**{table: tuple(made.rows(table)) for table in TABLES})
    outside = out_of_scope(source)
    assert set(outside["subscriptions"]) == {made.subscription["id"]}
    assert set(outside["deployments"]) == {made.deployment["id"]}
