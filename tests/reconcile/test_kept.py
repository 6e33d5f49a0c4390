"""What the samples' bills are called is what they were called before, to the cent and the word.

After a change that is meant: ``UPDATE_SNAPSHOTS=1 pytest tests/reconcile/test_kept.py``, and read
the diff: each line of it is a sentence on which finance decides.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path

import polars as pl
import pytest

from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from deployments.sample.sample import SampleSpec
from tasks.model.ledger import LedgerLine, ledger_frame
from tasks.reconcile.causes.differing import EVIDENCE_SCHEMA
from tasks.reconcile.compare import compare
from tasks.reconcile.expected.lago import LagoTerms, expected_ledger
from tasks.reconcile.ledger_lago import billing_lines
from tasks.reconcile.source import CUSTOMERS_SCHEMA, SUBSCRIPTIONS_SCHEMA, Source
from tasks.reconcile.window import reconcile_window
from tests.backfill.lago_foreign import objects
from tests.backfill.lago_foreign.tenant import document
from tests.lago_service import read_tenant
from tests.reconcile.nexacloud_world import ZONE, Ledgers, ledgers_of, moment
from tests.snapshots.kept import require_same

FOLDER = Path(__file__).with_name("kept")
AS_OF = datetime(2026, 11, 1, tzinfo=UTC)
WINDOW = reconcile_window("2026-05..2026-09", as_of=AS_OF, zone=ZONE)
#: Beside these a row has what follows from them, or is the same in all.
TOLD = [
    "customer", "subscription", "item", "period_start", "period_end", "currency", "outcome",
    "cause", "wrong_side", "external_micro", "expected_micro", "odoo_micro", "external_units",
    "odoo_units", "external_lines", "odoo_lines", "expected_lines", "tax_rate", "evidence",
]  # fmt: skip


@cache
def sample() -> Ledgers:
    """Nearly half of its subscriptions are billed wrongly somewhere, in each way that is known."""
    return ledgers_of(SampleSpec(customers=100, seed=3), WINDOW)


def evidence(ledgers: Ledgers) -> pl.DataFrame:
    """The usage records behind the lines."""
    sold = {row["deployment_id"]: row["id"] for row in ledgers.tables["subscriptions"]}
    rows = [
        (
            "nexacloud",
            sold[row["deployment_id"]],
            "usage:cpu_seconds",
            moment(row["period_start"]),
            moment(row["period_end"]),
            str(Decimal(row["cpu_hours"]) * 3600),
        )
        for row in ledgers.tables["usage_records"]
        if row["deployment_id"] in sold
    ]
    return pl.DataFrame(rows, schema=EVIDENCE_SCHEMA, orient="row")


def known(ledgers: Ledgers) -> Source:
    """What the sample's other tables say of its customers and subscriptions."""
    subscriptions = [
        ("nexacloud", row["id"], None, moment(row["started_at"]), "")
        if row["status"] == "active"
        else ("nexacloud", row["id"], moment(row["current_period_end"]), None, "")
        for row in ledgers.tables["subscriptions"]
        if row["started_at"] and row["current_period_end"]
    ]
    people = [
        ("nexacloud", row["id"], row["country_code"], row["region"], None)
        for row in ledgers.tables["users"]
    ]
    return Source(
        ledger_frame(ledgers.expected),
        frozenset({"nexacloud"} if ledgers.unpriced else ()),
        subscriptions=pl.DataFrame(subscriptions, schema=SUBSCRIPTIONS_SCHEMA, orient="row"),
        customers=pl.DataFrame(people, schema=CUSTOMERS_SCHEMA, orient="row"),
    )


def copies(lines: Iterable[LedgerLine]) -> list[LedgerLine]:
    """Odoo's lines: what is due, but for one of nine that is missing or has another amount."""
    found = []
    for number, due in enumerate(sorted(lines)):
        ours = due._replace(origin="odoo", ref=f"S{number:05}")
        if number % 18 == 9:
            ours = ours._replace(amount=str(Decimal(ours.amount) * 2))
        if number % 18:
            found.append(ours)
    return found


def explained(**changes: Source | pl.DataFrame | None) -> str:
    ledgers = sample()
    given = {"source": known(ledgers), "evidence": evidence(ledgers)} | changes
    odoo, billed = ledger_frame(copies(ledgers.expected)), ledger_frame(ledgers.billed)
    rows = compare(odoo, billed, ZONE, **given).select(TOLD)
    return rows.sort(TOLD).write_csv(separator="\t", datetime_format="%Y-%m-%dT%H:%M")


def test_each_line_of_a_dirty_sample_has_the_outcome_and_cause_that_it_had():
    require_same("explained", {"lines.csv": explained()}, FOLDER)


def test_each_line_has_the_cause_that_it_had_where_nobody_knows_the_terms():
    told = explained(source=None, evidence=None).splitlines(keepends=True)
    files = {"lines.csv": "".join(line for line in told if "\tmatch\t" not in line)}
    require_same("explained-without-terms", files, FOLDER)


def test_what_is_due_and_what_was_billed_at_nexacloud_is_what_it_was():
    ledgers = sample()
    files = {
        "due.csv": shown(ledgers.expected),
        "billed.csv": shown(ledgers.billed),
        "unpriced.txt": f"{sorted(ledgers.unpriced.items())}\n",
    }
    require_same("nexacloud", files, FOLDER)


@pytest.mark.parametrize(
    ("name", "made", "service", "read_at"),
    [
        ("lago-foreign", document, objects.SERVICE, objects.READ_AT),
        (
            "lago-constructs",
            construct_document,
            SERVICE,
            datetime(TODAY.year, TODAY.month, TODAY.day, 15, tzinfo=UTC),
        ),
    ],
)
def test_what_is_due_and_what_was_billed_at_lago_is_what_it_was(name, made, service, read_at):
    source = replace(read_tenant(made(), service), read_at=read_at)
    plans = {plan.code: plan for plan in source.plans}
    zones = {each.external_id: source.organization.zone_of(each) for each in source.customers}
    terms = LagoTerms(source.subscriptions, plans, source.own_plans, zones)
    since = datetime(2023, 1, 1, tzinfo=UTC)
    due = expected_ledger(service, terms, source.billing, since=since, until=read_at, as_of=read_at)
    files = {
        "due.csv": shown(due.lines),
        "billed.csv": shown(billing_lines(service, source.billing)),
        "unpriced.txt": f"{due.unpriced}\n",
    }
    require_same(name, files, FOLDER)


def shown(lines: Iterable[LedgerLine]) -> str:
    frame = ledger_frame(list(lines)).drop("service")
    return frame.sort(frame.columns).write_csv(separator="\t", datetime_format="%Y-%m-%dT%H:%M")
