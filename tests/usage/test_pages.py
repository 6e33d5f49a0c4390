"""Metering page by page ends as all at once would: in the same rows, months and calls to Odoo."""

from __future__ import annotations

import pickle
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from unittest.mock import patch
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from tasks.model.counts import LOADED
from tasks.model.records import LoadedRow, Outcome
from tasks.usage.accounts import Accounts, add_figures_up
from tasks.usage.load import vanished, wires_of
from tasks.usage.metering import compare
from tasks.usage.outcomes import (
    HELD,
    Metered,
    MeterResult,
    close_usage_accounts,
    differing,
    loadable,
)
from tasks.usage.pages import ByPeriod, Page, SumPages
from tasks.usage.records import MeteredOrder, Rated, UsageSum
from tasks.usage.results import close_pages, months

ZONE = ZoneInfo("America/Toronto")
BOUNDS = [datetime(2026, month, 14, 4, tzinfo=UTC) for month in range(4, 9)]
FIRST_DAY = date(2026, 1, 14)
NAMES = ["", "a", "b", "ba", "c", "é", "z"]
AMOUNTS = st.sampled_from([Decimal(0), Decimal("0.000001"), Decimal(3600), Decimal("7.5")])
KEYS = st.tuples(st.sampled_from(NAMES), st.integers(0, len(BOUNDS) - 2))


def usage(key, seconds, records):
    name, month = key
    start, end = (None, None) if month is None else BOUNDS[month : month + 2]
    return UsageSum(name, True, False, start, end, records, records % 3, seconds)  # noqa: FBT003


SUMS = st.dictionaries(
    st.tuples(st.sampled_from(NAMES), st.none() | st.integers(0, len(BOUNDS) - 2))
    | st.just((None, None)),
    st.tuples(AMOUNTS, st.integers(0, 4)),
).map(
    # As PostgreSQL gives them: what is not known comes last.
    lambda found: sorted(
        (usage(key, *values) for key, values in found.items()),
        key=lambda each: (
            each.deployment_id is None,
            each.deployment_id or "",
            each.start is None,
            str(each.start),
        ),
    )
)
ORDERS = st.sets(st.sampled_from(NAMES)).map(
    lambda names: {
        name: MeteredOrder(7 + NAMES.index(name), name, f"web {name}", BOUNDS[0], FIRST_DAY)
        for name in names
    }
)


def rated(amount, *, billed):
    return Rated(Decimal(60), Decimal(1), amount, amount, f"costs {amount}", billed)


HELD_IN_ODOO = st.dictionaries(KEYS, AMOUNTS)
ANSWERS = st.dictionaries(
    KEYS,
    st.builds(
        LoadedRow,
        st.just("usage"),
        st.just(""),
        st.sampled_from([*LOADED, Outcome.FAILED]),
        code=st.none() | st.sampled_from(["period_billed", "corrected"]),
    ),
)
RATINGS = st.dictionaries(KEYS, st.builds(rated, AMOUNTS, billed=st.booleans()))
UNRATED = st.dictionaries(KEYS, st.just(("no_charge", "There is no charge.")))


def moments(found, orders):
    return {(name, BOUNDS[at]): value for (name, at), value in found.items() if name in orders}


def on_disk(values, orders):
    kept = ByPeriod(orders)
    kept.add(values.items())
    return kept


def cells(sums, rows):
    wires = wires_of(sums, name="usage", service="nexacloud", run="key", batch_rows=rows)
    return [(wire["key"], wire["rows"]) for wire in wires]


@given(
    SUMS,
    ORDERS,
    HELD_IN_ODOO,
    ANSWERS,
    RATINGS,
    UNRATED,
    st.integers(1, 30),
    st.integers(1, 4),
    st.none() | st.just("Odoo is gone."),
)
def test_metering_in_pages_of_any_size_ends_like_metering_all_at_once(
    sums, orders, in_odoo, answers, ratings, unrated, page_sums, together, stopped
):
    there = {
        (name, start): (BOUNDS[BOUNDS.index(start) + 1], quantity)
        for (name, start), quantity in moments(in_odoo, orders).items()
    }
    answers, ratings, unrated = (moments(found, orders) for found in (answers, ratings, unrated))

    fit = loadable(sums, orders)
    gone, new = vanished(there, fit, None), differing(fit, there, orders, ZONE)
    sent = {each.key for each in (*new, *gone)}
    answers = {key: answer for key, answer in answers.items() if key in sent}
    held = {each.key: HELD for each in fit if each.key not in sent}
    whole = Metered({**held, **answers}, there, ratings, unrated)
    known = {each.key for each in sums}
    closed = close_usage_accounts(
        (*sums, *(each for each in gone if each.key not in known)),
        orders,
        whole,
        refused=None,
        stopped=stopped,
    )

    with patch.multiple("tasks.usage.pages", _TOGETHER=together, _BATCH=together + 1):
        pages = SumPages(sums, page_sums)
        kept = on_disk(there, orders)
        paged_new, paged_gone, first_start = compare(pages, kept, orders, None, ZONE)
        result = MeterResult(
            paged_new,
            paged_gone,
            on_disk(answers, orders),
            (kept,),
            on_disk(ratings, orders),
            on_disk(unrated, orders),
            stopped,
        )
        accounts = close_pages(pages, orders, result)

    assert pages.records == sum(each.records + each.quarantined for each in sums)
    assert cells(paged_new.rows, 3) == cells(new, 3)
    assert sorted(paged_gone.rows, key=by_key) == sorted(gone, key=by_key)
    assert first_start == min((each.start for each in (*fit, *gone)), default=None)
    assert list(accounts) == sorted(closed, key=in_turn)
    assert sorted(accounts.notable, key=in_turn) == sorted(
        (row for row in closed if row.outcome not in LOADED or row.code), key=in_turn
    )
    once = Accounts()
    once.add(closed, unrated)
    assert add_figures_up(accounts, ZONE.key, compared=True) == add_figures_up(
        once, ZONE.key, compared=True
    )
    assert months(accounts, result, ZONE) == (
        None if stopped or not there else added_up((*fit, *gone), whole)
    )


def by_key(each):
    return (each.deployment_id, each.start)


def in_turn(row):
    return row.usage.deployment_id or "", str(row.usage.start or "")


def added_up(sums, metered):
    """What stands in a month's line, straight from what Odoo answered and holds."""
    found = {}
    for each in sums:
        answer = metered.answers.get(each.key)
        if answer is None or answer.outcome is Outcome.FAILED:
            continue
        name = f"{each.start.astimezone(ZONE):%Y-%m}"
        line = found.setdefault(name, dict.fromkeys(("measured", "stored", "rated"), Decimal(0)))
        quantity = metered.stored.get(each.key, (None, Decimal(0)))[1]
        cost = metered.ratings.get(each.key)
        line["measured"] += each.seconds
        line["stored"] += quantity
        line["rated"] += quantity if each.key in metered.unrated else cost.units if cost else 0
    return [{"month": name, **line} for name, line in sorted(found.items())]


@given(SUMS, st.integers(1, 30))
def test_no_deployment_is_in_two_pages_and_each_order_is_in_one(sums, page_sums):
    pages = SumPages(sums, page_sums)
    found = [each for page in pages for each in page.sums]
    assert sorted(found, key=repr) == sorted(sums, key=repr)
    for name in ("", "0", *NAMES, "zz"):
        theirs = [page for page in pages if is_in(name, page)]
        assert len(theirs) == 1
        assert all(
            is_in(each.deployment_id, page)
            for page in pages
            for each in page.sums
            if each.deployment_id is not None
        )


def is_in(name: str, page: Page) -> bool:
    return page.first <= name and (page.until is None or name < page.until)


@given(RATINGS, RATINGS)
def test_a_later_value_stands_also_after_a_journey_to_another_process(earlier, later):
    kept, others = ByPeriod(["b"]), ByPeriod()
    kept.add(earlier.items())
    others.add(later.items())
    kept.add_all(pickle.loads(pickle.dumps(others)))
    assert kept.of(Page((), "", None)) == earlier | later
    assert bool(kept) is bool(earlier or later)


def test_usage_that_only_odoo_holds_is_taken_back_also_where_nothing_was_read():
    order = MeteredOrder(7, "shop", "web-prod", BOUNDS[0], FIRST_DAY)
    held = on_disk({("shop", BOUNDS[0]): (BOUNDS[1], Decimal(5))}, ["shop"])
    new, gone, first_start = compare(SumPages(), held, {"shop": order}, None, ZONE)
    lost = replace(usage(("shop", 0), Decimal(0), 0), records=0)
    assert (list(new.rows), list(gone.rows), first_start) == ([], [lost], BOUNDS[0])
