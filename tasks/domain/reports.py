"""The kinds of report that a flow can end with, and what all of them tell."""

from __future__ import annotations

from tasks.domain.plain_report import PlainReport
from tasks.domain.reconcile_report import ReconcileReport
from tasks.domain.records import RunReport
from tasks.domain.usage import UsageReport

CopyReport = RunReport | UsageReport
"""Runs that write to Odoo and read it back."""

FlowReport = RunReport | UsageReport | ReconcileReport | PlainReport
"""All of them tell who ran, when, how it ended, its findings, checks, links and parameters."""
