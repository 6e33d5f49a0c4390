"""The kinds of report that a flow can end with, and what all of them tell."""

from __future__ import annotations

from tasks.domain.plain_report import PlainReport
from tasks.domain.reconcile_report import ReconcileReport
from tasks.domain.records import RunReport
from tasks.domain.usage import UsageReport
from tasks.domain.webhooks import WebhookReport

CopyReport = RunReport | UsageReport
"""Runs that write to Odoo and read it back."""

CheckedReport = RunReport | UsageReport | ReconcileReport | PlainReport
"""Runs whose rows were checked; they tell findings and how each rule fared."""

FlowReport = CheckedReport | WebhookReport
"""All of them tell who ran, when, how it ended, links and parameters."""
