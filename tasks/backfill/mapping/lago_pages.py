"""A service in Lago in pages of customers, each with all that can only be judged with it."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from datetime import datetime
from typing import TypeVar

from tasks.backfill.mapping.lago_source import LagoSource, Whole
from tasks.model.lago import LagoCustomer
from tasks.model.lago_unreadable import LagoUnreadable
from tasks.model.source import Row
from tasks.model.spool import Divided

Theirs = TypeVar("Theirs")


def source_pages(source: LagoSource) -> Iterator[LagoSource]:
    """Give a service a page at a time; plans are whole in each.

    Of what was billed a page has no invoices and no fees. What cannot be read and is nobody's is
    in the first.
    """
    if not (isinstance(source.customers, Divided) and isinstance(source.subscriptions, Divided)):
        yield source
        return
    unreadable: dict[str, list[LagoUnreadable]] = defaultdict(list)
    for each in source.unreadable:
        unreadable[each.customer].append(each)
    whole = Whole(source.charge_context, source.in_app)
    divided = zip(source.customers.pages(), source.subscriptions.pages(), strict=True)
    for place, (customers, subscriptions) in enumerate(divided):
        names = [each.external_id for each in customers]
        billing = replace(
            source.billing,
            invoices=(),
            fees=(),
            credit_notes=_of(source.notes_of, names),
            coupons=_of(source.active_coupons, names),
            unreadable=_of(unreadable, names if place else (*names, "")),
        )
        yield replace(
            source,
            customers=tuple(sorted(customers, key=oldest_first)),
            subscriptions=subscriptions,
            wallets=_of(source.wallets_of, names),
            billing=billing,
            whole=replace(whole, in_app=Counter()) if place else whole,
        )


def tables_of(source: LagoSource) -> Iterator[dict[str, Sequence[Row]]]:
    """Give the rows that a report accounts for, each in one page alone: plans in the first."""
    for place, page in enumerate(source_pages(source)):
        tables = page.tables()
        yield {name: rows for name, rows in tables.items() if name != "plans" or not place}


def counts_of(source: LagoSource) -> Counter[str]:
    """Count these rows, by table."""
    read = {
        "users": len(source.customers),
        "plans": len(source.all_plans),
        "subscriptions": len(source.subscriptions),
    }
    return Counter(read) + Counter(each.table for each in source.unreadable)


def oldest_first(customer: LagoCustomer) -> tuple[datetime, str]:
    """Order customers."""
    return customer.created_at, customer.external_id


def _of(known: Mapping[str, Sequence[Theirs]], names: Iterable[str]) -> tuple[Theirs, ...]:
    """Give what some customers have."""
    return tuple(each for name in names for each in known.get(name, ()))
