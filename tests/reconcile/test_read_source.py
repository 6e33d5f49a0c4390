"""What is read of the source's subscriptions: which ended, and what a rule kept out."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import polars as pl
import pytest

from deployments.local.lago.server import LagoSandbox
from deployments.sample.lago.constructs.world import SERVICE, construct_document
from tasks.clients.lago.billing import read_billing
from tasks.clients.lago.connection import Lago, LagoAccess
from tasks.reconcile.read_source import Asked, _life, _why, lago_lives, lago_source, read_kept_out
from tasks.reconcile.window import reconcile_window
from tests.backfill.lago_world import plan, subscription

MAY, JUNE, JULY = (datetime(2026, month, 5, tzinfo=UTC) for month in (5, 6, 7))


def row(**changes):
    told = {
        "id": "s1",
        "deployment_id": "d1",
        "plan_id": "p1",
        "user_id": "u1",
        "status": "active",
        "started_at": MAY,
        "current_period_end": JULY,
        "canceled_at": None,
    }
    return told | changes


@pytest.mark.parametrize(
    ("changes", "deleted", "life"),
    [
        ({}, {}, (None, MAY)),
        ({"status": "canceled", "canceled_at": JUNE}, {}, (JUNE, None)),
        ({"status": "expired"}, {}, (JULY, None)),
        ({}, {"d1": JUNE}, (JUNE, None)),
        ({"status": "canceled", "canceled_at": JULY}, {"d1": JUNE}, (JUNE, None)),
        ({"status": "on_hold"}, {}, (None, MAY)),
    ],
)
def test_a_subscription_ends_by_its_status_or_with_its_deployment(changes, deleted, life):
    assert _life(row(**changes), deleted) == life


def test_the_rule_that_kept_it_out_is_the_first_of_what_it_needs():
    kept_out = {("plans", "p1"): "A plan has a price.", ("users", "u1"): "A user has an email."}

    assert _why(row(), kept_out) == "A plan has a price."
    assert _why(row(plan_id="p2", user_id="u2"), kept_out) == ""


def test_an_id_that_lago_gave_away_again_runs_since_the_second_time():
    def sold(number, status, started, ended=None):
        return SimpleNamespace(
            lago_id=number, external_id="s1", status=status, started_at=started, ended_at=ended,
            plan_code="p", customer="c",
        )  # fmt: skip

    both = [sold("2", "active", JUNE), sold("1", "terminated", MAY, JUNE)]
    told = lago_lives("desk", both, {}, {})

    assert told.rows() == [("desk", "s1", JUNE, JUNE, "")]


def test_of_whom_lago_has_deleted_what_was_billed_is_still_what_the_terms_say():
    """Else each of them is an unexplained difference, and no cycle of the service is ever green."""

    def told(document):
        with LagoSandbox(document, "key") as sandbox:
            lago = Lago(LagoAccess(sandbox.url, "key"))
            window = reconcile_window("2026-08", as_of=at, zone=ZoneInfo("UTC"))
            billing = read_billing(lago)
            source, _ = lago_source(lago, [SERVICE], billing, Asked(window, at), kept_out={})
        mine = pl.col("customer") == "terminated"
        lived = source.subscriptions.filter(pl.col("subscription") == "terminated-1")
        return source.expected.filter(mine).rows(), lived.rows()

    at = datetime(2026, 11, 12, 15, tzinfo=UTC)
    document = construct_document()
    there = told(document)
    assert all(there)
    gone = [row for row in document["customers"] if row["external_id"] != "terminated"]
    assert told(document | {"customers": gone}) == there


def test_a_price_of_an_invoice_that_is_voided_or_not_final_is_told_with_its_number():
    document = construct_document()
    invoice = next(
        row for row in document["invoices"] if row["customer"]["external_id"] == "calendar-monthly"
    )
    invoice["status"] = "voided"
    at = datetime(2026, 11, 12, 15, tzinfo=UTC)
    with LagoSandbox(document, "key") as sandbox:
        lago = Lago(LagoAccess(sandbox.url, "key"))
        window = reconcile_window("2026-08", as_of=at, zone=ZoneInfo("UTC"))
        source, _ = lago_source(lago, [SERVICE], read_billing(lago), Asked(window, at), kept_out={})
    [(place, told)] = source.not_final.items()
    assert place[:2] == (SERVICE, "calendar-monthly-1")
    assert told == (invoice["number"], "voided")


def test_what_the_last_copy_kept_out_is_read_from_its_report_and_of_no_other_service(tmp_path):
    folder = tmp_path / "backfill" / "latest"
    folder.mkdir(parents=True)
    (folder / "summary.json").write_text(json.dumps({"service": "nexacloud"}), encoding="utf-8")
    (folder / "quarantine.csv").write_text(
        "table,source_id,rule,rule_in_words,observed\nplans,p1,x,A plan has a price.,none\n",
        encoding="utf-8",
    )

    assert read_kept_out(tmp_path, "nexacloud") == {("plans", "p1"): "A plan has a price."}
    assert read_kept_out(tmp_path, "desk") == {}
    assert read_kept_out(tmp_path / "elsewhere", "nexacloud") == {}


@pytest.mark.parametrize(
    ("kept_out", "why"),
    [
        ({("subscriptions", "l1"): "prorated"}, "prorated"),
        ({("subscriptions", "l1"): "its plan", ("plans", "p1"): "no price"}, "no price"),
        ({("users", "c1"): "no address"}, "no address"),
        ({("subscriptions", "s1"): "another's"}, ""),
    ],
    ids=["itself", "its plan", "its customer", "another"],
)
def test_a_controller_reads_by_which_rule_a_subscription_of_lago_was_kept_out(kept_out, why):
    told = lago_lives("desk", [subscription()], {"team": plan()}, kept_out)
    assert told["kept_out"].to_list() == [why]
