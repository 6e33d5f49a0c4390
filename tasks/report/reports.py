"""The kinds of report that a flow can end with, and what all of them tell."""

from __future__ import annotations

from tasks.model.records import RunReport
from tasks.reconcile.reconcile_report import ReconcileReport
from tasks.report.plain_report import PlainReport
from tasks.usage.records import UsageReport
from tasks.webhooks.records import WebhookReport

CopyReport = RunReport | UsageReport
"""Runs that write to Odoo and read it back."""

CheckedReport = RunReport | UsageReport | ReconcileReport | PlainReport
"""Runs whose rows were checked; they tell findings and how each rule fared."""

FlowReport = CheckedReport | WebhookReport
"""All of them tell who ran, when, how it ended, links and parameters."""
