"""Rehearse: the first invoices of whoever is about to be switched, made and taken back by Odoo."""

from __future__ import annotations

from collections.abc import Sequence

from tasks.clients.odoo import cutover as odoo_cutover
from tasks.model.rehearsal import Rehearsed, rehearsed_of
from tasks.run.retries import io_task
from tasks.run.settings import load_settings


@io_task("rehearse")
def rehearse(service: str, customers: Sequence[str]) -> tuple[Rehearsed, ...]:
    """Let Odoo make the first invoices of these customers; nothing of them stays."""
    odoo = load_settings().odoo()
    return tuple(map(rehearsed_of, odoo_cutover.rehearse(odoo, service, customers)))


@io_task("read-shadows")
def in_shadow(service: str) -> tuple[str, ...]:
    """Give the external ids of those who are still in shadow."""
    return tuple(odoo_cutover.shadow_customers(load_settings().odoo(), service))
