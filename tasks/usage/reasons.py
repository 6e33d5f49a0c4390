"""Why usage is not in Odoo, or needs a look: grouped, so that a person can work it off."""

from __future__ import annotations

from collections.abc import Callable, Iterable

from tasks.model.counts import LEFT_ASIDE, LOADED
from tasks.model.records import Finding, Outcome
from tasks.model.report import Reason, ReasonRow
from tasks.report.reasons import Groups, also_broken, broken_by_row
from tasks.usage.records import UsageRow


def quarantined(findings: Iterable[Finding]) -> list[Reason]:
    """Group the quarantined records by rule; a record that broke several is named once."""
    groups = Groups()
    for broken in broken_by_row(findings).values():
        main = broken[0]
        row = ReasonRow("", main.key or "", main.observed, also_broken(main, broken))
        groups.add(main.table, main.rule, main.sentence, main.remedy, row)
    return groups.biggest_first()


def refused(rows: Iterable[UsageRow]) -> list[Reason]:
    """Group the billing periods that Odoo did not take."""
    return _grouped(rows, lambda row: row.outcome is Outcome.FAILED)


def left_aside(rows: Iterable[UsageRow]) -> list[Reason]:
    """Group the billing periods that were never meant to be metered by this run."""
    return _grouped(rows, lambda row: row.outcome in LEFT_ASIDE)


def metered_with_a_note(rows: Iterable[UsageRow]) -> list[Reason]:
    """Group the billing periods that were corrected, late, or not rated."""
    return _grouped(rows, lambda row: row.outcome in LOADED and bool(row.code))


def _grouped(rows: Iterable[UsageRow], chosen: Callable[[UsageRow], bool]) -> list[Reason]:
    groups = Groups()
    for row in filter(chosen, rows):
        key = "billing_periods", row.code or row.outcome.value
        sentence, remedy = row.reason or "", row.remedy or ""
        observed = "" if sentence == groups.reason(*key, sentence, remedy).sentence else sentence
        period = f"period from {row.usage.start:%Y-%m-%d}" if row.usage.start else ""
        record = f"sale.order/{row.odoo_id}" if row.odoo_id else ""
        told = "; ".join(filter(None, (period, observed)))
        shown = ReasonRow(row.label, row.usage.deployment_id or "", told, record=record)
        groups.add(*key, sentence, remedy, shown)
    return groups.biggest_first()
