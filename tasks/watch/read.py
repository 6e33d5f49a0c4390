"""Read what the watch compares: what Odoo has posted, what the source's terms say is due."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from tasks.clients.lago.billing import read_billing
from tasks.clients.odoo import cutover
from tasks.clients.odoo.ledger import watched_page
from tasks.reconcile.read_source import Asked, lago_source, nexacloud_source
from tasks.reconcile.source import Source
from tasks.reconcile.window import ReconcileWindow
from tasks.run.settings import load_settings
from tasks.watch.compare import CUSTOMER, ITEM, Decision
from tasks.watch.records import Live, Posted, PostedLine, Unpaid

PAGE_ROWS = 500


def read_posted(service: str, window: ReconcileWindow) -> Posted:
    """Read Odoo's side of one service.

    Raises:
        ConfigError: Odoo is not there, or its addon is too old.
        RetryableError: It cannot be reached now.
    """
    odoo = load_settings().odoo()
    lines: list[PostedLine] = []
    live: list[Live] = []
    unpaid: list[Unpaid] = []
    bounds = window.since.isoformat(), window.until.isoformat()
    after_id: int | None = 0
    while after_id is not None:
        page = watched_page(odoo, service, *bounds, after_id=after_id, page_rows=PAGE_ROWS)
        lines += [_line(row) for row in page["rows"]]
        live += [_live(row) for row in page["live"]]
        unpaid += [_unpaid(row) for row in page["unpaid"]]
        after_id = page["next_after_id"]
    return Posted(tuple(lines), tuple(live), tuple(unpaid))


def read_due(
    service: str, home: str, window: ReconcileWindow, as_of: datetime, going_on: frozenset[str]
) -> Source:
    """Read what is due by the terms of the system that has the service's rows.

    Args:
        service: Code of the service.
        home: ``nexacloud`` or ``lago``.
        window: Periods that start in it.
        as_of: What is not over by then is not due in arrears.
        going_on: Subscriptions that Odoo bills; in Lago they were ended at the switch.

    Raises:
        ConfigError: The system is not there, or not as expected.
        RetryableError: It cannot be reached now.
    """
    settings, asked = load_settings(), Asked(window, as_of)
    if home == "nexacloud":
        with settings.nexacloud() as source:
            source.check_schema()
            told, _long = nexacloud_source(source, service, asked, settings.timezone, kept_out={})
            return told
    lago = settings.lago()
    billing = read_billing(lago)
    told, _due = lago_source(lago, [service], billing, asked, kept_out={}, going_on=going_on)
    return told


def read_standings(service: str) -> list[dict[str, Any]]:
    """Have Odoo work out anew how each customer stands, and read it."""
    odoo = load_settings().odoo()
    cutover.refresh_readiness(odoo, service)
    return list(cutover.readiness(odoo, service))


def read_decisions(service: str) -> tuple[Decision, ...]:
    """Read the decisions that hold and are about a customer or a kind of item.

    Raises:
        ConfigError: Odoo is not there, or its addon is too old.
        RetryableError: It cannot be reached now.
    """
    about = [
        ("service_id.code", "=", service),
        ("state", "=", "holds"),
        ("scope", "in", [CUSTOMER, ITEM]),
    ]
    fields = ["scope", "customer", "item", "currency_id", "max_amount", "user_id", "expires_on"]
    fields.append("reason")
    rows = load_settings().odoo().search_pages("fusion.billing.decision", about, fields, PAGE_ROWS)
    return tuple(map(_decision, rows))


def _decision(row: dict[str, Any]) -> Decision:
    return Decision(
        row["id"],
        row["scope"],
        row[row["scope"]],
        row["currency_id"][1],
        Decimal(repr(row["max_amount"])),
        f"{row['user_id'][1]}, until {row['expires_on']}: {row['reason']}",
    )


def _line(row: dict[str, Any]) -> PostedLine:
    return PostedLine(
        row["customer"],
        row["subscription"],
        row["item"],
        datetime.fromisoformat(row["period_start"]),
        datetime.fromisoformat(row["period_end"]),
        _number(row["units"]),
        Decimal(row["amount"]),
        row["currency"],
        _number(row["tax_rate"]),
        _number(row["due_tax_rate"]),
        row["ref"],
    )


def _live(row: dict[str, Any]) -> Live:
    moments = (_moment(row[name]) for name in ("flat_from", "usage_from", "ends_at"))
    return Live(row["customer"], row["subscription"], row["order"], *moments)


def _unpaid(row: dict[str, Any]) -> Unpaid:
    closes_on = date.fromisoformat(row["closes_on"]) if row["closes_on"] else None
    amount = Decimal(row["amount"])
    return Unpaid(
        row["customer"], row["subscription"], row["ref"], amount, row["currency"], closes_on
    )


def _number(text: str | None) -> Decimal | None:
    return None if text is None else Decimal(text)


def _moment(text: str | None) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
