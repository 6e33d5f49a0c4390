from __future__ import annotations

import pytest

from tasks.model.errors import ConfigError
from tasks.reconcile.sources import plan_sources

HOMES = {"nexacloud": "nexacloud", "nexadesk": "lago"}


@pytest.mark.parametrize(
    ("service", "sources", "has_lago", "origins", "from_lago"),
    [
        ("nexacloud", None, False, None, False),
        ("nexacloud", None, True, ("stripe", "nexacloud"), True),
        ("nexacloud", ["nexacloud"], True, None, False),
        ("nexacloud", ["lago"], True, (), True),
        ("nexacloud", ["nexacloud", "lago"], True, ("stripe", "nexacloud"), True),
        ("nexadesk", None, True, (), True),
        ("nexadesk", ["nexacloud", "lago"], True, (), True),
    ],
)
def test_no_invoice_is_read_from_two_sources(service, sources, has_lago, origins, from_lago):
    (plan,) = plan_sources([service], sources, homes=HOMES, has_lago=has_lago)

    assert (plan.nexacloud_origins, plan.from_lago) == (origins, from_lago)
    assert plan.from_nexacloud == (origins != ())


def test_where_a_service_is_its_record_tells_and_not_its_code():
    homes = {"nexacloud": "lago", "deskcloud": "nexacloud"}
    plans = plan_sources(["nexacloud", "deskcloud"], None, homes=homes, has_lago=True)
    assert [plan.from_nexacloud for plan in plans] == [False, True]


def test_a_service_named_twice_is_compared_once():
    assert len(plan_sources(["nexacloud", "nexacloud"], None, homes=HOMES, has_lago=False)) == 1


@pytest.mark.parametrize(
    ("services", "sources", "words"),
    [(["nexadesk"], None, "LAGO_API_URL"), (["nexacloud"], ["stripe"], "choose from")],
)
def test_a_service_without_a_source_is_refused(services, sources, words):
    with pytest.raises(ConfigError, match=words):
        plan_sources(services, sources, homes=HOMES, has_lago=False)
