"""The check before the load: NexaCloud's tables against their quality rules, page by page."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from datetime import datetime
from functools import partial
from itertools import chain
from pathlib import Path
from typing import Any

from tasks.backfill.facts.deployments import addon_facts, deployment_facts, subscription_facts
from tasks.backfill.facts.plans import plan_facts
from tasks.backfill.facts.users import user_facts
from tasks.backfill.quarantine import CheckedPages, Verdict, accepted, cascade, dependencies
from tasks.check.run import Check
from tasks.check.suites import load_suite
from tasks.model.records import Finding
from tasks.model.rows import with_facts
from tasks.model.source import Row, Source, out_of_scope
from tasks.model.spool import Spool

TABLES = ("users", "plans", "deployments", "subscriptions", "deployment_addons")
Facts = Callable[[], Iterable[dict[str, Any]]]


def check_pages(
    pages: Iterable[Mapping[str, Sequence[Row]]],
    *,
    as_of: datetime,
    docs_dir: Path | None,
    run_name: str,
) -> CheckedPages:
    """Check the source tables and decide which rows may be loaded.

    Args:
        pages: The rows of each table of ``TABLES``, with the source's columns. Rows that matter
            to each other are in one page, plans whole in each.
        as_of: The moment that separates past from future; with a time zone.
        docs_dir: Folder of Data Docs and their history; None builds none.
        run_name: Title of this run in Data Docs.

    Raises:
        FatalError: A rule could not be evaluated.
    """
    check = Check(docs_dir=docs_dir, run_name=run_name)
    # On disk: what lives longer than its page would keep the memory of the page.
    findings: Spool[list[Finding]] = Spool()
    verdicts: Spool[Verdict] = Spool()
    of_plans: list[Finding] | None = None
    for tables in pages:
        source = Source(**{table: tuple(tables[table]) for table in TABLES})
        names = [table for table in TABLES if table != "plans" or of_plans is None]
        found = check.add(rows_to_check(source, names, as_of))
        findings.append(found)
        if of_plans is None:
            of_plans = [each for each in found if each.table == "plans"]
        else:
            found = [*of_plans, *found]
        hanging = [*cascade(found, dependencies(source))]
        findings.append(hanging)
        outside = out_of_scope(source)
        verdicts.append(Verdict(accepted(source, [*found, *hanging], outside), outside))
    return CheckedPages(check.result(chain.from_iterable(findings)), verdicts)


def rows_to_check(
    source: Source, tables: Iterable[str], as_of: datetime
) -> Iterator[tuple[str, tuple[Row, ...]]]:
    """Put what the rules ask beside the rows of the named tables, one table at a time."""
    facts: dict[str, Facts] = {
        "users": lambda: user_facts(source, load_suite("users")),
        "plans": lambda: plan_facts(source.plans, load_suite("plans")),
        "deployments": partial(deployment_facts, source, as_of),
        "subscriptions": partial(subscription_facts, source, as_of),
        "deployment_addons": partial(addon_facts, source),
    }
    return ((table, with_facts(getattr(source, table), facts[table]())) for table in tables)
