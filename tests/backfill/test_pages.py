"""Pages are judged as the whole is: rows that matter to each other are never apart."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from decimal import Decimal
from functools import partial
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
from hypothesis import example, given, settings
from hypothesis import strategies as st

from tasks.backfill.check_nexacloud import check_pages, rows_to_check
from tasks.backfill.map import map_pages, map_tables
from tasks.backfill.pages import HOME_COLUMNS, Homes, hashed
from tasks.backfill.quarantine import Dependency, dependencies
from tasks.model.source import Source, out_of_scope
from tests.expectations.worlds import AS_OF, TABLES, service

Rows = Sequence[Mapping[str, Any]]
NAMES = [f"s{number}" for number in range(8)]
#: What may be set to what another service has: the column, and whose value it becomes.
SHARED = {
    "users": {"email": "user", "stripe_customer_id": "user", "id": "user"},
    "deployments": {"user_id": "user", "id": "deployment"},
    "subscriptions": {
        "user_id": "user",
        "deployment_id": "deployment",
        "plan_id": "plan",
        "id": "subscription",
    },
    "deployment_addons": {"deployment_id": "deployment", "id": "deployment_addon"},
}
#: Values that are wrong by themselves, or that nobody else has.
SPOILED = {
    "users": {"email": ["S1@Example.CA ", None, "no address"], "stripe_customer_id": [None, "x"]},
    "plans": {
        "price_monthly": [None, Decimal(-1)],
        "code": ["s1-monthly"],
        "currency": ["dollars"],
    },
    "deployments": {"user_id": [None, "nobody"], "deleted_at": [AS_OF], "status": ["deleted"]},
    "subscriptions": {
        "deployment_id": [None, "nothing"],
        "status": ["canceled", "on_hold"],
        "billing_cycle": ["weekly"],
    },
    "deployment_addons": {"deployment_id": [None, "nothing"], "price_monthly": [None]},
}
changes = st.lists(
    st.one_of(
        *(
            st.tuples(
                st.sampled_from(NAMES),
                st.just(table),
                st.just(column),
                st.sampled_from(NAMES).map(partial(lambda part, name: (part, name), part)),
            )
            for table, columns in SHARED.items()
            for column, part in columns.items()
        ),
        *(
            st.tuples(
                st.sampled_from(NAMES), st.just(table), st.just(column), st.sampled_from(values)
            )
            for table, columns in SPOILED.items()
            for column, values in columns.items()
        ),
    ),
    max_size=12,
)


def world(told: list[tuple[str, str, str, Any]]) -> dict[str, Rows]:
    """Eight services, of which some share what they should not, or are spoiled."""
    services = {name: service(name) for name in NAMES}
    clean = {name: service(name) for name in NAMES}
    for name, table, column, value in told:
        if isinstance(value, tuple):
            part, other = value
            value = getattr(clean[other], part)["id" if column.endswith("id") else column]
            if column == "stripe_customer_id":
                value = getattr(clean[other], part)[column]
        getattr(services[name], table.removesuffix("s"))[column] = value
    return {
        table: sorted(
            (row for each in services.values() for row in each.rows(table)),
            key=lambda row: row["id"],
        )
        for table in TABLES
    }


def divided(tables: Mapping[str, Rows], number: int) -> list[dict[str, Rows]]:
    """Cut a world into pages as reading does."""
    homes, known = Homes(), {}
    for table, columns in HOME_COLUMNS.items():
        values = {name: [row[name] for row in tables[table]] for name in columns}
        known[table] = homes.of(table, hashed(table, values))
    pages = homes.pages(number)
    cut: list[dict[str, Rows]] = [{"plans": tables["plans"]} for _ in range(number)]
    for table, theirs in known.items():
        places = pages.of(theirs)
        for page in range(number):
            cut[page][table] = [tables[table][at] for at in np.flatnonzero(places == page)]
    return cut


def judged(pages: Sequence[Mapping[str, Rows]]) -> tuple[Any, ...]:
    """All that comes of pages, in no order of pages."""
    checked = check_pages(pages, as_of=AS_OF, docs_dir=None, run_name="a run")
    mapping = partial(
        map_tables,
        entities=frozenset({"customer", "plan", "order"}),
        timezone=ZoneInfo("America/Toronto"),
    )
    mapped = map_pages(mapping, pages, checked.verdicts)
    customers = (customer for page in mapped.pages for customer in page.customers)
    ended = Counter(each for page in mapped.pages for each in page.ended)
    fates: Counter[Any] = Counter()
    for verdict in checked.verdicts:
        for table, ids in verdict.accepted.items():
            fates |= Counter({(table, key): 1 for key in ids})
        for table, reasons in verdict.out_of_scope.items():
            fates.update((table, key, reason) for key, reason in reasons.items())
    return (
        checked.result.findings,
        checked.result.checks,
        fates,
        sorted(map(repr, customers)),
        ended,
        mapped.plans,
        sorted(map(repr, mapped.findings)),
        mapped.prices,
        mapped.rows,
    )


def asked(pages: Sequence[Mapping[str, Rows]]) -> tuple[Any, ...]:
    """What the rules ask of each row, what hangs on what, and which ids stand there twice."""
    facts: list[str] = []
    needs: set[Dependency] = set()
    outside: set[tuple[str, str, str]] = set()
    twins: set[tuple[str, str]] = set()
    for page in pages:
        source = Source(**{table: tuple(page[table]) for table in TABLES})
        needs.update(dependencies(source))
        for table, reasons in out_of_scope(source).items():
            outside.update((table, key, reason) for key, reason in reasons.items())
        for table, rows in rows_to_check(source, HOME_COLUMNS, AS_OF):
            facts += (f"{table} {sorted(row.items())}" for row in rows)
            ids = Counter(row["id"] for row in rows)
            twins.update((table, key) for key, times in ids.items() if times > 1)
    return sorted(facts), needs, outside, twins


#: No deployment is not the same deployment.
NOWHERE = [(name, "deployment_addons", "deployment_id", None) for name in NAMES[:2]]


@given(changes, st.integers(2, 5))
@example(NOWHERE, 3)
def test_rules_ask_the_same_of_a_row_in_its_page_as_in_the_whole(told, number):
    tables = world(told)
    assert asked(divided(tables, number)) == asked([tables])


@settings(max_examples=2, deadline=None)
@given(changes, st.just(3))
def test_pages_are_checked_and_mapped_as_the_whole_is(told, number):
    tables = world(told)
    assert judged(divided(tables, number)) == judged([tables])


def test_a_chain_of_customers_who_share_something_is_one_page():
    told = [
        ("s1", "users", "email", ("user", "s0")),
        ("s2", "users", "stripe_customer_id", ("user", "s1")),
        ("s3", "users", "email", ("user", "s2")),
        ("s5", "deployments", "user_id", ("user", "s3")),
    ]
    (together,) = (page for page in divided(world(told), 1_000) if len(page["users"]) > 1)
    assert {row["id"] for row in together["users"]} == {f"s{at}-user" for at in (0, 1, 2, 3, 5)}


def test_customers_who_share_nothing_are_spread_over_the_pages():
    pages = divided(world([]), 3)
    assert all(page["users"] for page in pages)
    for page in pages:
        owners = {row["id"] for row in page["users"]}
        assert {row["user_id"] for row in page["deployments"]} == owners
