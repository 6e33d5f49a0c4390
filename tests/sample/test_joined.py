"""One Lago serves the sample's services and a tenant of defaults: none hides another's."""

from __future__ import annotations

from datetime import date

import pytest

from deployments.local.sample_parts import joined
from deployments.sample.lago.tenant.defaults import SERVICE, default_document
from deployments.sample.sample import SampleSpec, lago_document

AS_OF = date(2026, 11, 1)
KEYS = {"customers": "external_id", "subscriptions": "lago_id", "invoices": "lago_id"}
KEYS |= {"plans": "code", "billable_metrics": "code", "fees": "lago_id"}


def test_tenants_of_one_lago_keep_all_that_is_theirs():
    parts = lago_document(SampleSpec(customers=60, as_of=AS_OF)), default_document(8, AS_OF)
    whole = joined(*parts)
    for name, key in KEYS.items():
        rows = [row[key] for part in parts for row in part[name]]
        assert [row[key] for row in whole[name]] == rows
        assert len(set(rows)) == len(rows)
    assert whole["own_plans"] == {k: v for part in parts for k, v in part["own_plans"].items()}


def test_no_tenant_is_taxed_by_the_default_of_another():
    parts = lago_document(SampleSpec(customers=60, as_of=AS_OF)), default_document(8, AS_OF)
    taxes = {one["code"]: len(one["taxes"]) for one in joined(*parts)["billing_entities"]}
    billed = {row["billing_entity_code"] for part in parts for row in part["customers"]}
    assert taxes == {code: int(code == SERVICE) for code in taxes}
    assert billed <= taxes.keys()


def test_two_versions_of_lago_are_not_one():
    with pytest.raises(ValueError, match="one version"):
        joined({"version": "1.51.0"}, {"version": "1.40.0"})
