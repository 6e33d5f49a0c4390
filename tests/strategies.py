"""Strategies for source rows and records, shared by the property tests of the domain."""

from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

from hypothesis import strategies as st

from tasks.model.records import Charge, Customer, Order, Plan

ids = st.uuids().map(str)
texts = st.text(min_size=1, max_size=20)
amounts = st.decimals(min_value=0, max_value=10**6, places=2)
rates = st.decimals(min_value=Decimal("0.000001"), max_value=1, places=6)
moments = st.integers(1_577_836_800, 1_798_761_600).map(lambda s: datetime.fromtimestamp(s, UTC))
emails = st.none() | st.sampled_from(["a@x.ca", "A@X.ca", "b@x.ca", "c@y.ca", "C@Y.CA", "d@z.ca"])


def plan(code: str = "pro", price: str = "49.00", rate: str = "0.0075") -> Plan:
    return Plan(
        external_id=f"plan-{code}",
        code=code,
        name=code.title(),
        currency="CAD",
        flat_prices={"monthly": Decimal(price)},
        charges=(Charge("cpu_seconds", Decimal(360000), 3600, Decimal(rate), "standard", "CAD"),),
        active=True,
    )


PLANS = {known.external_id: known for known in (plan("free"), plan("pro"), plan("max"))}


@st.composite
def orders(draw: st.DrawFn) -> Order:
    deployment = draw(ids)
    sold = draw(st.sampled_from(sorted(PLANS)))
    return Order(
        external_id=deployment,
        subscription_id=draw(ids),
        deployment_id=deployment,
        plan_id=sold,
        plan_code=PLANS[sold].code,
        name=draw(texts),
        cycle="monthly",
        price=draw(amounts),
        currency="CAD",
        started_on=date(2026, 1, 31),
        period_start=date(2026, 10, 31),
        period_end=date(2026, 11, 30),
    )


@st.composite
def customers(draw: st.DrawFn) -> Customer:
    return Customer(
        external_id=draw(ids),
        name=draw(texts),
        email=draw(emails),
        company_name=None,
        phone=None,
        street=None,
        city=None,
        region="QC",
        postal_code=None,
        country_code="CA",
        stripe_customer_id=None,
        active=True,
        created_at=draw(moments),
        orders=tuple(draw(st.lists(orders(), max_size=4))),
    )
