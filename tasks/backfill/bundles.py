"""Packing customers into bundles, and the bundle as Odoo's load endpoint reads it."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import MISSING, asdict, fields, is_dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from functools import cache
from itertools import count
from typing import Any

from tasks.model.money import decimal_text
from tasks.model.records import Bundle, Charge, Customer, EndedOrder, Plan
from tasks.model.rows import cut

#: Raised whenever the mapping changes what it sends for the same source row, so that rows
#: already in Odoo are compared anew instead of passing by their fingerprint.
MAPPING_VERSION = 1
BUNDLE_FORMAT = 1
#: Ended orders in one bundle: each costs Odoo a look-up.
ENDED_ROWS = 5000


def pack_plans(plans: Sequence[Plan]) -> Bundle:
    """Make the first bundle: all plans, no customers."""
    return Bundle(key="plans", plans=tuple(sorted(plans, key=lambda p: p.code)), customers=())


def pack_customers(
    customers: Iterable[Customer],
    plans: Mapping[str, Plan],
    batch_rows: int,
    numbers: Iterator[int] | None = None,
) -> Iterator[Bundle]:
    """Pack customers into bundles of about ``batch_rows`` customers and orders.

    Customers who share an email address (in any case) travel together, oldest first, so that
    parallel bundles never race for one contact. A group larger than ``batch_rows`` is one
    bundle. The packing depends on the customers alone, not on their order.

    Args:
        customers: With their orders attached.
        plans: Every plan that an order speaks of, by its external id.
        batch_rows: Rows (customers + orders) that a bundle aims at.
        numbers: Gives the numbers that are the bundles' keys (None: from 1).
    """
    numbers = numbers or count(1)
    batch: list[Customer] = []
    rows = 0
    for group in _by_email(customers):
        size = sum(1 + len(customer.orders) for customer in group)
        if batch and rows + size > batch_rows:
            yield _bundle(next(numbers), batch, plans)
            batch, rows = [], 0
        batch.extend(group)
        rows += size
    if batch:
        yield _bundle(next(numbers), batch, plans)


def pack_ended(
    ended: Sequence[EndedOrder], numbers: Iterator[int] | None = None
) -> Iterator[Bundle]:
    """Pack orders that have nothing left to bill; most have been ended long ago, or never came.

    Args:
        ended: The orders.
        numbers: As of ``pack_customers``.
    """
    numbers = numbers or count(1)
    for batch in cut(ended, ENDED_ROWS):
        yield Bundle(key=f"ended-{next(numbers):05d}", plans=(), customers=(), ended=tuple(batch))


def to_wire(
    bundle: Bundle,
    *,
    service: str,
    run: str | None,
    dry_run: bool,
    full_compare: bool,
    metrics: Sequence[dict[str, str]] = (),
) -> dict[str, Any]:
    """Write a bundle in the load endpoint's format: JSON types only, decimals as text."""
    return {
        **({"metrics": list(metrics)} if metrics else {}),
        **({"ended": [_plain(asdict(each)) for each in bundle.ended]} if bundle.ended else {}),
        "format": BUNDLE_FORMAT,
        "mapping_version": MAPPING_VERSION,
        "service": service,
        "run": run,
        "key": bundle.key,
        "dry_run": dry_run,
        "full_compare": full_compare,
        "plans": [_plan(plan) for plan in bundle.plans],
        "customers": [_customer(customer) for customer in bundle.customers],
    }


def _plan(plan: Plan) -> dict[str, Any]:
    return _sent(plan) | {"charges": [_charge(charge) for charge in plan.charges]}


def _charge(charge: Charge) -> dict[str, Any]:
    wire = _sent(charge)
    # A charge says its terms itself; those of which the source does not speak are not sent.
    wire.pop("terms", None)
    return wire | (_plain(asdict(charge.terms)) if charge.terms else {})


def _customer(customer: Customer) -> dict[str, Any]:
    wire = {"orders": []} | _sent(customer)
    # Only the order of a bundle needs it; Odoo keeps no such date.
    del wire["created_at"]
    return wire


def _sent(record: object) -> dict[str, Any]:
    """Return a record's fields but for those at their default.

    So a row that has none of what a field was added for keeps its fingerprint.
    """
    kind: Any = type(record)
    return {
        name: _plain(value)
        for name, default in _defaults(kind)
        if (value := getattr(record, name)) != default
    }


@cache
def _defaults(kind: Any) -> tuple[tuple[str, Any], ...]:
    """Return a record's fields with their defaults; MISSING, equal to nothing, is none."""
    return tuple(
        (each.name, each.default if each.default_factory is MISSING else each.default_factory())
        for each in fields(kind)
    )


def _by_email(customers: Iterable[Customer]) -> list[list[Customer]]:
    groups: dict[str, list[Customer]] = {}
    for customer in sorted(customers, key=_by_age):
        key = customer.email.casefold() if customer.email else customer.external_id
        groups.setdefault(key, []).append(customer)
    return list(groups.values())


def _by_age(customer: Customer) -> tuple[bool, datetime, str]:
    """Put the oldest first, and last those of whom nobody knows how old they are."""
    known = customer.created_at
    return known is None, known or datetime.max.replace(tzinfo=UTC), customer.external_id


def _bundle(number: int, batch: list[Customer], plans: Mapping[str, Plan]) -> Bundle:
    needed = {order.plan_id for customer in batch for order in customer.orders}
    return Bundle(
        key=f"{number:05d}",
        plans=tuple(sorted((plans[plan_id] for plan_id in needed), key=lambda p: p.code)),
        customers=tuple(batch),
    )


def _plain(value: Any) -> Any:
    match value:
        case Decimal():
            return decimal_text(value)
        case date():
            return value.isoformat()
        case dict():
            return {key: _plain(item) for key, item in value.items()}
        case list() | tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return _sent(value)
        case _:
            return value
