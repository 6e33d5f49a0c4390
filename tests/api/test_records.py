"""Customers and metrics are what was said of them last, and of nothing else."""

from __future__ import annotations

import pytest


@pytest.mark.parametrize(("state", "told"), [("ontario", "ON"), ("ON\\", None), ("%", None)])
def test_state_of_a_customer_is_looked_up_as_it_is_written(api, unique, state, told) -> None:
    api.made("/customers", "customer", external_id=unique, country="CA")
    customer = api.made("/customers", "customer", external_id=unique, state=state)
    assert customer["state"] == told
