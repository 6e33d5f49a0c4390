"""Loading into Odoo: this project's endpoint against what a user would pick instead.

Every contestant loads the same rows into its own fresh clone of one template database, in
the same Odoo with two workers, over two connections, in batches of 500.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable
from dataclasses import replace
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from tasks.domain.bundles import pack_customers, pack_plans, to_wire
from tasks.domain.records import Charge, Customer, Order, Plan
from tests.bench import rivals
from tests.bench.meter import Cost, measured, print_table

EVERY = 100  # one bad row in so many
PLAN = Plan(
    external_id="plan-pro",
    code="pro",
    name="Pro 4 × vCPU",
    currency="CAD",
    flat_prices={"monthly": Decimal("49.00")},
    charges=(Charge("cpu_seconds", Decimal(360000), 3600, Decimal("0.0075"), "standard", "CAD"),),
    active=True,
)
WIZARD = "fusion.billing.import.wizard"


def customer(number: int, country: str = "CA") -> Customer:
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
        country_code=country,
        stripe_customer_id=f"cus_{number:014d}",
        active=True,
        created_at=datetime(2026, 1, 1, tzinfo=UTC),
    )


def order(number: int, currency: str = "CAD") -> Order:
    return Order(
        external_id=f"deployment-{number:06d}",
        subscription_id=f"subscription-{number:06d}",
        deployment_id=f"deployment-{number:06d}",
        plan_id=PLAN.external_id,
        plan_code=PLAN.code,
        name=f"web-{number}",
        cycle="monthly",
        price=Decimal("49.00"),
        currency=currency,
        started_on=date(2026, 3, 14),
        period_start=date(2026, 11, 14),
        period_end=date(2026, 12, 14),
    )


class Arena:
    """One Odoo with two workers, and a fresh database for every contestant."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self.results: dict[tuple[str, str], tuple[int, Cost]] = {}

    def database(self) -> rivals.Target:
        scratch = self.scratch
        name = scratch.new_odoo_database()
        target = rivals.Target(scratch.odoo_url, name, scratch.odoo_user, scratch.odoo_password)
        # Both workers load the registry and fill their caches before the clock starts.
        rivals.create(target, "res.partner", [{"name": f"w{n}"} for n in range(2000)], dict)
        strangers = range(10**6, 10**6 + 200)
        ours(target, [replace(customer(n), orders=(order(n),)) for n in strangers], batch_rows=50)
        return target

    def run(self, case: str, who: str, rows: int, work: Callable[[], Any]) -> None:
        with measured(self.scratch.server_pids) as cost:
            work()
        self.results[case, who] = (rows, cost)
        print(f"  {case}: {who}: {rows / cost.wall:,.0f} rows/s", flush=True)

    def rate(self, case: str, who: str, *, cpu: bool = False) -> float:
        rows, cost = self.results[case, who]
        return rows / (cost.server_cpu if cpu else cost.wall)

    def show(self, cases: list[str]) -> None:
        rows = [
            [case, who, f"{count / cost.wall:,.0f}", f"{count / cost.server_cpu:,.0f}"]
            for (case, who), (count, cost) in self.results.items()
            if case in cases
        ]
        print_table(
            "Loading into Odoo",
            ["case", "contestant", "rows/s", "rows/CPU-s of Odoo + PostgreSQL"],
            rows,
        )


def ours(
    target: rivals.Target, customers: list[Customer], batch_rows: int = rivals.BATCH_ROWS
) -> dict[str, int]:
    """Load through the project's endpoint and count the answers for customers and orders."""
    counts: dict[str, int] = {}

    def send(rpc: Any, bundle: Any) -> None:
        wire = to_wire(bundle, service="nexacloud", run=None, dry_run=False, full_compare=False)
        for row in rpc.execute_kw(WIZARD, "load_bundle", [wire])["rows"]:
            if row["entity"] != "plan":
                counts[row["outcome"]] = counts.get(row["outcome"], 0) + 1

    rivals.side_by_side(target, send, [pack_plans([PLAN])])
    bundles = pack_customers(customers, {PLAN.external_id: PLAN}, batch_rows)
    rivals.side_by_side(target, send, list(bundles))
    return counts


def partner_row(known: Customer) -> rivals.Row:
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


def bench_partners(arena: Arena, count: int) -> None:
    people = [customer(number) for number in range(count)]
    spoiled = [replace(p, country_code="ZZ") if n % EVERY == 0 else p for n, p in enumerate(people)]
    rows, bad_rows = [partner_row(p) for p in people], [partner_row(p) for p in spoiled]

    target = arena.database()
    arena.run("partners", "this project", count, lambda: ours(target, people))
    arena.run("partners again", "this project", count, lambda: ours(target, people))
    target = arena.database()
    arena.run("partners, 1 % bad", "this project", count, lambda: ours(target, spoiled))

    target = arena.database()
    country, state = ids_of(target, "base.ca", "base.state_ca_qc")
    plain = ("name", "email", "phone", "street", "city", "zip")
    arena.run(
        "partners",
        "create([...])",
        count,
        lambda: rivals.create(
            target,
            "res.partner",
            rows,
            lambda row: {k: row[k] for k in plain} | {"country_id": country, "state_id": state},
        ),
    )
    target = arena.database()
    arena.run("partners", "load()", count, lambda: rivals.load(target, "res.partner", rows))
    arena.run("partners again", "load()", count, lambda: rivals.load(target, "res.partner", rows))
    target = arena.database()
    arena.run("partners", "fluvo", count, lambda: rivals.fluvo(target, "res.partner", rows))
    target = arena.database()
    arena.run(
        "partners, 1 % bad", "fluvo", count, lambda: rivals.fluvo(target, "res.partner", bad_rows)
    )


def ids_of(target: rivals.Target, *external_ids: str) -> list[int]:
    rpc = target.connections[0]
    found = []
    for external_id in external_ids:
        module, name = external_id.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        row = rpc.execute_kw("ir.model.data", "search_read", [domain, ["res_id"]])[0]
        found.append(row["res_id"])
    return found


def bench_orders(arena: Arena, count: int) -> None:
    people = [customer(number) for number in range(count)]
    buyers = [replace(p, orders=(order(n),)) for n, p in enumerate(people)]
    spoiled = [
        replace(p, orders=(order(n, "ZZZ" if n % EVERY == 0 else "CAD"),))
        for n, p in enumerate(people)
    ]
    target = arena.database()
    ours(target, people)
    arena.run("orders", "this project", count, lambda: ours(target, buyers))
    arena.run("orders again", "this project", count, lambda: ours(target, buyers))
    target = arena.database()
    ours(target, people)
    arena.run("orders, 1 % bad", "this project", count, lambda: ours(target, spoiled))

    def prepared() -> tuple[rivals.Target, list[int], int]:
        target = arena.database()
        rivals.load(target, "res.partner", [partner_row(p) for p in people])
        rpc = target.connections[0]
        names = [
            ("email", "like", "zoe."),
            ("email", "not like", "zoe.10000"),
            ("email", "not like", "zoe.10001"),
        ]
        partners = rpc.execute_kw("res.partner", "search", [names], {"order": "id"})
        heads = ["id", "name", "type", "list_price"]
        product = rpc.execute_kw(
            "product.product", "load", [heads, [["bench.product_pro", "Pro", "service", "49.0"]]]
        )["ids"][0]
        return target, partners, product

    target, partners, product = prepared()
    line = {"product_id": product, "product_uom_qty": 1, "price_unit": 49.0}
    arena.run(
        "orders",
        "create([...])",
        count,
        lambda: rivals.create(
            target,
            "sale.order",
            [{"partner_id": partner, "order_line": [(0, 0, line)]} for partner in partners],
            dict,
        ),
    )
    rows = [
        {
            "id": f"bench.order_{n}",
            "partner_id/id": partner_row(p)["id"],
            "order_line/id": f"bench.line_{n}",
            "order_line/product_id/id": "bench.product_pro",
            "order_line/product_uom_qty": "1",
            "order_line/price_unit": "49.0",
        }
        for n, p in enumerate(people)
    ]
    bad_rows = [
        row | {"partner_id/id": "bench.nobody"} if n % EVERY == 0 else row
        for n, row in enumerate(rows)
    ]
    target, _, _ = prepared()
    arena.run("orders", "load()", count, lambda: rivals.load(target, "sale.order", rows))
    arena.run("orders again", "load()", count, lambda: rivals.load(target, "sale.order", rows))
    target, _, _ = prepared()
    arena.run("orders", "fluvo", count, lambda: rivals.fluvo(target, "sale.order", rows))
    target, _, _ = prepared()
    arena.run(
        "orders, 1 % bad", "fluvo", count, lambda: rivals.fluvo(target, "sale.order", bad_rows)
    )


def verdict(arena: Arena, kind: str) -> list[list[str]]:
    rival_names = ("create([...])", "load()", "fluvo")
    clean = f"{kind}, 1 % bad"
    lines = []
    for cpu, unit in ((False, "rows/s"), (True, "rows/CPU-s")):
        mine = arena.rate(kind, "this project", cpu=cpu)
        best = max(arena.rate(kind, name, cpu=cpu) for name in rival_names)
        again = arena.rate(f"{kind} again", "this project", cpu=cpu)
        again_load = arena.rate(f"{kind} again", "load()", cpu=cpu)
        kept = arena.rate(clean, "this project", cpu=cpu) / mine
        kept_fluvo = arena.rate(clean, "fluvo", cpu=cpu) / arena.rate(kind, "fluvo", cpu=cpu)
        lines += [
            [f"{kind}: first load against the best other, {unit}", f"{mine / best:.2f}x"],
            [f"{kind}: unchanged again against load(), {unit}", f"{again / again_load:.0f}x"],
            [f"{kind}: speed kept with 1 % bad rows, {unit}", f"{kept:.0%}"],
            [f"{kind}: the same for fluvo, {unit}", f"{kept_fluvo:.0%}"],
        ]
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Run both matches and print every figure and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=5000)
    parser.add_argument("--orders", type=int, default=2000)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        arena = Arena(scratch)
        bench_partners(arena, options.partners)
        bench_orders(arena, options.orders)
        kinds = ("partners", "orders")
        arena.show([k + s for k in kinds for s in ("", " again", ", 1 % bad")])
        print_table("Ratios", ["what", "figure"], [r for k in kinds for r in verdict(arena, k)])
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
