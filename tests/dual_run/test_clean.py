"""Where nothing is wrong everybody is ready after three dual runs, but for what people decide."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from tests.dual_run.test_chain import MONTHS, dual
from tests.flow_world import World

CUSTOMERS = 60
#: What is billed once or taken back is no one's error, and not carried over: people decide so.
DECIDED = ("one_off", "credit")
WAITING = """
    SELECT external_id, readiness_codes, readiness_group, readiness_reasons
    FROM fusion_billing_account_link WHERE ready IS NOT TRUE"""
#: The shadow has today's plan, so it bills no month before a change of it; that a customer is
#: exempt, NexaCloud's rows do not say.
CHANGED = """
    SELECT customer::text FROM sample.events
    WHERE kind IN ('plan_change', 'plan_change_in_place', 'tax_exempt')"""


@pytest.fixture
def clean(scratch, new_world) -> World:
    return new_world(scratch.new_nexacloud_database(CUSTOMERS, clean=True))


@pytest.mark.soak
def test_on_a_clean_sample_everybody_is_ready_after_one_decision_a_family(clean: World):
    for month in MONTHS:
        state = dual(month)
        assert state.name == "Completed", state.message
    waiting = clean.sql(WAITING)
    (service,) = clean.sql("SELECT id FROM fusion_billing_service WHERE code = 'nexacloud'")[0]
    currencies = clean.sql("SELECT DISTINCT currency_id FROM fusion_billing_reconciliation")
    for cause in DECIDED:
        for (currency,) in currencies:
            values = {
                "service_id": service,
                "scope": "cause",
                "cause": cause,
                "right": "not_carried",
                "currency_id": currency,
                "max_amount": 10_000,
                "expires_on": f"{datetime.now(UTC) + timedelta(days=30):%Y-%m-%d}",
                "reason": "Billed once; not carried over.",
            }
            clean.rpc().execute_kw("fusion.billing.decision", "create", [values])
    after = clean.sql(WAITING)
    kept_back = {key for key, *_why in after}
    assert kept_back <= {key for (key,) in clean.source_sql(CHANGED)}, after
    assert len(waiting) > len(after)
