"""The page that a finance controller opens: one file, offline, readable without scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.model.records import Outcome, RuleStat, RunReport, Severity
from tasks.report import plots, words
from tasks.report.counts import LEFT_ASIDE, TableCounts, add_up, count_rows
from tasks.report.files import replacing
from tasks.report.plain_report import Link
from tasks.report.reasons import ROWS_SHOWN, changed_in_odoo, kept_out, left_aside, warnings
from tasks.report.reports import CheckedReport
from tasks.report.verdict import give_answers, reach_verdict

TEMPLATES = Path(__file__).parent / "templates"
_FILES = {
    "outcomes.csv": "what became of every source row",
    "quarantine.csv": "each row that was kept out by a rule, with the rule",
    "warnings.csv": "each row that deserves a look",
    "summary.json": "the figures of this page, for programs",
}


def write_page(report: RunReport, path: Path) -> None:
    """Write a backfill's page, replacing a former one in one step."""
    render("index.html.j2", _facts(report), path)


def render(template: str, facts: dict[str, Any], path: Path) -> None:
    """Write a page of a template and facts, replacing a former one in one step."""
    with replacing(path) as stream:
        for piece in _environment().get_template(template).generate(facts):
            stream.write(piece)


def common_facts(
    report: CheckedReport, about: str = "", files: Mapping[str, str] = _FILES
) -> dict[str, Any]:
    """Gather what every report's page speaks of; the templates hold no arithmetic.

    Args:
        report: The run.
        about: What the run was about, in a few words; a copy from the service if left away.
        files: What to say of the files beside the page, by name.
    """
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    return {
        "report": report,
        "service": words.service_name(report.service),
        "about": about or f"{words.service_name(report.service)} to Odoo",
        "files": files,
        "stops": [each for each in report.findings if each.severity is Severity.CRITICAL_RUN],
        "suites": _suites(report.checks),
        "timing_widths": plots.widths(report.timings),
        "took": (report.finished_at - report.started_at).total_seconds(),
        "odoo_records": _odoo_records(report),
        "rows_shown": ROWS_SHOWN,
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def safe_link(target: str) -> str | None:
    """Let a link through if it leads to a web page or a file nearby; None otherwise.

    >>> safe_link("https://odoo.example/"), safe_link("../docs/index.html")
    ('https://odoo.example/', '../docs/index.html')
    >>> safe_link("javascript:alert(1)") is None
    True
    """
    # Browsers skip blanks and control characters within a scheme.
    target = re.sub(r"[\x00-\x20\x7f]", "", target)
    try:
        parts = urlsplit(target)
    except ValueError:
        return None
    if parts.scheme in ("http", "https") and parts.netloc:
        return target
    is_nearby = not parts.scheme and not parts.netloc and ":" not in target.split("/")[0]
    return target if target and is_nearby and not target.startswith(("\\", "//")) else None


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=FileSystemLoader(TEMPLATES),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters.update(
        number=words.number,
        money=words.money,
        core_hours=words.core_hours,
        day=words.day,
        moment=words.moment,
        duration=words.duration,
        table_name=words.table_name,
        humanize=words.humanize,
        safe_link=safe_link,
    )
    environment.globals.update(counted=words.counted)
    environment.tests.update(link=lambda cell: isinstance(cell, Link))
    return environment


def _facts(report: RunReport) -> dict[str, Any]:
    counts = count_rows(report.rows)
    whole = add_up(counts)
    reasons = kept_out(report)
    return common_facts(report) | {
        "verdict": reach_verdict(report, counts),
        "answers": give_answers(report, counts),
        "counts": counts,
        "whole": whole,
        "outcomes": _outcome_columns(whole),
        "becomes": words.TABLE_BECOMES,
        "bars": {each.table: plots.stacked(each) for each in counts},
        "roots": [each for each in reasons if each.is_root],
        "waiting": [each for each in reasons if not each.is_root],
        "reason_widths": plots.widths({each.anchor: each.count for each in reasons}),
        "out_of_scope": left_aside(report, Outcome.OUT_OF_SCOPE),
        "not_selected": left_aside(report, Outcome.NOT_SELECTED),
        "changed": changed_in_odoo(report),
        "warnings": warnings(report),
    }


def _outcome_columns(whole: TableCounts) -> dict[Outcome, str]:
    """Name the columns; rows left aside get one only when there are any."""
    return {
        outcome: name
        for outcome, name in words.OUTCOME_NAMES.items()
        if outcome not in LEFT_ASIDE or whole.by_outcome[outcome]
    }


def _suites(checks: Iterable[RuleStat]) -> list[dict[str, Any]]:
    """Group the rules by suite, broken ones first."""
    suites = []
    in_order = sorted(checks, key=lambda each: each.suite)
    for name, group in groupby(in_order, key=lambda each: each.suite):
        rules = sorted(group, key=lambda each: (not each.failed, -each.failed, each.rule))
        failed = sum(1 for rule in rules if rule.failed)
        suites.append({"name": name, "rules": rules, "failed": failed})
    rank = {table: place for place, table in enumerate(words.TABLES)}
    return sorted(suites, key=lambda suite: rank.get(str(suite["name"]), len(rank)))


def _odoo_records(report: CheckedReport) -> str | None:
    """Start of the address of a record in Odoo; None when Odoo's address is not known."""
    link = safe_link(report.links.get("odoo", ""))
    parts = urlsplit(link or "")
    return f"{parts.scheme}://{parts.netloc}/odoo/" if parts.netloc else None
