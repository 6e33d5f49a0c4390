"""Odoo's side of a reconciliation: its ledger lines and usage rows, and the differences back."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

from tasks.clients.odoo.connection import WIZARD, Odoo
from tasks.model.errors import FatalError
from tasks.model.ledger import LedgerLine
from tasks.model.records import LoadedRow
from tasks.model.rows import cut

#: Keys of usage that Odoo takes in one call.
MAX_KEYS = 1000
_OWN_COLUMNS = list(LedgerLine._fields[1:])
#: Subscription, metric, and the bounds as ISO times.
UsageKey = tuple[str, str, str, str]


def ledger_page(
    odoo: Odoo, service: str, since: str, until: str, *, after_id: int, page_rows: int
) -> dict[str, Any]:
    """Ask for one page of lines of the periods that start in [since, until).

    Args:
        odoo: The connection.
        service: The service's code.
        since: ISO time.
        until: ISO time.
        after_id: ``next_after_id`` of the page before; 0 for the first.
        page_rows: Subscriptions in the page.

    Returns:
        ``rows`` of cells from ``customer`` on, ``failed``, and ``next_after_id`` (None: it was
        the last page).

    Raises:
        FatalError: The addon's columns are not the ones that this project knows.
    """
    asked = {"after_id": after_id, "limit": page_rows}
    return _page(odoo, "ledger_lines", service, since, until, asked)


def long_period_page(
    odoo: Odoo,
    service: str,
    since: str,
    until: str,
    *,
    after_id: int,
    page_rows: int,
    months: bool = False,
) -> dict[str, Any]:
    """Ask for one page of the prices by more than a month that were due last; as ``ledger_page``.

    Args:
        odoo: The connection.
        service: The service's code.
        since: ISO time, as ``until``: the compared months.
        until: ISO time.
        after_id: ``next_after_id`` of the page before; 0 for the first.
        page_rows: Subscriptions in the page.
        months: What the source has billed last goes before, if its period began after the compared
            months, also of who pays by less.
    """
    asked = {"after_id": after_id, "limit": page_rows, "months": months}
    return _page(odoo, "long_period_lines", service, since, until, asked)


def _page(
    odoo: Odoo, method: str, service: str, since: str, until: str, asked: dict[str, Any]
) -> dict[str, Any]:
    page = odoo.ask(method, service, since, until, **asked)
    if page["columns"] != _OWN_COLUMNS:
        raise FatalError(
            "The addon's ledger lines have other columns than expected: update the addon"
            " fusion_centralize_billing and this project to versions that belong together."
        )
    return page


def watched_page(
    odoo: Odoo, service: str, since: str, until: str, *, after_id: int, page_rows: int
) -> dict[str, Any]:
    """Ask for one page of what Odoo bills live: ``rows``, ``live``, ``unpaid``, ``next_after_id``.

    Args:
        odoo: The connection.
        service: The service's code.
        since: ISO time; lines of periods that start then or later.
        until: ISO time.
        after_id: ``next_after_id`` of the page before; 0 for the first.
        page_rows: Subscriptions in the page.
    """
    asked = {"after_id": after_id, "limit": page_rows}
    return odoo.ask("watched_lines", service, since, until, **asked)


def lines_of(service: str, page: dict[str, Any]) -> Iterator[LedgerLine]:
    """Read a page's rows."""
    for row in page["rows"]:
        cells = dict(zip(_OWN_COLUMNS, row, strict=True))
        cells["period_start"] = _moment(cells["period_start"])
        cells["period_end"] = _moment(cells["period_end"])
        yield LedgerLine(service, **cells)


def switched_of(service: str, page: dict[str, Any]) -> Iterator[tuple[object, ...]]:
    """Read from when on Odoo bills: service, subscription, and the moments of price and usage."""
    for subscription, flat_from, usage_from in page.get("switched", ()):
        yield service, subscription, _moment(flat_from), _moment(usage_from)


def usage_rows(
    odoo: Odoo, service: str, keys: Sequence[UsageKey]
) -> Iterator[tuple[str, str, datetime, datetime, str]]:
    """Read the usage that begins in each key's time: subscription, metric, bounds, quantity."""
    for some in cut(keys, MAX_KEYS):
        asked = [list(key) for key in some]
        for subscription, metric, start, end, quantity in odoo.call(
            WIZARD, "usage_rows", service, asked
        ):
            yield subscription, metric, _moment(start), _moment(end), quantity


def load_reconciliation(odoo: Odoo, wire: dict[str, Any]) -> list[LoadedRow]:
    """Load a batch of differences; a second call with the same batch finds them unchanged.

    Returns one answer for each row of the batch, in its order; ``external_id`` is the item's
    name and the subscription's.
    """
    names = (f"{row['item']} of {row['subscription'] or row['customer']}" for row in wire["rows"])
    return odoo.load_rows("load_reconciliation", wire, "difference", names)


def _moment(text: str) -> datetime:
    return datetime.fromisoformat(text)
