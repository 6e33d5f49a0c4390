"""Let Odoo rate what was metered, page by page, and keep what it could not rate."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from prefect.utilities.annotations import quote

from tasks.domain.errors import FusionError
from tasks.domain.usage import PeriodKey, Rated
from tasks.load import connect
from tasks.options import io_task
from tasks.settings import load_settings

PAGE_ROWS = 1000


@dataclass(frozen=True, slots=True)
class Unrated:
    """Usage that Odoo could not rate or bill, with a code and a sentence why."""

    deployment_id: str
    start: datetime
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rating:
    """How a rating run ended; ``stopped`` says why it is not whole.

    ``billed`` counts what it put on live orders.
    """

    unrated: tuple[Unrated, ...] = ()
    billed: int = 0
    stopped: str | None = None


@io_task("rate-usage", run_name="rate-after-{after_id}")
def rate_page(service: str, since: str, until: str, after_id: int) -> dict[str, Any]:
    """Rate one page of subscriptions; doing it twice changes nothing."""
    odoo = connect(load_settings().odoo_access())
    return odoo.rate_usage(service, since, until, after_id=after_id, page_rows=PAGE_ROWS)


def rate(service: str, since: datetime, until: datetime) -> Rating:
    """Rate the billing periods of every subscription that start in [since, until)."""
    unrated: list[Unrated] = []
    billed = 0
    after_id: int | None = 0
    while after_id is not None:
        try:
            page = rate_page(service, since.isoformat(), until.isoformat(), after_id)
        except FusionError as error:
            return Rating(tuple(unrated), billed, str(error))
        unrated += map(_unrated, page["rows"])
        billed += page["billed"]
        after_id = page["next_after_id"]
    return Rating(tuple(unrated), billed)


@dataclass(frozen=True, slots=True)
class Preview:
    """What periods would cost, by deployment and start; ``stopped`` as in ``Rating``."""

    ratings: dict[PeriodKey, Rated]
    unrated: tuple[Unrated, ...]
    stopped: str | None = None


@io_task("preview-usage", run_name="preview-{wire[key]}")
def preview_batch(wire: dict[str, Any]) -> Preview:
    """Ask what the periods of one batch would cost; nothing is stored."""
    answer = connect(load_settings().odoo_access()).preview_load(wire)
    ratings = {
        (row["external_id"], datetime.fromisoformat(row["period_start"])): _rated(row)
        for row in answer["rows"]
    }
    return Preview(ratings, tuple(map(_unrated, answer["failed"])))


def preview(wires: Iterable[dict[str, Any]]) -> Preview:
    """Rate the batches of a dry run as if they had been loaded, one after the other."""
    ratings: dict[PeriodKey, Rated] = {}
    unrated: list[Unrated] = []
    for wire in wires:
        try:
            page = preview_batch(quote(wire))
        except FusionError as error:
            return Preview(ratings, tuple(unrated), str(error))
        ratings |= page.ratings
        unrated += page.unrated
    return Preview(ratings, tuple(unrated))


def _rated(row: dict[str, Any]) -> Rated:
    return Rated(
        units=Decimal(row["units"]),
        included=Decimal(row["included"]),
        overage=Decimal(row["overage_units"]),
        amount=Decimal(row["amount"]),
        explanation=row["explanation"],
        billed=False,
        flat=Decimal(row["flat"]),
    )


def _unrated(row: dict[str, Any]) -> Unrated:
    start = datetime.fromisoformat(row["period_start"])
    return Unrated(row["external_id"], start, row["code"], row["message"])
