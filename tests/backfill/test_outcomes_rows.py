"""The one line of each source row, whole: whose it is, what it is called and what became of it."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tasks.backfill.outcomes import LoadedPages, close_accounts, selection
from tasks.model.records import Finding, LoadedRow, Outcome, Severity, SourceRow

TABLES = {
    "users": [{"id": "u1", "full_name": "Ann", "company_name": "Inc.", "email": "a@x.ca"}],
    "plans": [{"id": "p1", "name": "Pro", "code": "pro"}],
    "deployments": [{"id": "d1", "name": "web", "user_id": "u1"}],
    "subscriptions": [{"id": "s1", "status": "active", "deployment_id": "d1", "user_id": "u2"}],
    "deployment_addons": [{"id": "a1", "name": "Backup", "deployment_id": "d1"}],
    "invoices": [{"id": "i1", "name": "INV-1", "deployment_id": "", "user_id": None}],
    "fees": [{"id": "f1", "name": "F 1", "deployment_id": "d1", "user_id": None}],
}
BLANK = [
    SourceRow("users", "u1", Outcome.NOT_SELECTED, "Ann", customer="u1"),
    SourceRow("plans", "p1", Outcome.NOT_SELECTED, "Pro"),
    SourceRow("deployments", "d1", Outcome.NOT_SELECTED, "web", customer="u1"),
    SourceRow("subscriptions", "s1", Outcome.NOT_SELECTED, "active", customer="u2"),
    SourceRow(
        "deployment_addons", "a1", Outcome.NOT_SELECTED, "Backup", part_of="d1", customer="u1"
    ),
    SourceRow("invoices", "i1", Outcome.NOT_SELECTED, "INV-1"),
    SourceRow("fees", "f1", Outcome.NOT_SELECTED, "F 1", customer="u1"),
]


def close(tables=None, **changes):
    nothing = {"findings": (), "out_of_scope": {}, "answers": {}, "refused": None, "stopped": None}
    known = nothing | {"selected": selection(None)} | changes
    return list(close_accounts(tables or TABLES, **known))


def all_blank(**changes):
    return [replace(row, **changes) for row in BLANK]


def test_a_row_that_was_not_asked_for_is_whole_but_for_an_outcome():
    assert close(selected=frozenset()) == BLANK


def test_a_row_without_an_answer_says_why_and_what_to_do():
    lost = {
        "outcome": Outcome.FAILED,
        "code": "not_loaded",
        "remedy": "Run the backfill again: what is already there costs nothing.",
    }
    assert close() == all_blank(**lost, reason="Odoo gave no answer for this row.")
    assert close(stopped="Odoo went.") == all_blank(**lost, reason="Odoo went.")


def test_a_run_that_was_refused_says_so_of_each_row_that_was_fit():
    told = {"code": "run_refused", "reason": "Nothing was written: Too many."}
    assert close(refused="Too many.", stopped="x") == all_blank(**told)


ANSWERS = {
    ("customer", "u1"): LoadedRow("customer", "u1", Outcome.CREATED, 1),
    ("plan", "p1"): LoadedRow("plan", "p1", Outcome.UNCHANGED, 2, "plan_live", "It sells."),
    ("order", "d1"): LoadedRow("order", "d1", Outcome.FAILED, None, "broken", "No."),
}


def test_each_row_has_the_answer_for_its_record_and_the_record():
    user, plan, deployment, subscription, addon, invoice, fee = close(answers=ANSWERS)
    link = "fusion.billing.account.link"
    blank = dict(zip(TABLES, BLANK, strict=True))
    assert user == replace(blank["users"], outcome=Outcome.CREATED, odoo_model=link, odoo_id=1)
    assert plan == replace(
        blank["plans"],
        outcome=Outcome.UNCHANGED,
        odoo_model="fusion.billing.plan",
        odoo_id=2,
        code="plan_live",
        reason="It sells.",
    )
    broken = {"outcome": Outcome.FAILED, "code": "broken", "reason": "No."}
    assert deployment == replace(blank["deployments"], **broken)
    assert subscription == replace(blank["subscriptions"], **broken)
    assert addon == replace(blank["deployment_addons"], **broken)
    assert fee == replace(blank["fees"], **broken)
    assert invoice.code == "not_loaded"


def finding(rule, severity=Severity.CRITICAL_ROW, key="s1"):
    return Finding("subscriptions", key, rule, severity, f"{rule}.", "", "Mend it.")


def test_a_row_that_is_kept_out_has_its_first_critical_rule_and_the_remedy():
    found = [
        finding("odd", Severity.WARNING),
        finding("empty", Severity.CRITICAL_RUN, key=None),
        finding("first"),
        finding("second"),
    ]
    row = close(findings=found, answers=ANSWERS)[3]
    assert row == replace(
        BLANK[3],
        outcome=Outcome.QUARANTINED,
        code="first",
        reason="first.",
        remedy="Mend it.",
    )


def test_a_row_with_nothing_left_to_bill_tells_also_of_the_order_that_ended():
    over = {"subscriptions": {"s1": "It ended."}}
    ended = replace(BLANK[3], outcome=Outcome.OUT_OF_SCOPE, reason="It ended.")
    of_order = LoadedRow("order", "d1", Outcome.UPDATED, 7, "order_ended", "Order S7 ended.")
    assert close(out_of_scope=over)[3] == ended
    assert close(out_of_scope=over, answers=ANSWERS, findings=[finding("x")])[3] == ended
    assert close(out_of_scope=over, answers={("order", "d1"): of_order})[3] == replace(
        ended,
        odoo_model="sale.order",
        odoo_id=7,
        code="order_ended",
        reason="It ended. Order S7 ended.",
    )


@pytest.mark.parametrize(
    ("known", "label"),
    [
        ({"full_name": ""}, "Inc."),
        ({"full_name": None, "company_name": ""}, "a@x.ca"),
        ({"full_name": None, "company_name": None, "email": None}, ""),
        ({"full_name": "x" * 200}, "x" * 200),
        ({"full_name": "x" * 201}, "x" * 199 + "…"),
    ],
)
def test_a_customer_is_called_by_what_there_is_of_them_in_a_cell(known, label):
    [row] = close({"users": [TABLES["users"][0] | known]})
    assert row.label == label


def test_a_plan_without_a_name_is_called_by_its_code():
    [row] = close({"plans": [{"id": "p1", "name": "", "code": "pro"}]})
    assert row.label == "pro"


def test_a_page_has_its_own_answers_and_those_for_all_plans():
    """One page too many, or one too few, and a customer's rows are told as never answered for."""
    plan, *pages = [{key: answer} for key, answer in ANSWERS.items()]
    loaded = LoadedPages(plan, pages)
    assert [loaded.answers_of(place) for place in range(3)] == [
        plan | pages[0],
        plan | pages[1],
        plan,
    ]
    assert list(loaded) == list(ANSWERS.values())
