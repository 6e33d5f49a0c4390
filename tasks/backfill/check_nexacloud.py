"""The check before the load: NexaCloud's tables against their quality rules."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tasks.backfill.facts.addons import addon_facts
from tasks.backfill.facts.deployments import deployment_facts, subscription_facts
from tasks.backfill.facts.plans import plan_facts
from tasks.backfill.facts.users import user_facts
from tasks.backfill.quarantine import accepted, cascade, dependencies
from tasks.check.frames import with_facts
from tasks.check.result import CheckResult, in_order
from tasks.check.run import check_rows
from tasks.check.suites import load_suite
from tasks.model.source import Row, Source, out_of_scope

if TYPE_CHECKING:
    pass

TABLES = ("users", "plans", "deployments", "subscriptions", "deployment_addons")


def check_tables(
    tables: Mapping[str, Sequence[Row]],
    *,
    as_of: datetime,
    docs_dir: Path | None,
    run_name: str,
) -> CheckResult:
    """Check the source tables and decide which rows may be loaded.

    Args:
        tables: The rows of each table of ``TABLES``, with the source's columns.
        as_of: The moment that separates past from future; with a time zone.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    source = Source(**{table: tuple(tables[table]) for table in TABLES})
    outside = out_of_scope(source)
    facts: dict[str, Callable[[], Iterable[dict[str, Any]]]] = {
        "users": lambda: user_facts(source, load_suite("users")),
        "plans": lambda: plan_facts(source.plans, load_suite("plans")),
        "deployments": lambda: deployment_facts(source, as_of),
        "subscriptions": lambda: subscription_facts(source, as_of),
        "deployment_addons": lambda: addon_facts(source),
    }
    direct = check_rows(
        ((table, with_facts(getattr(source, table), facts[table]())) for table in TABLES),
        docs_dir=docs_dir,
        run_name=run_name,
    )
    findings = (*direct.findings, *cascade(direct.findings, dependencies(source)))
    return CheckResult(
        findings=in_order(findings, TABLES),
        checks=direct.checks,
        docs_index=direct.docs_index,
        accepted=accepted(source, findings, outside),
        out_of_scope=outside,
    )
