"""watch: after the switch, what is due against what Odoo has posted, for whoever is live.

read Odoo -> read the terms -> compare -> say who is watched and who is not -> report.
"""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tasks.model.report import Report
from tasks.reconcile.window import reconcile_window
from tasks.run.doctor import diagnose, sources_of
from tasks.run.options import Amount, Count
from tasks.run.perform import perform
from tasks.run.retries import io_task
from tasks.run.run import Run
from tasks.watch.compare import closing_lines, settle, watch_lines
from tasks.watch.judgeable import judgeable
from tasks.watch.read import read_decisions, read_due, read_posted, read_standings
from tasks.watch.report import build_report
from tasks.watch.standing import coverage

posted_side = io_task("read-posted-invoices")(read_posted)
due_side = io_task("read-what-is-due")(read_due)
decisions_of = io_task("read-decisions")(read_decisions)
standings_of = io_task("read-standings")(read_standings)


@perform("watch")
def watch(
    run: Run,
    service: str = "nexacloud",
    period: str | None = None,
    grace_days: Count = 2,
    closing_days: Count = 14,
    max_amount: Amount = 0.0,
) -> Report:
    """Compare what is due with what Odoo has posted, for everybody whom Odoo bills.

    Args:
        service: Code of the service in Odoo.
        period: Service periods that start in a month (2026-09) or months (2026-05..2026-09).
            Empty: the last twelve months and the one that runs.
        grace_days: What was due so many days ago may still be on its way into an invoice.
        closing_days: An unpaid invoice is told so many days before Odoo ends its subscription.
        max_amount: The run fails if more than this, in any currency, is wrong.
    """
    settings, now = run.settings, run.started_at
    home = sources_of(settings).get(service, "lago")
    about = diagnose(settings, service, may_be_live=True, source=home).require_health()
    today = now.astimezone(settings.timezone).date()
    asked = period or f"{today - timedelta(days=365):%Y-%m}..{today:%Y-%m}"
    window = reconcile_window(asked, as_of=now, zone=settings.timezone)
    with run.step("read"):
        posted = posted_side(service, window)
        going_on = frozenset(one.subscription for one in posted.live)
        source = due_side(service, home, window, now, going_on)
        standings = standings_of(service)
        decisions = decisions_of(service)
    judged = judgeable(source, posted, window, home)
    with run.step("compare"):
        found = watch_lines(
            judged.expected,
            judged.posted,
            posted.live,
            ended=judged.ended,
            due_by=now - timedelta(days=grace_days),
            zone=settings.timezone,
        )
        found += closing_lines(posted.unpaid, today, closing_days)
        found = settle(found, decisions, settings.timezone)
    covered = coverage(
        standings,
        (one.customer for one in posted.live),
        (line.customer for line in judged.expected if line.subscription not in judged.ended),
    )
    head = run.head(
        service=service, source="The source's terms", dry_run=False, company=about["company"]
    )
    return build_report(
        head, found, covered, not_derived=judged.left_out, max_amount=Decimal(str(max_amount))
    )
