"""The report of a metering run: is all usage there, why not, and what does it cost."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import replace
from decimal import Decimal
from functools import partial
from pathlib import Path
from typing import Any

from tasks.model.counts import LEFT_ASIDE, LOADED
from tasks.model.money import decimal_text
from tasks.model.nexacloud import SECONDS_PER_CORE_HOUR
from tasks.model.records import Finding, Outcome
from tasks.model.report import (
    Attachment,
    Cell,
    ControlTotal,
    ControlTotals,
    Counts,
    Drawn,
    Head,
    KeptOut,
    Reason,
    ReasonRow,
    Reasons,
    Report,
    Section,
    Table,
)
from tasks.report import plots, words
from tasks.report.files import write_csv
from tasks.report.reasons import Groups, also_broken, broken_by_row
from tasks.report.summary import outcome_figures, readback_figures
from tasks.usage.accounts import Accounts, Figures, Month, add_figures_up
from tasks.usage.headline import give_answers, reach_headline
from tasks.usage.records import UsageRow
from tasks.usage.results import UsageResults

OUTCOME_COLUMNS = (
    "deployment_id",
    "label",
    "period_start",
    "period_end",
    "records",
    "quarantined",
    "cpu_seconds",
    "core_hours",
    "outcome",
    "odoo_cpu_seconds",
    "included_cpu_seconds",
    "overage_cpu_seconds",
    "amount",
    "flat_price",
    "currency",
    "state",
    "explanation",
    "odoo_order_id",
    "code",
    "reason",
    "remedy",
)
#: Months that the terminal and Prefect show, the latest.
_MONTHS_SHOWN = 11


def build_report(head: Head, results: UsageResults) -> Report:
    """Tell a metering run."""
    rows = Accounts.of(results.rows)
    results = replace(results, rows=rows)
    found = add_figures_up(rows, head.timezone, compared=results.safe is not None)
    return Report(
        head=head,
        end=results.end,
        about=f"{words.service_name(head.service)} to Odoo",
        headline=reach_headline(head, results, found),
        answers=give_answers(head, found),
        sections=_sections(head, results, rows.notable, found),
        figures={
            "readback": readback_figures(results.readback, results.readback_findings, results.safe),
            "window": results.window,
            "timezone": head.timezone,
            "rows": outcome_figures((found.records, found.periods)),
            "totals": [_month(each, head.currency) for each in (*found.months, found.whole)],
            "unrated_periods": found.unrated,
            "billed_periods": found.whole.billed,
        },
        findings=results.findings,
        checks=results.checks,
        attachments=(
            Attachment(
                "outcomes.csv",
                "what became of every deployment and billing period",
                partial(_write_outcomes, rows, head.currency),
            ),
        ),
        results=results,
    )


def _sections(
    head: Head, results: UsageResults, notable: Iterable[UsageRow], found: Figures
) -> tuple[Section, ...]:
    told = metered_with_a_note(notable)
    widths = plots.widths({each.name: float(each.overage) for each in found.months})
    sections = (
        Counts(
            "What would be metered" if head.dry_run else "What was metered",
            f"Read: {results.window}. Every usage record ends in exactly one column, so that the"
            " line adds up to the records read. A record belongs whole to the billing period in"
            " which it begins.",
            (found.records, found.periods),
            {"usage": "in NexaCloud", "billing_periods": "of a deployment, a month each"},
        ),
        ControlTotals(
            "Core-hours on both sides",
            f"By the month in which the billing periods start ({head.timezone}): what NexaCloud"
            " measured, and what Odoo holds after the run.",
            tuple(map(_control_total, found.months)),
            _control_total(found.whole),
        ),
        Drawn("usage/templates/cost.html.j2", {"found": found, "overage_widths": widths}),
        _costs(head, found),
        KeptOut(
            f"What {'would not be' if head.dry_run else 'was not'} metered, and why",
            (*quarantined(results.findings), *refused(notable)),
            tuple(left_aside(notable)),
        ),
    )
    if not told:
        return sections
    notes = Reasons(
        "Corrected, late, or not rated",
        "These billing periods were metered; Odoo keeps the trail of each correction",
        tuple(told),
        "outcomes.csv",
    )
    return (*sections, notes)


def _control_total(month: Month) -> ControlTotal:
    return ControlTotal(
        month.name,
        words.core_hours(month.measured),
        None if month.stored is None else words.core_hours(month.stored),
        words.core_hours((month.stored or Decimal(0)) - month.measured),
        agrees=bool(month.agrees),
        note=words.counted(month.periods, "billing period"),
    )


def _costs(head: Head, found: Figures) -> Table:
    rows: tuple[tuple[Cell, ...], ...] = tuple(
        (
            each.name,
            words.core_hours(each.measured),
            each.charged,
            words.money(each.overage, head.currency),
        )
        for each in (*found.months[-_MONTHS_SHOWN:], found.whole)
    )
    return Table(
        "What it costs",
        ("Month", "Core-hours", "Periods with overage", "Overage"),
        rows,
        where="text",
    )


def _month(month: Month, currency: str) -> dict[str, Any]:
    return {
        "label": month.name,
        "billing_periods": month.periods,
        "cpu_seconds": decimal_text(month.measured),
        "odoo_cpu_seconds": None if month.stored is None else decimal_text(month.stored),
        "billable_cpu_seconds": decimal_text(month.billable),
        "overage": decimal_text(month.overage),
        "periods_with_overage": month.charged,
        "currency": currency,
    }


def _write_outcomes(rows: Iterable[UsageRow], currency: str, path: Path) -> None:
    """Write one line per deployment and billing period, in that order."""
    write_csv(path, OUTCOME_COLUMNS, (_line(row, currency) for row in rows))


def _line(row: UsageRow, currency: str) -> tuple[str | int | None, ...]:
    usage, rated = row.usage, row.rated
    return (
        usage.deployment_id,
        row.label,
        usage.start.isoformat() if usage.start else None,
        usage.end.isoformat() if usage.end else None,
        usage.records,
        usage.quarantined,
        decimal_text(usage.seconds),
        decimal_text(usage.seconds / SECONDS_PER_CORE_HOUR),
        row.outcome.value,
        None if row.stored is None else decimal_text(row.stored),
        decimal_text(rated.included) if rated else None,
        decimal_text(rated.overage) if rated else None,
        decimal_text(rated.amount) if rated else None,
        decimal_text(rated.flat) if rated else None,
        currency if rated else None,
        ("billed" if rated.billed else "preview") if rated else None,
        rated.explanation if rated else None,
        row.odoo_id,
        row.code,
        row.reason,
        row.remedy,
    )


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
