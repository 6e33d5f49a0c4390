"""The page of a delivery: what the apps were told, and what they did not take."""

from __future__ import annotations

import base64
import hashlib
from pathlib import Path
from typing import Any

from markupsafe import Markup

from tasks.model.outbox import DELIVERED, GIVEN_UP, RETRY, TAKEN_OVER
from tasks.report import plots
from tasks.report.page import TEMPLATES, render
from tasks.report.reasons import ROWS_SHOWN
from tasks.webhooks.records import WebhookReport
from tasks.webhooks.reporting.verdict import by_endpoint, by_event, outcomes_of, reach_verdict

_NAMES = {
    DELIVERED: "Delivered",
    RETRY: "To be sent again",
    GIVEN_UP: "Given up",
    TAKEN_OVER: "Taken over by another worker",
}


def write_page(report: WebhookReport, path: Path) -> None:
    """Write the page, replacing a former one in one step."""
    render("webhooks.html.j2", _facts(report), path)


def _facts(report: WebhookReport) -> dict[str, Any]:
    script = (TEMPLATES / "page.js").read_text(encoding="utf-8")
    failed = [each for each in report.attempts if each.outcome != DELIVERED]
    outcomes = outcomes_of(report)
    return {
        "report": report,
        "service": report.service,
        "about": "Odoo to its apps",
        "verdict": reach_verdict(report),
        "outcomes": [(name, outcomes[each]) for each, name in _NAMES.items()],
        "names": _NAMES,
        "events": by_event(report),
        "endpoints": by_endpoint(report),
        "failed": failed[:ROWS_SHOWN],
        "failed_count": len(failed),
        "rows_shown": ROWS_SHOWN,
        "timing_widths": plots.widths(report.timings),
        "took": (report.finished_at - report.started_at).total_seconds(),
        "style": Markup((TEMPLATES / "style.css").read_text(encoding="utf-8")),  # noqa: S704
        "script": Markup(script),  # noqa: S704
        "script_hash": base64.b64encode(hashlib.sha256(script.encode()).digest()).decode(),
    }
