"""Let Odoo rate what was metered, page by page, and read back what it costs."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from prefect.utilities.annotations import quote

from tasks.model.errors import FusionError
from tasks.run.limits import odoo_calls
from tasks.run.retries import io_task
from tasks.run.settings import load_settings
from tasks.usage.readback import ByPeriod, read_ratings
from tasks.usage.records import PeriodKey, Rated

PAGE_ROWS = 2500


@dataclass(frozen=True, slots=True)
class Unrated:
    """Usage that Odoo could not rate or bill, with a code and a sentence why."""

    deployment_id: str
    start: datetime
    code: str
    message: str


@dataclass(frozen=True, slots=True)
class Rating:
    """How a rating run ended, and what the periods cost; ``stopped`` says why it is not whole."""

    ratings: dict[PeriodKey, Rated] = field(default_factory=dict)
    unrated: tuple[Unrated, ...] = ()
    stopped: str | None = None


@dataclass(frozen=True, slots=True)
class RatedPage:
    """One page: what its periods cost, what could not be rated, and where the next one begins."""

    ratings: ByPeriod[Rated]
    unrated: tuple[Unrated, ...]
    next_after_id: int | None


@io_task("rate-usage", run_name="rate-after-{after_id}")
def rate_page(
    service: str,
    since: datetime,
    until: datetime,
    deployments: Mapping[int, str],
    after_id: int,
    page_rows: int,
) -> RatedPage:
    """Rate one page of subscriptions and read it back; doing it twice changes nothing.

    Args:
        service: The service's code.
        since: Billing periods that start then or later.
        until: And before that.
        deployments: Deployment id by order id; only of these the ratings are read back.
        after_id: The order before the page's first.
        page_rows: Subscriptions in the page.
    """
    odoo = load_settings().odoo()
    page = odoo.rate_usage(
        service, since.isoformat(), until.isoformat(), after_id=after_id, page_rows=page_rows
    )
    last = page["next_after_id"]
    there = {
        order_id: deployment
        for order_id, deployment in deployments.items()
        if order_id > after_id and (last is None or order_id <= last)
    }
    ratings = read_ratings(service, there, since, until)
    return RatedPage(ratings, tuple(map(_unrated, page["rows"])), last)


def rate(
    service: str,
    since: datetime,
    until: datetime,
    *,
    deployments: Mapping[int, str],
    workers: int,
) -> Rating:
    """Rate the billing periods of every subscription that start in [since, until).

    Args:
        service: The service's code.
        since: Billing periods that start then or later.
        until: And before that.
        deployments: Deployment id by order id, to read the ratings back.
        workers: Pages under way at once.
    """
    ratings: dict[PeriodKey, Rated] = {}
    unrated: list[Unrated] = []
    stopped: str | None = None
    with odoo_calls(workers) as calls:
        ends = _lane_ends(sorted(deployments), calls)
        submit = partial(_submit, service, since, until, quote(deployments))
        under_way = deque(
            (end, submit(after_id, end))
            for after_id, end in zip((0, *ends), (*ends, None), strict=True)
        )
        while under_way:
            end, future = under_way.popleft()
            try:
                page = future.result()
            except FusionError as error:
                stopped = stopped or str(error)
                continue
            after_id = page.next_after_id
            if after_id is not None and (end is None or after_id < end) and not stopped:
                under_way.append((end, submit(after_id, end)))
            ratings |= page.ratings.values
            unrated += page.unrated
    return Rating(ratings, tuple(dict.fromkeys(unrated)), stopped)


def _submit(
    service: str,
    since: datetime,
    until: datetime,
    deployments: Any,
    after_id: int,
    end: int | None,
) -> Any:
    """Start the page after an order; of those known (quoted), none is beyond the lane's end."""
    ahead = (order_id for order_id in deployments.unquote() if order_id > after_id)
    rows = PAGE_ROWS if end is None else sum(1 for order_id in ahead if order_id <= end)
    return rate_page.submit(
        service, since, until, deployments, after_id=after_id, page_rows=min(rows, PAGE_ROWS) or 1
    )


def _lane_ends(order_ids: Sequence[int], lanes: int) -> list[int]:
    """Split the orders into lanes of the same length; gives the last order of all but the last.

    A lane goes on from page to page until it is beyond its end, so that none is left out, also
    of orders that came meanwhile.
    """
    pages = -(-len(order_ids) // PAGE_ROWS)
    lanes = max(1, min(lanes, pages))
    return [order_ids[len(order_ids) * lane // lanes - 1] for lane in range(1, lanes)]


@dataclass(frozen=True, slots=True)
class Preview:
    """What periods would cost, by deployment and start; ``stopped`` as in ``Rating``."""

    ratings: dict[PeriodKey, Rated]
    unrated: tuple[Unrated, ...]
    stopped: str | None = None


@io_task("preview-usage", run_name="preview-{wire[key]}")
def preview_batch(wire: dict[str, Any]) -> Preview:
    """Ask what the periods of one batch would cost; nothing is stored."""
    answer = load_settings().odoo().preview_load(wire)
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
