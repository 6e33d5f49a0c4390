"""The page that a finance controller opens: one file, offline, readable without scripts."""

from __future__ import annotations

import base64
import hashlib
import re
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from itertools import groupby
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from markupsafe import Markup

from tasks.model.counts import add_up
from tasks.model.records import RuleStat, Severity
from tasks.model.report import (
    Chart,
    ControlTotals,
    Counts,
    Drawn,
    KeptOut,
    Link,
    Reasons,
    Report,
    Section,
    Table,
)
from tasks.report import plots, words
from tasks.report.cells import number_columns, outcome_columns, shown
from tasks.report.files import replacing
from tasks.report.reasons import ROWS_SHOWN, warnings_of

TEMPLATES = Path(__file__).parent / "templates"
_FILES = {
    "quarantine.csv": "each row that was kept out by a rule, with the rule",
    "warnings.csv": "each row that deserves a look",
    "summary.json": "the figures of this page, for programs",
}
#: Templates that need nothing beside their section.
_PLAIN = {Chart: "chart.html.j2", ControlTotals: "totals.html.j2", Reasons: "reasons.html.j2"}


def write_page(report: Report, path: Path) -> None:
    """Write a run's page, replacing a former one in one step."""
    common = _facts(report)
    facts = common | {"sections": _sections(report, common)}
    with replacing(path) as stream:
        for piece in _environment().get_template("page.html.j2").generate(facts):
            stream.write(piece)


def _facts(report: Report) -> dict[str, Any]:
    """Gather what every part of a page speaks of; the templates hold no arithmetic."""
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    head = report.head
    return {
        "report": report,
        "head": head,
        "service": words.service_name(head.service),
        "files": _files(report),
        "stops": [each for each in report.findings if each.severity is Severity.CRITICAL_RUN],
        "suites": _suites(report.checks),
        "warnings": _warnings(report),
        "timing_widths": plots.widths(head.timings),
        "took": (head.finished_at - head.started_at).total_seconds(),
        "odoo_records": _odoo_records(head.links),
        "rows_shown": ROWS_SHOWN,
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }


def _sections(report: Report, common: Mapping[str, Any]) -> Iterator[Markup]:
    """Write the sections one after the other."""
    for place, section in enumerate(report.sections, start=1):
        if isinstance(section, Table) and section.where == "text":
            continue
        template, facts = _told(section)
        facts = {**common, "section": section, "place": place, **facts}
        yield Markup(_environment().get_template(template).render(facts))  # noqa: S704


def _told(section: Section) -> tuple[str, Mapping[str, Any]]:
    """Name a section's template and what it speaks of besides."""
    match section:
        case Table():
            return "table.html.j2", {"shown": shown, "numeric": number_columns(section)}
        case Counts():
            return "counts.html.j2", {
                "whole": add_up(section.tables),
                "outcomes": outcome_columns(section.tables),
                "bars": {each.table: plots.stacked(each) for each in section.tables},
            }
        case KeptOut():
            return "kept_out.html.j2", {
                "roots": [each for each in section.reasons if each.is_root],
                "waiting": [each for each in section.reasons if not each.is_root],
                "kept_out": sum(each.count for each in section.reasons),
                "widths": plots.widths({each.anchor: each.count for each in section.reasons}),
            }
        case Drawn():
            return section.template, section.facts
    return _PLAIN[type(section)], {}


def _files(report: Report) -> dict[str, str]:
    """Say of each file beside the page what it holds, the run's own files first."""
    tables = (each for each in report.sections if isinstance(each, Table) and each.file)
    files = {each.file: each.title.lower() for each in tables}
    files |= {each.name: each.about for each in report.attachments if each.about}
    return files | {name: about for name, about in _FILES.items() if name not in files}


def _warnings(report: Report) -> Reasons | None:
    """List the warnings, if rows were looked at."""
    if not (report.checks or report.findings):
        return None
    return Reasons(
        "Warnings",
        "A warning keeps no row out. Somebody should look at these rows before the service goes"
        " live",
        tuple(warnings_of(report.findings, report.labels)),
        "warnings.csv",
        "No warnings.",
    )


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
        loader=FileSystemLoader([TEMPLATES, TEMPLATES.parents[1]]),
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
    environment.globals["m"] = environment.get_template("macros.html.j2").module
    environment.tests.update(link=lambda cell: isinstance(cell, Link))
    return environment


def _suites(checks: Iterable[RuleStat]) -> list[dict[str, Any]]:
    """Group the rules by suite, broken ones first."""
    suites = []
    in_order = sorted(checks, key=lambda each: each.suite)
    for name, group in groupby(in_order, key=lambda each: each.suite):
        rules = sorted(group, key=lambda each: (not each.failed, -each.failed, each.rule))
        failed = sum(1 for rule in rules if rule.failed)
        suites.append({"name": name, "rules": rules, "failed": failed})
    rank = {table: place for place, table in enumerate(words.TABLE_NAMES)}
    return sorted(suites, key=lambda suite: rank.get(str(suite["name"]), len(rank)))


def _odoo_records(links: Mapping[str, str]) -> str | None:
    """Start of the address of a record in Odoo; None when Odoo's address is not known."""
    link = safe_link(links.get("odoo", ""))
    parts = urlsplit(link or "")
    return f"{parts.scheme}://{parts.netloc}/odoo/" if parts.netloc else None
