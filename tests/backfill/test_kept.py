"""What the samples and foreign tenants become is what they became before, in every field.

After a change that is meant: ``UPDATE_SNAPSHOTS=1 pytest tests/backfill/test_kept.py``, and read
the diff: each line of it is money that somebody is charged differently, or kept out for.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from datetime import UTC, datetime, time
from functools import partial
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

from deployments.sample.lago.constructs.world import SERVICE, TODAY, construct_document
from tasks.backfill.check_lago import check_lago_pages
from tasks.backfill.check_nexacloud import check_pages
from tasks.backfill.map import map_pages, map_tables
from tasks.backfill.mapping.lago import map_lago
from tasks.backfill.mapping.lago_plans import wire_metrics
from tasks.backfill.mapping.lago_source import LagoSource
from tasks.backfill.mapping.lago_usage import billed_usage, charge_names
from tasks.model.records import Finding
from tests.backfill.lago_foreign import objects
from tests.backfill.lago_foreign.tenant import document
from tests.expectations.source_cases import CASES
from tests.expectations.worlds import AS_OF, TABLES, one_page, service
from tests.lago_service import read_tenant
from tests.snapshots.kept import require_same
from tests.snapshots.outlined import outlined, shown

FOLDER = Path(__file__).with_name("kept")
ZONE = ZoneInfo("America/Toronto")
ALL = frozenset({"customer", "plan", "order"})


def lines(records: Iterable[Any]) -> str:
    return "\n".join(line for each in records for line in outlined(each)) + "\n"


def outside(reasons: Iterable[tuple[str, str, str]]) -> str:
    return "".join(f"{' '.join(each)}\n" for each in sorted(reasons))


def found(findings: Iterable[Finding]) -> str:
    """Say which rule a row broke, and by what; the rule's sentence stands in ``expectations/``."""
    return "".join(
        sorted(f"{e.table} {e.key} {e.rule} ({e.severity}): {e.observed}\n" for e in findings)
    )


def lago_told(source: LagoSource) -> dict[str, str]:
    checked = one_page(check_lago_pages(source, timezone=ZONE, docs_dir=None, run_name="kept"))
    mapped = map_lago(source, checked.accepted, entities=ALL, timezone=ZONE)
    orders = {each.external_id: each for who in mapped.customers for each in who.orders}
    billing = source.billing
    usage = billed_usage(
        billing.invoices,
        billing.fees,
        orders=orders,
        charges=charge_names(source.all_plans),
        timezone=ZONE,
    )
    metrics = wire_metrics(source, mapped.plans.values())
    return {
        "customers.txt": lines(sorted(mapped.customers, key=lambda each: each.external_id)),
        "plans.txt": lines(mapped.plans[name] for name in sorted(mapped.plans)),
        "findings.txt": found((*checked.findings, *mapped.findings)),
        "outside.txt": outside(
            (table, key, reason)
            for table, reasons in checked.out_of_scope.items()
            for key, reason in reasons.items()
        ),
        "usage.txt": lines(usage),
        "metrics.txt": "".join(f"{shown(each)}\n" for each in metrics),
    }


def nexacloud_told() -> dict[str, str]:
    tables: dict[str, list[dict[str, Any]]] = {table: [] for table in TABLES}
    for case in CASES:
        spoiled = service(case.name)
        case.spoil(spoiled)
        for table in TABLES:
            tables[table] += spoiled.rows(table)
    checked = check_pages([tables], as_of=AS_OF, docs_dir=None, run_name="kept")
    mapping = partial(map_tables, entities=ALL, timezone=ZONE)
    mapped = map_pages(mapping, [tables], checked.verdicts)
    customers = [each for page in mapped.pages for each in page.customers]
    plans = mapped.plans
    return {
        "customers.txt": lines(sorted(customers, key=lambda each: each.external_id)),
        "plans.txt": lines(plans[name] for name in sorted(plans)),
        "findings.txt": found((*checked.result.findings, *mapped.findings)),
        "outside.txt": outside(
            (table, key, reason)
            for verdict in checked.verdicts
            for table, reasons in verdict.out_of_scope.items()
            for key, reason in reasons.items()
        ),
    }


def test_a_foreign_tenant_of_lago_becomes_what_it_became_before():
    source = replace(read_tenant(document(), objects.SERVICE), read_at=objects.READ_AT)
    require_same("lago-foreign", lago_told(source), FOLDER)


def test_every_construct_of_lago_becomes_what_it_became_before():
    read_at = datetime.combine(TODAY, time(15), UTC)
    source = replace(read_tenant(construct_document(), SERVICE), read_at=read_at)
    require_same("lago-constructs", lago_told(source), FOLDER)


def test_every_case_of_nexacloud_becomes_what_it_became_before():
    require_same("nexacloud", nexacloud_told(), FOLDER)
