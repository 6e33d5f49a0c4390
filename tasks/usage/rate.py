"""Let Odoo rate what was metered, page by page, and read back what it costs."""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any

from prefect.utilities.annotations import quote

from tasks.model.errors import FusionError
from tasks.run.limits import odoo_calls
from tasks.run.retries import io_task
from tasks.run.settings import load_settings
from tasks.usage.pages import ByPeriod
from tasks.usage.readback import read_ratings
from tasks.usage.records import PeriodKey, Rated

PAGE_ROWS = 2500


#: A code and a sentence why Odoo could not rate or bill a period.
Unrated = tuple[str, str]


@dataclass(frozen=True, slots=True)
class Rating:
    """How a rating run ended, and what the periods cost; ``stopped`` says why it is not whole."""

    ratings: ByPeriod[Rated] = field(default_factory=ByPeriod)
    unrated: ByPeriod[Unrated] = field(default_factory=ByPeriod)
    stopped: str | None = None

    @classmethod
    def of(cls, deployments: Collection[str]) -> Rating:
        """Begin one in which periods of these deployments may be."""
        return cls(ByPeriod(deployments), ByPeriod(deployments))

    def add_all(self, other: Rating) -> None:
        """Add what another one rated."""
        self.ratings.add_all(other.ratings)
        self.unrated.add_all(other.unrated)


@dataclass(frozen=True, slots=True)
class RatedPage:
    """One page, and the order after which the next one begins (None: it was the last)."""

    rating: Rating
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
    rating = Rating(read_ratings(service, there, since, until))
    rating.unrated.add(map(_unrated, page["rows"]))
    return RatedPage(rating, last)


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
    rating = Rating.of(deployments.values())
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
            rating.add_all(page.rating)
    return replace(rating, stopped=stopped)


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


@io_task("preview-usage", run_name="preview-{wire[key]}")
def preview_batch(wire: dict[str, Any]) -> Rating:
    """Ask what the periods of one batch would cost; nothing is stored."""
    answer = load_settings().odoo().preview_load(wire)
    batch = Rating()
    batch.ratings.add((_key(row), _rated(row)) for row in answer["rows"])
    batch.unrated.add(map(_unrated, answer["failed"]))
    return batch


def preview(wires: Iterable[dict[str, Any]], deployments: Collection[str]) -> Rating:
    """Rate the batches of a dry run as if they had been loaded, one after the other.

    Args:
        wires: As they would be loaded.
        deployments: Ids of those that may be in them.
    """
    rating = Rating.of(deployments)
    for wire in wires:
        try:
            rating.add_all(preview_batch(quote(wire)))
        except FusionError as error:
            return replace(rating, stopped=str(error))
    return rating


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


def _unrated(row: dict[str, Any]) -> tuple[PeriodKey, Unrated]:
    return _key(row), (row["code"], row["message"])


def _key(row: dict[str, Any]) -> PeriodKey:
    return row["external_id"], datetime.fromisoformat(row["period_start"])
