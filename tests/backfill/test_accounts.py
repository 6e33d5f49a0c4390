"""The accounts on disk are the rows that were closed: none is lost, and sums are theirs."""

from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.backfill.accounts import Accounts
from tasks.model.errors import FatalError
from tasks.model.records import Outcome, SourceRow

rows = st.builds(
    SourceRow,
    st.sampled_from(["users", "plans", "deployments"]),
    st.text(max_size=3),
    st.sampled_from(list(Outcome)),
    code=st.none() | st.sampled_from(["drift", "region_unknown"]),
)
pages = st.lists(rows, max_size=30, unique_by=lambda row: (row.table, row.source_id)).flatmap(
    lambda found: st.lists(st.integers(0, 30), max_size=4).map(
        lambda cuts: [
            found[one:other]
            for one, other in zip([0, *sorted(cuts)], [*sorted(cuts), len(found)], strict=True)
        ]
    )
)


@given(pages)
def test_accounts_hold_each_row_once_in_order_and_add_them_up(parts):
    accounts = Accounts()
    for part in parts:
        accounts.add(part, frozenset())
    whole = [row for part in parts for row in part]
    assert accounts == whole
    assert list(accounts.by_id()) == sorted(whole, key=lambda row: (row.table, row.source_id))
    assert accounts.outcomes == Counter(row.outcome for row in whole)
    plain = {Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED}
    assert list(accounts.notable) == [
        row for row in whole if row.outcome not in plain or row.code is not None
    ]


def test_many_rows_are_given_from_any_place():
    many = [SourceRow("users", f"{number:05d}", Outcome.CREATED) for number in range(1_234)]
    accounts = Accounts.of(many)
    assert accounts == many
    assert [accounts[place] for place in (0, 499, 500, 1_233)] == [
        many[place] for place in (0, 499, 500, 1_233)
    ]
    assert list(accounts.between(998, 1_003)) == many[998:1_003]


def test_a_row_that_is_warned_of_is_notable():
    accounts = Accounts()
    both = [SourceRow("users", key, Outcome.CREATED) for key in ("a", "b")]
    accounts.add(both, {("users", "b")})
    assert list(accounts.notable) == both[1:]


def test_a_row_that_stands_there_twice_is_told():
    row = SourceRow("users", "a", Outcome.CREATED)
    with pytest.raises(FatalError, match="does not foot: 2 outcomes for 1 rows of table users"):
        Accounts().add([row, row], frozenset())
