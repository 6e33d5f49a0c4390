"""Odoo's side of dual run and cutover: cycles, the gate, approvals, switching and the way back.

What each call promises stands in ``readme/USAGE.md`` of the addon ``_cutover``.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tasks.clients.odoo.connection import WIZARD, Odoo
from tasks.model.rows import cut

_PAGE_CUSTOMERS = 200
_PAGE_READY = 1_000
_PAGE_REHEARSED = 50


def record_cycle(
    odoo: Odoo, values: dict[str, Any], pages: Iterable[list[dict[str, Any]]]
) -> dict[str, Any]:
    """Record a dual run with its customers; the same again is the same record.

    Returns:
        How Odoo judged it: ``green``, ``reasons`` and ``figures``.
    """
    named = {"service": values["service"], "key": values["key"]}
    odoo.call(WIZARD, "record_cycle", {**values, "final": False})
    for page in pages:
        odoo.call(WIZARD, "record_cycle_customers", {**named, "rows": page})
    return odoo.ask("close_cycle", named)


def readiness(odoo: Odoo, service: str) -> Iterator[dict[str, Any]]:
    """Give every customer with whether they are ready, in an order that stays."""
    return odoo.pages("readiness", service, page_rows=_PAGE_READY)


def refresh_readiness(odoo: Odoo, service: str) -> None:
    """Have Odoo work out anew who is ready."""
    odoo.call(WIZARD, "refresh_readiness", service)


def cycles(odoo: Odoo, service: str, limit: int) -> list[dict[str, Any]]:
    """Give the recorded cycles of a service, latest period first."""
    found: list[dict[str, Any]] = odoo.call(WIZARD, "cycles", service, limit=limit)
    return found


def check(
    odoo: Odoo,
    service: str,
    customers: Sequence[str] | None,
    requirements: dict[str, Any],
    billed: Mapping[str, Mapping[str, str]],
) -> dict[str, Any]:
    """Ask what a cutover would be approved on, and who is ready; changes nothing."""
    about = {"customers": customers, "requirements": requirements, "billed": billed}
    return odoo.ask("cutover_check", service, **about)


def plan(odoo: Odoo, values: dict[str, Any]) -> dict[str, Any]:
    """Put a cutover on record; an approved one is returned as it was approved."""
    return odoo.ask("cutover_plan", values)


def decision(odoo: Odoo, key: str) -> dict[str, Any] | None:
    """Give the latest decision about a cutover, and whether it holds; None: there is none."""
    found: dict[str, Any] | None = odoo.call(WIZARD, "cutover_decision", key)
    return found


def planned_customers(odoo: Odoo, key: str) -> Iterator[dict[str, Any]]:
    """Give whom a planned cutover switches, in an order that stays."""
    return odoo.pages("cutover_customers", key, page_rows=_PAGE_CUSTOMERS)


def switch(odoo: Odoo, values: dict[str, Any]) -> dict[str, Any]:
    """Switch a bundle of customers to live; who is live already stays as they are."""
    return odoo.ask("cutover_bundle", values)


def finish(odoo: Odoo, key: str) -> dict[str, Any]:
    """Close a cutover if all of its customers are live, and say how many are."""
    return odoo.ask("finish_cutover", key)


def check_rollback(odoo: Odoo, service: str, customers: Sequence[str] | None) -> dict[str, Any]:
    """Ask who can return to shadow, and why others cannot; changes nothing."""
    return odoo.ask("rollback_check", service, customers=customers)


def roll_back(odoo: Odoo, values: dict[str, Any]) -> dict[str, Any]:
    """Return a bundle of customers to shadow; who is in shadow stays there."""
    return odoo.ask("rollback_bundle", values)


def rehearse(odoo: Odoo, service: str, customers: Sequence[str]) -> Iterator[dict[str, Any]]:
    """Let Odoo make the first invoices of customers in shadow, and take them back at once.

    Until when the old side has billed is as the last import said.
    """
    for part in cut(customers, _PAGE_REHEARSED):
        yield from odoo.ask("rehearse", service, part, {})["rows"]


def look_at_odoo(odoo: Odoo, service: str, customers: int) -> dict[str, Any]:
    """Ask for what is found of Odoo's settings, with a rehearsal of so many customers."""
    return odoo.ask("look_at_odoo", service, customers=customers)


def live_customers(odoo: Odoo, service: str) -> list[str]:
    """Give the external ids of the service's live customers, in an order that stays."""
    return _customers_in(odoo, service, "live")


def shadow_customers(odoo: Odoo, service: str) -> list[str]:
    """Give the external ids of those whom Odoo does not bill yet, in an order that stays."""
    return _customers_in(odoo, service, "shadow")


def _customers_in(odoo: Odoo, service: str, state: str) -> list[str]:
    domain = [("service_id.code", "=", service), ("billing_state", "=", state)]
    rows = odoo.search_pages("fusion.billing.account.link", domain, ["external_id"])
    return [row["external_id"] for row in rows]
