"""A run as it comes out of the demo data, for the tests of the report."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any
from uuid import UUID

from tasks.backfill.report import build_report
from tasks.backfill.results import BackfillResults
from tasks.model.end_state import EndState
from tasks.model.records import Finding, Outcome, RuleStat, Severity, SourceRow, Total
from tasks.model.report import Head, Report
from tests.backfill.sample_rows import (
    BROKEN,
    READ_SIZES,
    WARNED,
    rows_and_findings,
)
from tests.report.changing import changed

HEAD = Head(
    flow="backfill",
    run="2026-11-22T133743Z-amber-heron",
    service="nexacloud",
    source="PostgreSQL database nexacloud at db.nexa.example",
    target="Odoo 19.0 database nexa at odoo.nexa.example",
    company="Nexa Systems Inc.",
    currency="CAD",
    dry_run=False,
    started_at=datetime(2026, 11, 22, 13, 37, 43, tzinfo=UTC),
    finished_at=datetime(2026, 11, 22, 13, 38, 31, tzinfo=UTC),
    timings={
        "read": 1.8,
        "check": 14.2,
        "map": 0.6,
        "load": 19.4,
        "verify": 9.1,
        "report": 0.4,
    },
    links={
        "data_docs": "../../data_docs/index.html",
        "odoo": "http://127.0.0.1:8069/odoo",
        "prefect": "http://127.0.0.1:4200/runs/flow-run/1",
    },
    parameters={"only": "everything", "limit": "none", "bundle_rows": "250", "workers": "2"},
)


def sample_results() -> BackfillResults:
    """A first load of the demo: most rows created, some kept out for known reasons."""
    rows, findings = rows_and_findings()
    return BackfillResults(
        rows=rows,
        findings=findings,
        checks=_checks(),
        readback=_readback(),
        readback_findings=(),
        safe=True,
        totals=(
            Total("Monthly orders, per month", "CAD", Decimal("48211.50"), Decimal("48211.50")),
            Total("Yearly orders, per year", "CAD", Decimal("91240.00"), Decimal("91240.00")),
        ),
        end=EndState(
            "CompletedWithQuarantine", "69 rows were kept out; the rest is loaded and checked.", 0
        ),
    )


def report_of(results: BackfillResults, **changes: Any) -> Report:
    """Tell results, with changes of any field."""
    return build_report(*changed(HEAD, results, changes))


def sample_report(**changes: Any) -> Report:
    return report_of(sample_results(), **changes)


def clean_report(**changes: Any) -> Report:
    """The same run over data in which nothing is wrong."""
    results = sample_results()
    rows = tuple(
        replace(row, outcome=Outcome.CREATED, odoo_id=1, code=None, reason=None, remedy=None)
        if row.outcome in (Outcome.QUARANTINED, Outcome.FAILED) or row.code == "order_left_draft"
        else row
        for row in results.rows
    )
    return report_of(results, rows=rows, findings=(), **changes)


def dry_run_report(**changes: Any) -> Report:
    """The same run, rolled back: nothing read back, Odoo's totals unknown."""
    results = sample_results()
    return report_of(
        results,
        dry_run=True,
        safe=None,
        readback=(),
        totals=tuple(replace(total, odoo=None) for total in results.totals),
        **changes,
    )


def stopped_report(**changes: Any) -> Report:
    """A run that was refused because too much of a table was bad."""
    results = sample_results()
    stop = Finding(
        "plans",
        None,
        "bad_share_exceeded",
        Severity.CRITICAL_RUN,
        "At most 5 % of a table's rows may be bad.",
        "6 of 14 plans are bad",
        "Fix the plans in NexaCloud, or raise the threshold if that is meant.",
    )
    rows = tuple(
        row
        if row.outcome in (Outcome.QUARANTINED, Outcome.OUT_OF_SCOPE)
        else SourceRow(
            row.table,
            row.source_id,
            Outcome.NOT_SELECTED,
            row.label,
            code="run_refused",
            reason="The run was stopped before anything was loaded.",
        )
        for row in results.rows
    )
    return report_of(
        results,
        exit_code=3,
        state_name="DataRefused",
        state_message="Too many plans are bad (6 of 14), so nothing was written.",
        rows=rows,
        findings=(stop, *results.findings),
        readback=(),
        safe=None,
        totals=(),
        **changes,
    )


def unsafe_report(**changes: Any) -> Report:
    """A run whose copy did not hold when it was read back."""
    results = sample_results()
    broken = replace(results.readback[1], failed=2)
    return report_of(
        results,
        safe=False,
        exit_code=3,
        readback=(results.readback[0], broken, *results.readback[2:]),
        readback_findings=tuple(
            Finding(
                "odoo_orders",
                f"NEXACLOUD-{number}",
                broken.rule,
                Severity.CRITICAL_RUN,
                broken.sentence,
                "a payment token is set",
                broken.remedy,
            )
            for number in (17, 18)
        ),
        **changes,
    )


def large_report(row_count: int) -> Report:
    """A run over as many rows as asked for, one in thirty of them quarantined."""
    rows = []
    findings = []
    for number in range(row_count):
        is_bad = number % 30 == 0
        outcome = Outcome.QUARANTINED if is_bad else Outcome.CREATED
        source_id = str(UUID(int=number))
        rows.append(SourceRow("users", source_id, outcome, f"Customer {number}"))
        if is_bad:
            table, rule, sentence, remedy, observed, _ = BROKEN[number % 2]
            findings.append(
                Finding(table, source_id, rule, Severity.CRITICAL_ROW, sentence, observed, remedy)
            )
    return sample_report(rows=tuple(rows), findings=tuple(findings))


def _checks() -> tuple[RuleStat, ...]:
    broken = [
        RuleStat(table, rule, sentence, Severity.CRITICAL_ROW, remedy, READ_SIZES[table], count)
        for table, rule, sentence, remedy, _, count in BROKEN
    ]
    warned = [
        RuleStat(table, rule, sentence, Severity.WARNING, remedy, READ_SIZES[table], count)
        for table, rule, sentence, remedy, _, count in WARNED
    ]
    held = [
        RuleStat(
            table,
            "table_empty",
            f"The table {table} holds rows.",
            Severity.CRITICAL_RUN,
            "Check that the right database is read.",
            size,
            0,
        )
        for table, size in READ_SIZES.items()
    ]
    return (*broken, *warned, *held)


def _readback() -> tuple[RuleStat, ...]:
    sentences = (
        ("order_is_draft", "Every shadow order is a draft.", 666),
        ("order_has_no_token", "No shadow order has a payment token.", 666),
        ("order_price_exact", "Every order carries exactly the price of its plan.", 666),
        ("charge_unlinked", "No charge is linked to a plan that Odoo could invoice.", 13),
        ("charge_rate_exact", "Every rate is the source's rate to 6 decimals.", 13),
        ("counts_agree", "As many records are in Odoo as were loaded.", 3),
        ("nothing_twice", "No customer, plan or order is there twice.", 1163),
    )
    return tuple(
        RuleStat(
            "odoo",
            rule,
            sentence,
            Severity.CRITICAL_RUN,
            "Take the record out of Odoo and load it again.",
            checked,
            0,
        )
        for rule, sentence, checked in sentences
    )
