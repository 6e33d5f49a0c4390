"""Usage that is loaded twice at once, or while it is billed: counted once, and never for free."""

from __future__ import annotations

import json
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from itertools import count
from threading import Event
from urllib.parse import urlsplit
from zoneinfo import ZoneInfo

import odoorpc
import pytest

from deployments.local.scratch import Scratch
from tasks.backfill.bundles import pack_customers, to_wire
from tasks.model.periods import BillingPeriod, periods_starting
from tasks.model.records import Customer, Order
from tests.strategies import plan

WIZARD = "fusion.billing.import.wizard"
DEPLOYMENTS = [f"deployment-{number}" for number in range(6)]
ROUNDS = 6
STARTED_ON = date(2025, 1, 1)


def order(name: str) -> Order:
    return Order(
        external_id=name,
        subscription_id=name,
        deployment_id=name,
        plan_id="plan-pro",
        plan_code="pro",
        name=name,
        cycle="monthly",
        price=Decimal(49),
        currency="CAD",
        started_on=STARTED_ON,
        period_start=date(2026, 1, 1),
        period_end=date(2026, 2, 1),
    )


CUSTOMER = Customer(
    external_id="user-1",
    name="Zoé Tremblay",
    email="zoe@example.ca",
    company_name=None,
    phone=None,
    street=None,
    city=None,
    region="ON",
    postal_code=None,
    country_code="CA",
    stripe_customer_id=None,
    active=True,
    created_at=datetime(2025, 1, 1, tzinfo=UTC),
    orders=tuple(order(name) for name in DEPLOYMENTS),
)


class Door:
    """One connection to the addon's public methods."""

    def __init__(self, scratch: Scratch, database: str) -> None:
        address = urlsplit(scratch.odoo_url)
        self.client = odoorpc.ODOO(address.hostname, port=address.port, timeout=300)
        self.client.login(database, scratch.odoo_user, scratch.odoo_password)

    def call(self, method: str, *args, model: str = WIZARD):
        return self.client.execute_kw(model, method, list(args), {})

    def meter(self, period: BillingPeriod, key: str) -> dict:
        bounds = [period.start.isoformat(), period.end.isoformat()]
        rows = [[name, "cpu_seconds", *bounds, "400000", key] for name in DEPLOYMENTS]
        batch = {"format": 1, "service": "nexacloud", "run": None, "key": key}
        return self.call("load_usage", {**batch, "dry_run": False, "rows": rows})

    def periods(self) -> list[BillingPeriod]:
        """Return the first billing periods of the orders, in the zone that Odoo names."""
        zone = ZoneInfo(self.call("about")["company"]["timezone"])
        start = datetime(2025, 1, 1, tzinfo=zone)
        return list(
            periods_starting(start, start.replace(month=1 + ROUNDS), STARTED_ON, "monthly", zone)
        )

    def bill(self, period: BillingPeriod) -> dict:
        window = [period.start.isoformat(), period.end.isoformat()]
        return self.call("rate_usage", "nexacloud", *window)


@pytest.fixture
def doors(scratch: Scratch, odoo_database: Callable[[], str]) -> tuple[str, Callable[[], Door]]:
    """A database with some deployments, and a maker of connections to it."""
    database = odoo_database()
    door = Door(scratch, database)
    plans = {"plan-pro": replace(plan(), external_id="plan-pro")}
    (bundle,) = pack_customers([CUSTOMER], plans, 100)
    wire = to_wire(bundle, service="nexacloud", run=None, dry_run=False, full_compare=False)
    answer = door.call("load_bundle", wire)
    assert {row["outcome"] for row in answer["rows"]} == {"created"}, json.dumps(answer)
    return database, lambda: Door(scratch, database)


def test_usage_loaded_by_four_at_once_is_stored_once_and_nobody_fails(doors) -> None:
    _database, new_door = doors
    connections = [new_door() for _ in range(4)]
    for period in connections[0].periods():
        with ThreadPoolExecutor(len(connections)) as pool:
            answers = list(pool.map(lambda door, at=period: door.meter(at, "same"), connections))
        created = [answer["created"] for answer in answers]
        assert sorted(created) == [0, 0, 0, len(DEPLOYMENTS)]
        assert not any(answer["failed"] for answer in answers)


def test_usage_loaded_while_its_period_is_billed_is_billed_or_refused(scratch, doors) -> None:
    database, new_door = doors
    go_live(scratch, database, new_door())
    loader, biller = new_door(), new_door()
    for period in biller.periods():
        started = Event()
        with ThreadPoolExecutor(1) as pool:
            loading = pool.submit(load_until_refused, loader, period, started)
            started.wait()
            billed = biller.bill(period)
            assert (billed["billed"], billed["failed"]) == (len(DEPLOYMENTS), 0)
            accepted = loading.result()
        assert billed_units(biller, period) == {400_000 * accepted}
    lines = biller.call(
        "search_count", [["product_id.default_code", "=like", "%:overage"]], model="sale.order.line"
    )
    assert lines == len(DEPLOYMENTS) * ROUNDS


def load_until_refused(door: Door, period: BillingPeriod, started: Event) -> int:
    """Load one more batch after the other; return how many Odoo took before the bill."""
    for number in count():
        answer = door.meter(period, f"{period.start} {number}")
        started.set()
        if answer["failed"]:
            assert {row["code"] for row in answer["rows"]} == {"period_billed"}
            return number
    raise AssertionError


def billed_units(door: Door, period: BillingPeriod) -> set[float]:
    moment = period.start.strftime("%Y-%m-%d %H:%M:%S")
    domain = [["period_start", "=", moment], ["state", "=", "billed"]]
    ratings = door.call("search_read", domain, ["units"], model="fusion.billing.rating")
    assert len(ratings) == len(DEPLOYMENTS)
    return {rating["units"] for rating in ratings}


def go_live(scratch: Scratch, database: str, door: Door) -> None:
    """Do what a cutover does; no remote call can take a shadow's mark away."""
    scratch.odoo.cluster.sql("UPDATE sale_order SET x_fc_shadow = false", database)
    orders = door.call("search_read", [], ["plan_id"], model="sale.order")
    door.call("action_confirm", [order["id"] for order in orders], model="sale.order")
    charges = door.call("search", [], model="fusion.billing.charge")
    recurring = {"plan_id": orders[0]["plan_id"][0]}
    door.call("write", charges, recurring, model="fusion.billing.charge")
