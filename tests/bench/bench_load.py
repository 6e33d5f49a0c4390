"""Loading into Odoo: this project's endpoint against what a user would pick instead.

Every round is a fresh clone of one template database, in an Odoo with two workers. In it the
contestants take turns, each with as many rows of its own, over two connections, in batches of
500; another one begins in every round. Figures of the first load are medians of the rounds.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Sequence
from pathlib import Path
from statistics import median
from typing import Any

from deployments.local.places import Places
from deployments.local.scratch import Scratch
from tasks.backfill.bundles import pack_customers, pack_plans, to_wire
from tasks.model.records import Customer
from tests.bench import rivals
from tests.bench.meter import Cost, measured, print_table
from tests.bench.sample import (
    BAD_EVERY,
    PLAN,
    bad_buyer,
    bad_customer,
    buyer,
    customer,
    order_row,
    partner_row,
)
from tests.bench.worse import RATIO

OURS, CREATE, LOAD, FLUVO = CONTESTANTS = ("this project", "create([...])", "load()", "fluvo")
BAD_OURS, BAD_FLUVO, STRANGERS = range(4, 7)
WIZARD = "fusion.billing.import.wizard"
Work = Callable[[list[Customer]], Any]


class Arena:
    """One Odoo with two workers, and what was measured in it."""

    def __init__(self, scratch: Scratch) -> None:
        self.scratch = scratch
        self.results: dict[tuple[str, str], list[tuple[int, Cost]]] = {}

    def database(self) -> rivals.Target:
        """A fresh clone, in which both workers have loaded the registry and filled caches."""
        scratch = self.scratch
        name = scratch.new_odoo_database()
        target = rivals.Target(scratch.odoo_url, name, scratch.odoo_user, scratch.odoo_password)
        rivals.create(target, "res.partner", [{"name": f"w{n}"} for n in range(2000)], dict)
        ours(target, [buyer(n) for n in numbers(STRANGERS, 200)], batch_rows=50)
        return target

    def run(self, case: str, who: str, rows: list[Customer], work: Work) -> None:
        with measured(self.scratch.server_pids) as cost:
            work(rows)
        self.results.setdefault((case, who), []).append((len(rows), cost))
        print(f"  {case}: {who}: {len(rows) / cost.wall:,.0f} rows/s", flush=True)

    def rate(self, case: str, who: str, *, cpu: bool = False) -> float:
        """Rows per second, or per CPU second of Odoo and PostgreSQL."""
        runs = self.results[case, who]
        return median(rows / (cost.server_cpu if cpu else cost.wall) for rows, cost in runs)

    def show(self, cases: list[str]) -> None:
        rows = [
            [case, who, *(f"{self.rate(case, who, cpu=cpu):,.0f}" for cpu in (False, True))]
            for case, who in sorted(self.results, key=lambda key: cases.index(key[0]))
        ]
        heads = ["case", "contestant", "rows/s", "rows/CPU-s of Odoo + PostgreSQL"]
        print_table("Loading into Odoo", heads, rows)


def numbers(place: int, count: int) -> range:
    """Numbers of customers; those of two places never meet in a database."""
    return range(place * 100_000, place * 100_000 + count)


def spoiled(people: Sequence[Customer], spoil: Callable[[Customer], Customer]) -> list[Customer]:
    return [spoil(known) if n % BAD_EVERY == 0 else known for n, known in enumerate(people)]


def ours(
    target: rivals.Target, customers: list[Customer], batch_rows: int = rivals.BATCH_ROWS
) -> None:
    """Load through the project's endpoint, which answers for every row."""

    def send(rpc: Any, bundle: Any) -> None:
        wire = to_wire(bundle, service="nexacloud", run=None, dry_run=False, full_compare=False)
        rpc.execute_kw(WIZARD, "load_bundle", [wire])

    rivals.side_by_side(target, send, [pack_plans([PLAN])])
    bundles = pack_customers(customers, {PLAN.external_id: PLAN}, batch_rows)
    rivals.side_by_side(target, send, list(bundles))


def partner_works(target: rivals.Target, _count: int) -> dict[str, Work]:
    """How each contestant loads customers."""
    country, state = (reference(target, name) for name in ("base.ca", "base.state_ca_qc"))
    plain = ("name", "email", "phone", "street", "city", "zip")

    def command(row: rivals.Row) -> rivals.Row:
        return {k: row[k] for k in plain} | {"country_id": country, "state_id": state}

    model = "res.partner"
    return {
        OURS: lambda people: ours(target, people),
        CREATE: lambda people: rivals.create(
            target, model, [partner_row(p) for p in people], command
        ),
        LOAD: lambda people: rivals.load(target, model, [partner_row(p) for p in people]),
        FLUVO: lambda people: rivals.fluvo(target, model, [partner_row(p) for p in people]),
    }


def order_works(target: rivals.Target, count: int) -> dict[str, Work]:
    """How each contestant loads orders; all customers are there already."""
    for place in (CONTESTANTS.index(OURS), BAD_OURS):
        ours(target, [customer(n) for n in numbers(place, count)])
    for place in (*(CONTESTANTS.index(who) for who in (CREATE, LOAD, FLUVO)), BAD_FLUVO):
        rows = [partner_row(customer(n)) for n in numbers(place, count)]
        rivals.load(target, "res.partner", rows)
    rpc = target.connections[0]
    heads = ["id", "name", "type", "list_price"]
    rpc.execute_kw(
        "product.product", "load", [heads, [["bench.product_pro", "Pro", "service", "49.0"]]]
    )
    line = {
        "product_id": reference(target, "bench.product_pro"),
        "product_uom_qty": 1,
        "price_unit": 49.0,
    }
    emails = [customer(n).email for n in numbers(CONTESTANTS.index(CREATE), count)]
    found = rpc.execute_kw(
        "res.partner", "search_read", [[("email", "in", emails)]], {"fields": ["email"]}
    )
    partner_ids = {partner["email"]: partner["id"] for partner in found}

    def command(row: rivals.Row) -> rivals.Row:
        return {"partner_id": partner_ids[row["email"]], "order_line": [(0, 0, line)]}

    model = "sale.order"
    return {
        OURS: lambda people: ours(target, people),
        CREATE: lambda people: rivals.create(
            target, model, [{"email": p.email} for p in people], command
        ),
        LOAD: lambda people: rivals.load(target, model, [order_row(p) for p in people]),
        FLUVO: lambda people: rivals.fluvo(target, model, [order_row(p) for p in people]),
    }


def reference(target: rivals.Target, external_id: str) -> int:
    module, name = external_id.split(".")
    domain = [("module", "=", module), ("name", "=", name)]
    rpc = target.connections[0]
    (row,) = rpc.execute_kw("ir.model.data", "search_read", [domain, ["res_id"]])
    return int(row["res_id"])


def bench(arena: Arena, kind: str, count: int, rounds: int) -> None:
    """Race for one kind of row: first load, the same again, and with bad rows among them."""
    works, person, spoil = {
        "partners": (partner_works, customer, bad_customer),
        "orders": (order_works, buyer, bad_buyer),
    }[kind]

    def people(place: int) -> list[Customer]:
        return [person(number) for number in numbers(place, count)]

    for turn in range(rounds):
        work = works(arena.database(), count)
        places = list(enumerate(CONTESTANTS))
        for place, who in (*places[turn % 4 :], *places[: turn % 4]):
            arena.run(kind, who, people(place), work[who])
    # Once each, and the slow ones with a fifth of the rows: these are differences of 20 times.
    again, bad, few = f"{kind} again", f"{kind}, 1 % bad", count // 5
    arena.run(again, OURS, people(CONTESTANTS.index(OURS)), work[OURS])
    arena.run(again, LOAD, people(CONTESTANTS.index(LOAD))[:few], work[LOAD])
    arena.run(bad, OURS, spoiled(people(BAD_OURS), spoil), work[OURS])
    arena.run(bad, FLUVO, spoiled(people(BAD_FLUVO)[:few], spoil), work[FLUVO])


def verdict(arena: Arena, kind: str) -> list[list[str]]:
    clean, again, bad = kind, f"{kind} again", f"{kind}, 1 % bad"
    lines = []
    for cpu, unit in ((False, "rows/s"), (True, "rows/CPU-s")):
        mine = arena.rate(clean, OURS, cpu=cpu)
        best = max(arena.rate(clean, name, cpu=cpu) for name in (CREATE, LOAD, FLUVO))
        faster = arena.rate(again, OURS, cpu=cpu) / arena.rate(again, LOAD, cpu=cpu)
        kept = arena.rate(bad, OURS, cpu=cpu) / mine
        kept_fluvo = arena.rate(bad, FLUVO, cpu=cpu) / arena.rate(clean, FLUVO, cpu=cpu)
        lines += [
            [f"{kind}: first load against the best other, {unit}", f"{mine / best:.2f}x", ""],
            [f"{kind}: unchanged again against load(), {unit}", f"{faster:.0f}x", ""],
            [
                f"{kind}: speed kept with 1 % bad rows, {unit}",
                f"{kept:.0%}",
                f"{kept_fluvo:.0%}",
            ],
        ]
    return lines


def main(arguments: list[str] | None = None) -> None:
    """Run both races and print every figure and the ratios."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--partners", type=int, default=3000, help="rows of each contestant")
    parser.add_argument("--orders", type=int, default=1000, help="rows of each contestant")
    parser.add_argument("--rounds", type=int, default=3)
    options = parser.parse_args(arguments)
    scratch = Scratch(Path(Places.from_environment().cache), workers=2)
    try:
        arena = Arena(scratch)
        bench(arena, "partners", options.partners, options.rounds)
        bench(arena, "orders", options.orders, options.rounds)
        kinds = ("partners", "orders")
        arena.show([kind + case for kind in kinds for case in ("", " again", ", 1 % bad")])
        heads = ["what", RATIO, "the same of fluvo"]
        print_table("Ratios", heads, [row for kind in kinds for row in verdict(arena, kind)])
    finally:
        scratch.close()


if __name__ == "__main__":
    main()
