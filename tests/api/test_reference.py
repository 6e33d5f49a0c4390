"""What the documentation says of the API is what its routes say."""

from __future__ import annotations

import pytest

from deployments.reference import PAGE, operations, written

pytestmark = pytest.mark.pure


def test_the_table_of_operations_is_made_of_the_routes() -> None:
    page = PAGE.read_text(encoding="utf-8")
    assert page == written(page), "run python -m deployments.reference"


def test_each_operation_says_what_it_does() -> None:
    every = operations()
    assert len(every) >= 150
    assert all(operation.summary for operation in every)
    assert len({(one.method, one.path) for one in every}) == len(every)
    assert sum(not one.partly for one in every) >= 90
