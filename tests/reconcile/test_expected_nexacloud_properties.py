"""Whatever NexaCloud's rows are: nothing is due twice, after the end, or for no price."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from tasks.reconcile.expected.nexacloud import NexaCloudTerms
from tasks.reconcile.expected.nexacloud_rows import (
    AddonRow,
    DeploymentRows,
    SubscriptionRow,
    Told,
    UsageRow,
)
from tests.reconcile.ledgers import TORONTO, moment
from tests.reconcile.nexacloud_terms import (
    AS_OF,
    BASIC,
    PLANS,
    SINCE,
    UNTIL,
    proration,
    subscription,
)

DAYS = st.dates(date(2025, 1, 1), date(2026, 10, 31))
IDS = st.sampled_from(sorted(PLANS))
#: Moments without a zone: the strategy adds it.
YEAR_OF_USE = tuple(datetime.fromisoformat(day) for day in ("2026-01-01", "2026-10-30"))


@st.composite
def subscriptions(draw, number=0):
    started = draw(DAYS)
    has_ended = draw(st.booleans())
    length = timedelta(days=draw(st.integers(0, 500)), hours=draw(st.integers(0, 23)))
    begins = datetime(started.year, started.month, started.day, 12, tzinfo=UTC)
    return SubscriptionRow(
        subscription_id=f"sub-{number}",
        customer="anna",
        plan_id=draw(IDS),
        status="canceled" if has_ended else draw(st.sampled_from(("active", "past_due", "odd"))),
        cycle=draw(st.sampled_from(("monthly", "yearly"))),
        started_at=begins,
        period_end=None,
        canceled_at=begins + length if has_ended else None,
    )


@st.composite
def deployments(draw):
    count = draw(st.integers(1, 3))
    subs = [draw(subscriptions(number)) for number in range(count)]
    usage = draw(
        st.lists(
            st.builds(
                UsageRow,
                st.datetimes(*YEAR_OF_USE, timezones=st.just(UTC)),
                st.decimals(0, 900_000, places=2),
            ),
            max_size=8,
        )
    )
    addons = draw(
        st.lists(
            st.builds(
                AddonRow,
                st.sampled_from(("Backup", "Static IP", "", None)),
                st.none() | st.decimals(-1, 50, places=2),
            ),
            max_size=3,
        )
    )
    deleted = draw(st.none() | DAYS)
    return DeploymentRows(
        subs, addons, usage, deleted is not None, deleted and moment(deleted.isoformat())
    )


def of(deployment, since=SINCE, until=UNTIL):
    terms = NexaCloudTerms("nexacloud", PLANS, since=since, until=until, as_of=AS_OF, zone=TORONTO)
    return terms.due(deployment)


@given(deployments(), st.randoms())
def test_order_of_rows_changes_nothing(deployment, random):
    shuffled = replace(
        deployment,
        **{
            name: random.sample(list(rows), len(rows))
            for name in ("subscriptions", "addons", "usage")
            if (rows := getattr(deployment, name))
        },
    )
    first, second = of(deployment), of(shuffled)
    assert sorted(first.lines, key=repr) == sorted(second.lines, key=repr)
    assert first.unpriced == second.unpriced


@given(deployments(), st.dates(date(2026, 5, 2), date(2026, 10, 30)))
def test_windows_that_tile_the_time_name_each_line_once(deployment, day):
    middle = moment(day.isoformat())
    parts = of(deployment, until=middle).lines + of(deployment, since=middle).lines
    assert sorted(parts, key=repr) == sorted(of(deployment).lines, key=repr)


@given(deployments())
def test_an_ended_subscription_has_no_line_that_begins_after_its_end(deployment):
    ends = {row.subscription_id: row.canceled_at for row in deployment.subscriptions}
    for each in of(deployment).lines:
        end = ends[each.subscription]
        assert end is None or each.period_start < end
        assert deployment.deleted_at is None or each.period_start < deployment.deleted_at


@given(deployments())
def test_no_price_is_never_a_price_of_nothing(deployment):
    rows = {row.subscription_id: row for row in deployment.subscriptions}
    for each in of(deployment).lines:
        row = rows[each.subscription]
        price = PLANS[row.plan_id].prices.get(row.cycle)
        assert price is not None
        if each.item == "flat":
            assert Decimal(each.amount) == price
        assert each.origin == "terms"


@given(deployments())
def test_no_line_is_there_twice(deployment):
    of_addons = [each for each in of(deployment).lines if not each.item.startswith("addon:")]
    names = [(each.subscription, each.item, each.period_start) for each in of_addons]
    assert len(names) == len(set(names))


@given(st.dates(date(2026, 9, 6), date(2026, 10, 4)), st.decimals(1, 5000, places=2))
def test_parts_of_a_price_that_a_change_makes_add_up_to_the_whole(day, price):
    plan = replace(BASIC, prices={"monthly": price})
    terms = NexaCloudTerms(
        "nexacloud", {"p-basic": plan}, since=SINCE, until=UNTIL, as_of=AS_OF, zone=TORONTO
    )
    texts = ("Unused time on {} after {}", "Remaining time on {} after {}")
    told = [
        proration(text.format(plan.name, day), amount)
        for text, amount in zip(texts, ("-999999", "999999"), strict=True)
    ]
    found = terms.due(DeploymentRows([subscription()]), Told(told))
    back, charged = (
        Decimal(each.amount)
        for each in sorted(found.lines, key=lambda each: Decimal(each.amount))
        if each.item.startswith("proration:")
    )
    # To the same plan nothing is settled; with the days before, it is the whole price.
    assert back + charged == 0
    days = (date(2026, 10, 5) - date(2026, 9, 5)).days
    before = price * (day - date(2026, 9, 5)).days / days
    assert abs(before - back - price) <= Decimal("0.000001")
