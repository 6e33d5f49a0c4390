"""backfill: customers, plans and subscriptions into Odoo, as a shadow; from NexaCloud or Lago.

read -> check -> map -> load -> verify -> report. Nothing that it creates can charge anyone.
"""

from __future__ import annotations

from dataclasses import replace
from functools import partial
from typing import Literal

from prefect.utilities.annotations import quote

from tasks.backfill.end_state import end_state, refusal
from tasks.backfill.load import close_log, load, load_billed, usage_pages
from tasks.backfill.map import map_pages
from tasks.backfill.outcomes import LoadedPages, selection, told
from tasks.backfill.read_unchanged import find_unchanged, mark_world, repeat
from tasks.backfill.report import build_report
from tasks.backfill.results import collect_results
from tasks.backfill.sources import SOURCES
from tasks.backfill.verify import CheckedCopy, read_back, totals
from tasks.check.validation import warm_up
from tasks.model.report import Report
from tasks.run.batches import Loading
from tasks.run.doctor import diagnose
from tasks.run.options import Count, Positive, Share
from tasks.run.perform import perform
from tasks.run.retries import pure_task
from tasks.run.run import Run

prepare_check = pure_task("prepare-check")(warm_up)


@perform("backfill")
def backfill(
    run: Run,
    service: str = "nexacloud",
    source: Literal["nexacloud", "lago"] | None = None,
    dry_run: bool = False,
    only: list[Literal["customers", "plans", "deployments"]] | None = None,
    limit: Positive | None = None,
    batch_rows: Positive = 500,
    workers: Positive = 2,
    max_bad_share: Share = 0.20,
    max_failed_rows: Count = 0,
    full_compare: bool = False,
) -> Report:
    """Copy a service's customers, plans and subscriptions into Odoo as a shadow.

    From Lago the usage that it billed comes along, so that Odoo can rate the same. Running it
    again is free and safe: rows that did not change cost a look-up.

    Args:
        service: Code of the service in Odoo that the copy belongs to; in Lago that of its
            billing entity.
        source: Where the rows are: NexaCloud's database, or Lago. Empty: where the service says
            in Odoo that they are.
        dry_run: Do the real run in Odoo, then roll it back: the report tells what would happen.
        only: What to load; deployments bring the customers and plans that they need. Empty: all.
        limit: Only the first so many customers (oldest first) and what is theirs.
        batch_rows: Customers and orders in one call to Odoo.
        workers: Calls to Odoo at once; as many as Odoo has free workers.
        max_bad_share: Above this share of quarantined rows in a table nothing is written (0 to 1).
        max_failed_rows: So many rows may be refused by Odoo without the run counting as failed.
        full_compare: Also look for what someone changed in Odoo, and report it as drift.
    """
    found = diagnose(run.settings, service, source=source)
    company = found.require_health()["company"]
    origin, selected, zone = SOURCES[found.source], selection(only), run.settings.timezone
    loading = Loading(service, dry_run, batch_rows, workers)
    head = partial(run.head, service=service, source=origin.title, dry_run=dry_run, company=company)
    asked = {
        "service": service,
        "source": found.source,
        "entities": sorted(selected),
        "limit": limit,
        "max_bad_share": max_bad_share,
        "timezone": str(zone),
        "company": company,
        "addon": found.about["addon_version"],
    }
    if not (dry_run or full_compare):
        with run.step("compare"):
            same = find_unchanged(origin, asked, run.started_at, run.folder.parent)
        if same:
            return repeat(run, same, head, found.source, max_failed_rows)

    prepared = prepare_check.submit()
    with run.step("read"):
        content = origin.read(service, limit, run.started_at)
    told_rows = (f"{rows:,} {table}" for table, rows in origin.counts(content).items())
    run.log.info("Read %s.", ", ".join(told_rows))
    with run.step("check"):
        prepared.result()
        checked = origin.check(quote(content), as_of=run.started_at, timezone=zone, **run.data_docs)
    with run.step("map"):
        mapping = partial(origin.map, entities=selected, timezone=zone)
        mapped = map_pages(mapping, origin.pages(content), checked.verdicts)
    checked = checked.also(mapped.findings)
    refused = refusal(checked.result.findings, checked.accepted, max_bad_share)
    rest = f"{len(checked.result.findings):,} findings; the rest may be loaded."
    run.log.info("Checked: %s", refused or rest)
    head = partial(head, docs=checked.result.docs_index)
    end_of = partial(end_state, dry_run=dry_run, max_failed_rows=max_failed_rows)
    collect = partial(collect_results, end_of=end_of)
    if refused:
        results = collect(
            origin.tables(content),
            checked=checked,
            selected=selected,
            loaded=LoadedPages(refused=refused),
            copied=None,
            totals=totals(mapped.prices, None),
        )
        return build_report(head(), results)

    with run.step("load"):
        loaded = load(
            run,
            mapped,
            loading,
            full_compare=full_compare,
            source=found.source,
            metrics=origin.metrics(content, mapped),
        )
    billed = () if dry_run or loaded.stopped else origin.usage(content, mapped, loaded, zone)
    if billed:
        with run.step("usage"):
            loaded = load_billed(run, billed, loaded, loading)
    skipped = dry_run or loaded.is_gone
    with run.step("verify"):
        # The mark comes first: what somebody changes meanwhile is not taken for what was checked.
        world = None if skipped else mark_world(service, origin.mark(content), asked)
        held = CheckedCopy() if skipped else read_back(run, service, mapped, loaded)
    if not (skipped or held.unread):
        run.on_published.append(partial(close_log, folder=run.folder))
    results = collect(
        origin.tables(content),
        usage=usage_pages(billed),
        checked=checked.also(told(loaded)),
        selected=selected | {"usage"} if billed else selected,
        loaded=replace(loaded, stopped=loaded.stopped or held.unread),
        copied=held.checked,
        totals=totals(mapped.prices, held.prices),
    )
    return build_report(head(), replace(results, world=world))
