"""The construct world in a real Odoo: loaded or kept out by name, and nothing differs unseen."""

from __future__ import annotations

from collections import defaultdict
from datetime import UTC, datetime

import pytest

from deployments.sample.lago.constructs.world import SERVICE, construct_document
from tasks.model.lago_support import Fate, constructs
from tests.lago_service import make_service, point_at

TODAY = datetime.now(UTC).date()
#: They are out of scope until they begin.
NOT_BEGUN = {"subscription_pending", "subscription_incomplete"}


@pytest.fixture(scope="module")
def document():
    return construct_document(TODAY)


@pytest.fixture
def lago(scratch, document, monkeypatch):
    return point_at(monkeypatch, scratch.serve_lago(document))


def test_every_construct_is_loaded_and_compared_or_kept_out_under_its_name(world, lago, document):
    make_service(world)
    state = world.run(service=SERVICE, source="lago", max_bad_share=1.0, max_failed_rows=200)
    assert world.report()["readback"]["safe"] is True, state.message
    customer_of = {row["lago_id"]: row["external_customer_id"] for row in document["subscriptions"]}
    customer_of |= {f"{row}-1": row for row in set(customer_of.values())}
    plans = defaultdict(set)
    for row in document["subscriptions"]:
        plans[row["plan_code"]].add(row["external_customer_id"])
    code_of = {row["lago_id"]: row["code"] for row in document["plans"]}
    broken = defaultdict(set)
    for row in world.table("quarantine"):
        key = row["source_id"] if "source_id" in row else row["key"]
        for customer in plans.get(code_of.get(key, ""), {customer_of.get(key, key)}):
            broken[customer].add(row["rule"])
    for row in world.table("outcomes"):
        if row["outcome"] == "failed":
            broken[customer_of.get(row["source_id"], row["source_id"])].add(row["code"])
    loaded = dict(
        world.sql(
            "SELECT o.x_fc_external_id, o.next_invoice_date FROM sale_order o"
            " WHERE o.x_fc_external_id IS NOT NULL"
        )
    )
    wrong = {}
    for label in document["labels"]:
        construct = constructs()[label["construct"]]
        theirs, key = broken.get(label["customer"], set()), label["subscription"]
        coming = label["next"]
        if construct.fate is Fate.KEPT_OUT and construct.name not in NOT_BEGUN:
            if construct.name not in theirs or key in loaded:
                wrong[construct.name] = (theirs, key in loaded)
        elif coming and construct.fate is not Fate.KEPT_OUT:
            flat = [line for line in coming["lines"] if line["item"] == "flat"]
            due = str(loaded.get(key))
            if theirs or key not in loaded or (flat and due != coming["due_on"]):
                wrong[construct.name] = (theirs, due, coming["due_on"])
    assert wrong == {}
    check_that_odoo_would_bill_what_lago_billed(world, document)


def check_that_odoo_would_bill_what_lago_billed(world, document):
    from flows.reconcile import reconcile

    reconcile(period="2026-08..2026-10", service=SERVICE, return_state=True)
    carried = {
        label["customer"]
        for label in document["labels"]
        if constructs()[label["construct"]].fate is not Fate.KEPT_OUT and label["next"]
    }
    differ = defaultdict(list)
    seen = set()
    for row in world.table("lines", "reconcile"):
        seen.add(row["customer"])
        if row["customer"] in carried and row["outcome"] != "match":
            amounts = tuple(row.get(name) for name in ("external", "odoo"))
            differ[row["customer"]].append((row["item"], row["outcome"], row["cause"], *amounts))
    assert differ == {}
    # Of half-years and years, and of a quarter in arrears, nothing falls due within these months.
    rare = ("-quarterly", "-semiannual", "-yearly")
    assert {each for each in carried - seen if not each.endswith(rare)} == set()
