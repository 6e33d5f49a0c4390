"""The last step of every run: its report."""

from __future__ import annotations

from tasks.report.publish import publish_report
from tasks.run.retries import pure_task

publish = pure_task("report")(publish_report)
