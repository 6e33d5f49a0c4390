"""The accounts close: each source row has one outcome, whatever happened to the run."""

from __future__ import annotations

from collections import Counter

from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.outcomes import close_accounts, merge_answers, selection, told
from tasks.model.records import Finding, LoadedRow, Outcome, Severity

keys = [f"k{number}" for number in range(12)]
some = st.sets(st.sampled_from(keys))


def tables(ids):
    return {
        "users": [
            {"id": key, "full_name": key, "company_name": None, "email": None}
            for key in sorted(ids)
        ],
        "subscriptions": [
            {"id": f"s-{key}", "deployment_id": key, "status": "active"} for key in sorted(ids)
        ],
    }


def finding(table, key, rule="email_malformed", severity=Severity.CRITICAL_ROW):
    return Finding(table, key, rule, severity, f"{rule}.", "", "Mend it.")


def close(read, **changes):
    return close_accounts(
        tables(read),
        **{
            "findings": (),
            "out_of_scope": {},
            "answers": {},
            "selected": selection(None),
            "refused": None,
            "stopped": None,
        }
        | changes,
    )


@given(some, some, some, some, st.booleans(), st.none() | st.just("Odoo went away."))
def test_any_run_gives_every_row_exactly_one_outcome(read, bad, ended, loaded, refused, stopped):
    rows = close(
        read,
        findings=[finding("users", key) for key in bad],
        out_of_scope={"users": dict.fromkeys(ended, "Over.")},
        answers=merge_answers(LoadedRow("customer", key, Outcome.CREATED, 1) for key in loaded),
        refused="Too many." if refused else None,
        stopped=stopped,
    )
    assert Counter((row.table, row.source_id) for row in rows) == Counter(
        [("users", key) for key in read] + [("subscriptions", f"s-{key}") for key in read]
    )
    created = {row.source_id for row in rows if row.outcome is Outcome.CREATED}
    assert created == (set() if refused else (read & loaded) - bad - ended)


def test_a_row_that_odoo_never_answered_for_is_failed_not_lost():
    (row, _) = close({"k1"}, stopped="Odoo cannot be reached.")
    assert (row.outcome, row.reason) == (Outcome.FAILED, "Odoo cannot be reached.")


def test_a_subscription_shares_the_fate_of_its_deployments_order():
    answers = merge_answers([LoadedRow("order", "k1", Outcome.FAILED, None, "x", "Refused.")])
    rows = {row.table: row for row in close({"k1"}, answers=answers)}
    assert (rows["subscriptions"].outcome, rows["subscriptions"].code) == (Outcome.FAILED, "x")


def test_a_row_with_its_own_fault_and_an_inherited_one_names_the_first_found():
    own, inherited = finding("users", "k1"), finding("users", "k1", "owner_quarantined")
    (row, _) = close({"k1"}, findings=[own, inherited])
    assert row.code == "email_malformed"


def test_a_warning_keeps_nothing_out():
    warned = finding("users", "k1", "email_shared", Severity.WARNING)
    answers = {("customer", "k1"): LoadedRow("customer", "k1", Outcome.CREATED, 7)}
    (row, _) = close({"k1"}, findings=[warned], answers=answers)
    assert (row.outcome, row.odoo_id) == (Outcome.CREATED, 7)


def test_the_first_answer_for_a_plan_counts_when_it_rides_in_later_bundles():
    answers = merge_answers(
        [
            LoadedRow("plan", "p", Outcome.CREATED, 1),
            LoadedRow("plan", "p", Outcome.UNCHANGED, 1),
        ]
    )
    assert answers["plan", "p"].outcome is Outcome.CREATED


def test_what_was_not_asked_for_is_not_selected():
    (user, subscription) = close({"k1"}, selected=selection(["customers"]), stopped="x")
    assert user.outcome is Outcome.FAILED
    assert subscription.outcome is Outcome.NOT_SELECTED


def test_addon_kept_out_names_the_order_that_lacks_it():
    rows = {
        "deployment_addons": [
            {"id": "a1", "deployment_id": "d1", "name": "Backup"},
            {"id": "a2", "deployment_id": "d1", "name": "IP"},
        ]
    }
    kept_out, carried = close_accounts(
        rows,
        findings=[finding("deployment_addons", "a1", "addon_price_missing")],
        out_of_scope={},
        answers={("order", "d1"): LoadedRow("order", "d1", Outcome.CREATED, 7)},
        selected=selection(None),
        refused=None,
        stopped=None,
    )
    assert (kept_out.outcome, kept_out.code) == (Outcome.QUARANTINED, "addon_price_missing")
    assert (carried.outcome, carried.odoo_model, carried.odoo_id) == (
        Outcome.CREATED,
        "sale.order",
        7,
    )
    assert {kept_out.part_of, carried.part_of} == {"d1"}


def test_what_odoo_said_of_a_contact_is_a_warning_in_every_run():
    answers = [
        LoadedRow("customer", "u1", Outcome.UNCHANGED, 1, "region_unknown", "No such state."),
        LoadedRow("customer", "u2", Outcome.UNCHANGED, 2, "email_matched", "Linked."),
        LoadedRow("order", "d1", Outcome.UNCHANGED, 3, "discount_by_hand", "25 %."),
        LoadedRow("order", "d2", Outcome.UNCHANGED, 4),
    ]
    found = [(each.table, each.key, each.rule, each.severity) for each in told(answers)]
    assert found == [
        ("users", "u1", "region_unknown", Severity.WARNING),
        ("deployments", "d1", "discount_by_hand", Severity.WARNING),
    ]


def test_a_label_fits_into_a_cell():
    read = {"users": [{"id": "k1", "full_name": "Ω" * 40_000}]}
    nothing = {"findings": (), "out_of_scope": {}, "answers": {}, "refused": None, "stopped": None}
    (row,) = close_accounts(read, selected=selection(None), **nothing)
    assert row.label == "Ω" * 199 + "…"
