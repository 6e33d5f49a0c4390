"""The rows that every contestant loads: made-up customers of NexaCloud, and one order each."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal

from tasks.model.records import Charge, Customer, Order, Plan
from tests.bench.rivals import Row

BAD_EVERY = 100
PLAN = Plan(
    external_id="plan-pro",
    code="pro",
    name="Pro 4 × vCPU",
    currency="CAD",
    flat_prices={"monthly": Decimal("49.00")},
    charges=(Charge("cpu_seconds", Decimal(360000), 3600, Decimal("0.0075"), "standard", "CAD"),),
    active=True,
)


def customer(number: int) -> Customer:
    return Customer(
        external_id=f"user-{number:06d}",
        name=f"Zoé Tremblay {number}",
        email=f"zoe.{number}@example.ca",
        company_name=None,
        phone="+1 514 555 0100",
        street=f"{number} rue Saint-Paul",
        city="Montréal",
        region="QC",
        postal_code="H2Y 1G7",
        country_code="CA",
        stripe_customer_id=f"cus_{number:014d}",
        active=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def buyer(number: int) -> Customer:
    order = Order(
        external_id=f"deployment-{number:06d}",
        subscription_id=f"subscription-{number:06d}",
        deployment_id=f"deployment-{number:06d}",
        plan_id=PLAN.external_id,
        plan_code=PLAN.code,
        name=f"web-{number}",
        cycle="monthly",
        price=Decimal("49.00"),
        currency="CAD",
        started_on=date(2026, 3, 14),
        period_start=date(2026, 11, 14),
        period_end=date(2026, 12, 14),
    )
    return replace(customer(number), orders=(order,))


def bad_customer(known: Customer) -> Customer:
    """A country that Odoo does not know."""
    return replace(known, country_code="ZZ")


def bad_buyer(known: Customer) -> Customer:
    """An order that Odoo cannot take: its currency for us, its customer for the rivals."""
    return replace(known, orders=(replace(known.orders[0], currency="ZZZ"),))


def partner_row(known: Customer) -> Row:
    """A customer as a row of a file to import."""
    return {
        "id": f"bench.{known.external_id}".replace("-", "_"),
        "name": known.name,
        "email": known.email,
        "phone": known.phone,
        "street": known.street,
        "city": known.city,
        "zip": known.postal_code,
        "country_id/id": "base.ca" if known.country_code == "CA" else "base.nowhere",
        "state_id/id": "base.state_ca_qc",
    }


def order_row(known: Customer) -> Row:
    """A customer's order as a row of a file to import."""
    (order,) = known.orders
    key = order.external_id.replace("-", "_")
    return {
        "id": f"bench.order_{key}",
        "partner_id/id": partner_row(known)["id"] if order.currency == "CAD" else "bench.nobody",
        "order_line/id": f"bench.line_{key}",
        "order_line/product_id/id": "bench.product_pro",
        "order_line/product_uom_qty": "1",
        "order_line/price_unit": str(order.price),
    }
