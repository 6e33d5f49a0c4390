"""The page of a metering run that a finance controller opens."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from tasks.model.records import Outcome
from tasks.report import plots, words
from tasks.report.page import common_facts, render
from tasks.report.reasons import warnings_of
from tasks.usage.records import UsageReport
from tasks.usage.reporting import reasons
from tasks.usage.reporting.figures import figures
from tasks.usage.reporting.verdict import give_answers, reach_verdict


def write_page(report: UsageReport, path: Path) -> None:
    """Write the page, replacing a former one in one step."""
    render("usage.html.j2", _facts(report), path)


def _facts(report: UsageReport) -> dict[str, Any]:
    found = figures(report)
    roots = reasons.quarantined(report) + reasons.refused(report)
    return common_facts(report) | {
        "verdict": reach_verdict(report, found),
        "answers": give_answers(report, found),
        "found": found,
        "whole": {"kept_out": sum(each.count for each in roots)},
        "outcomes": [
            (outcome, name)
            for outcome, name in words.OUTCOME_NAMES.items()
            if found.records.by_outcome[outcome] or found.periods.by_outcome[outcome]
        ],
        "bars": {each.table: plots.stacked(each) for each in (found.records, found.periods)},
        "overage_widths": plots.widths({each.name: float(each.overage) for each in found.months}),
        "roots": roots,
        "waiting": [],
        "reason_widths": plots.widths({each.anchor: each.count for each in roots}),
        "out_of_scope": reasons.aside(report),
        "not_selected": [],
        "told": reasons.told(report),
        "warnings": warnings_of(report.findings),
        "quarantined": Outcome.QUARANTINED,
    }
