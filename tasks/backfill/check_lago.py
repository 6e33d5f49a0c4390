"""The check before a load from Lago: its customers by NexaCloud's rules, its plans by ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from pathlib import Path

from tasks.backfill.facts.users import user_facts
from tasks.backfill.mapping.lago import customer_findings, lago_findings, out_of_scope
from tasks.backfill.mapping.lago_customers import is_stripe
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.check.result import CheckResult, in_order
from tasks.check.run import check_rows
from tasks.check.suites import load_suite
from tasks.model.lago import LagoCustomer
from tasks.model.records import Finding, Severity
from tasks.model.source import Source

TABLES = ("users", "plans", "subscriptions")
#: What of the billed ledger cannot be read: rows that nobody loads.
BILLED = ("invoices", "fees")


def check_lago(
    source: LagoSource,
    *,
    timezone: tzinfo,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Check a service in Lago and decide which rows may be loaded.

    Args:
        source: What was read.
        timezone: The company's.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    tables = source.tables()
    outside = out_of_scope(source)
    users, rules = tuple(tables["users"]), load_suite("users")
    facts = user_facts(Source(users, (), (), tuple(tables["subscriptions"])), rules)
    rows = [
        {**row, **fact, **_not_asked(customer)}
        for customer, row, fact in zip(source.customers, users, facts, strict=True)
    ]
    direct = check_rows([("users", rows)], docs_dir=docs_dir, run_name=run_name)
    of_customers = (*map(_of_lago, direct.findings), *customer_findings(source, rules))
    kept_out = {
        finding.key
        for finding in of_customers
        if finding.severity is Severity.CRITICAL_ROW and finding.key is not None
    }
    mapped = lago_findings(source, kept_out, timezone=timezone)
    findings = in_order((*of_customers, *mapped), (*TABLES, *BILLED))
    bad = {(f.table, f.key) for f in findings if f.severity is Severity.CRITICAL_ROW}
    accepted = {
        table: frozenset(
            row["id"]
            for row in tables[table]
            if (table, row["id"]) not in bad and row["id"] not in outside[table]
        )
        for table in TABLES
    }
    return CheckResult(
        findings=findings,
        checks=direct.checks,
        docs_index=direct.docs_index,
        # A subscription is all that there is: nothing is deployed.
        accepted=accepted | {"deployments": frozenset()},
        out_of_scope=outside,
    )


def _not_asked(customer: LagoCustomer) -> dict[str, None]:
    """Name the facts that no rule asks of a customer of Lago.

    An address need not be there, each of several is looked at apart, and only Stripe's ids are
    like Stripe's.
    """
    unasked = {"email_text": None}
    return unasked if is_stripe(customer) else unasked | {"payer_has_stripe_id": None}


def _of_lago(finding: Finding) -> Finding:
    """Say a remedy in the words of this source."""
    return replace(finding, remedy=finding.remedy.replace("NexaCloud", "Lago"))
