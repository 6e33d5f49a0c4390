"""The check before a load from Lago: its customers by NexaCloud's rules, its plans by ours."""

from __future__ import annotations

from dataclasses import replace
from datetime import tzinfo
from itertools import chain
from pathlib import Path

from tasks.backfill.facts.users import user_facts
from tasks.backfill.mapping.lago import customer_findings, lago_findings, out_of_scope
from tasks.backfill.mapping.lago_customers import is_stripe
from tasks.backfill.mapping.lago_source import LagoSource, source_pages
from tasks.backfill.quarantine import CheckedPages, Verdict, quarantined
from tasks.check.result import in_order
from tasks.check.run import Check
from tasks.check.suites import load_suite
from tasks.model.lago import LagoCustomer
from tasks.model.records import Finding
from tasks.model.source import Source
from tasks.model.spool import Spool

TABLES = ("users", "plans", "subscriptions")
#: What of the billed ledger cannot be read: rows that nobody loads.
BILLED = ("invoices", "fees")


def check_lago_pages(
    source: LagoSource,
    *,
    timezone: tzinfo,
    docs_dir: Path | None,
    run_name: str,
) -> CheckedPages:
    """Check a service in Lago, page by page, and decide which rows may be loaded.

    Args:
        source: What was read.
        timezone: The company's.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    check = Check(docs_dir=docs_dir, run_name=run_name)
    # On disk: what lives longer than its page would keep the memory of the page.
    findings: Spool[list[Finding]] = Spool()
    verdicts: Spool[Verdict] = Spool()
    for place, page in enumerate(source_pages(source)):
        found, verdict = _check_page(check, page, timezone)
        # Plans are the same in each.
        findings.append([each for each in found if each.table != "plans" or not place])
        verdicts.append(verdict)
    told = check.result(())
    of_tables = map(_of_lago, told.findings)
    everything = in_order((*of_tables, *chain.from_iterable(findings)), (*TABLES, *BILLED))
    return CheckedPages(replace(told, findings=everything), verdicts)


def _check_page(
    check: Check, source: LagoSource, timezone: tzinfo
) -> tuple[list[Finding], Verdict]:
    """Give what is found of a page, and which of its rows may be loaded."""
    tables = source.tables()
    outside = out_of_scope(source)
    users, rules = tuple(tables["users"]), load_suite("users")
    facts = user_facts(Source(users, (), (), tuple(tables["subscriptions"])), rules)
    rows = [
        {**row, **fact, **_not_asked(customer)}
        for customer, row, fact in zip(source.customers, users, facts, strict=True)
    ]
    direct = check.add([("users", rows)])
    of_customers = [*map(_of_lago, direct), *customer_findings(source, rules)]
    kept_out = {key for _, key in quarantined(of_customers)}
    findings = [*of_customers, *lago_findings(source, kept_out, timezone=timezone)]
    bad = quarantined(findings)
    accepted = {
        table: frozenset(
            row["id"]
            for row in tables[table]
            if (table, row["id"]) not in bad and row["id"] not in outside[table]
        )
        for table in TABLES
    }
    # A subscription is all that there is: nothing is deployed.
    return findings, Verdict(accepted | {"deployments": frozenset()}, outside)


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
