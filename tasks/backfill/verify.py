"""verify: read Odoo back after the load, and hold it against the rules of a shadow.

It is read with Odoo's plain read calls, not with our addon's.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Hashable, Iterable, Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal
from typing import Any, TypeGuard

from prefect.utilities.annotations import quote

from tasks.backfill.facts.readback import readback_tables
from tasks.backfill.map import MappedPages, Sums, foot
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.verify_orders import Expected, held_orders, search_among
from tasks.check.result import CheckResult
from tasks.check.run import Check
from tasks.clients.odoo.connection import Odoo
from tasks.model.counts import LOADED
from tasks.model.money import exact
from tasks.model.records import Charge, Finding, LoadedRow, Mapped, Minimum, Plan, Total
from tasks.model.rows import compact
from tasks.model.source import Row
from tasks.run.doctor import company_of
from tasks.run.retries import ask, io_task, pure_task
from tasks.run.run import Run
from tasks.run.settings import load_settings

#: Odoo's answers for an order that is no shadow any more: a person confirmed or canceled it, or
#: a cutover did. It is not the copy's now.
LEFT_DRAFT = frozenset({"order_left_draft", "order_live"})
#: Odoo's answer for a plan that live orders have: its terms are Odoo's now.
PLAN_LIVE = "plan_live"


@dataclass(frozen=True, slots=True)
class Count:
    """How many records of a kind should be there, and how many are."""

    expected: int
    found: int

    def __add__(self, other: Count) -> Count:
        return Count(self.expected + other.expected, self.found + other.found)


@dataclass(frozen=True, slots=True)
class ReadBack:
    """What Odoo holds beside what it should hold: a row per order, line and charge.

    The columns are those that ``facts.readback`` and the rules name; ``counts`` are by entity.
    """

    orders: tuple[Row, ...]
    lines: tuple[Row, ...]
    charges: tuple[Row, ...]
    counts: dict[str, Count]
    #: Flat price by external id of every order found, those that left draft too.
    prices: dict[str, Decimal]


def read_copy(
    service: str,
    mapped: Mapped,
    plans: Mapping[str, Plan],
    answers: Mapping[tuple[str, str], LoadedRow],
) -> ReadBack:
    """Read every order and charge of a page that this run loaded or found.

    Orders that a person took out of draft are not expected to be drafts: they are reported
    by their code.

    Args:
        service: The service's code.
        mapped: What Odoo is to hold of the page.
        plans: Those whose charges are to be read, by external id.
        answers: Odoo's answers of this run, by (entity, external id).
    """
    odoo = load_settings().odoo()
    home = company_of(odoo.about(), service)["country"]
    expected = {
        order.external_id: Expected(order, customer, home)
        for customer in mapped.customers
        for order in customer.orders
        if _holds(answers.get(("order", order.external_id)))
    }
    loaded = [
        plan
        for key, plan in plans.items()
        if _holds(answer := answers.get(("plan", key))) and answer.code != PLAN_LIVE
    ]
    sold = {(plan.code, charge.metric): charge for plan in loaded for charge in plan.charges}
    least = {plan.code: plan.minimum for plan in loaded if plan.minimum}
    held = held_orders(odoo, service, expected)
    theirs = {key for (_, key), row in answers.items() if row.code in LEFT_DRAFT}
    found_orders = tuple(row for row in held.orders if row["external_id"] not in theirs)
    found_lines = tuple(row for row in held.lines if row["key"].partition(" / ")[0] not in theirs)
    found_charges = _charges(odoo, service, sold) if sold else []
    minimums = _minimums(odoo, service, least) if least else []
    counts = {
        "draft orders": _count(expected.keys() - theirs, found_orders, "external_id"),
        "charges": _count(sold, found_charges, "key"),
        **({"minimums": _count(least, minimums, "plan_code")} if least else {}),
        "account links": _links(odoo, service, answers),
    }
    return ReadBack(
        found_orders,
        found_lines,
        tuple(compact(None, [*found_charges, *minimums])),
        counts,
        {row["external_id"]: row["price"] for row in held.orders},
    )


verify = io_task("verify")(read_copy)


def totals(source: Sums, odoo: Sums | None) -> tuple[Total, ...]:
    """Compare the sums of flat prices of both sides, per billing cycle and currency.

    Args:
        source: Of what was to be loaded.
        odoo: Of the same orders; None without a read-back (a dry run).
    """
    return tuple(
        Total(
            label=f"Flat prices, {cycle}",
            currency=currency,
            source=source[cycle, currency],
            odoo=odoo[cycle, currency] if odoo is not None else None,
        )
        for cycle, currency in sorted(source)
    )


def _holds(answer: LoadedRow | None) -> TypeGuard[LoadedRow]:
    return answer is not None and answer.outcome in LOADED


def _live_plans(odoo: Odoo, service: str) -> set[str]:
    """Return the ids of the plans that live orders have: their charges are linked rightly."""
    live = [
        ("x_fc_service_id.code", "=", service),
        ("state", "=", "sale"),
        ("x_fc_shadow", "=", False),
    ]
    found = odoo.search_pages("sale.order", live, ["x_fc_nexacloud_plan_id"])
    return {row["x_fc_nexacloud_plan_id"] for row in found}


def _charges(
    odoo: Odoo, service: str, sold: Mapping[tuple[str, str], Charge]
) -> list[dict[str, Any]]:
    """Read the charges that were to be loaded; ``key`` is a plan's code and a metric's."""
    codes = {
        row["id"]: row["code"] for row in odoo.search_pages("fusion.billing.metric", [], ["code"])
    }
    found = [
        row | {"key": key}
        for row in odoo.search_pages(
            "fusion.billing.charge",
            [("service_id.code", "=", service)],
            [
                "plan_code",
                "plan_external_id",
                "plan_id",
                "metric_id",
                "price_per_unit",
                "included_quota",
            ],
        )
        if (key := (row["plan_code"], codes[row["metric_id"][0]])) in sold
    ]
    live = _live_plans(odoo, service)
    times = Counter(row["key"] for row in found)
    return [
        {
            "odoo_id": row["id"],
            "plan_code": row["plan_code"],
            "plan_linked": bool(row["plan_id"]) and row["plan_external_id"] not in live,
            "rate": exact(row["price_per_unit"]),
            "expected_rate": sold[row["key"]].price_per_unit,
            "quota": exact(row["included_quota"]),
            "expected_quota": sold[row["key"]].included_quota,
            "times": times[row["key"]],
            "key": row["key"],
        }
        for row in found
    ]


def _minimums(odoo: Odoo, service: str, least: Mapping[str, Minimum]) -> list[dict[str, Any]]:
    """Read the minimums of plans, as charges whose rate is the whole minimum."""
    ours = [("service_id.code", "=", service), ("minimum_amount", ">", 0)]
    found = search_among(
        odoo, "fusion.billing.plan", ours, "code", least, ["code", "minimum_amount"], names=False
    )
    return [
        {
            "odoo_id": row["id"],
            "plan_code": row["code"],
            "plan_linked": False,
            "rate": exact(row["minimum_amount"]),
            "expected_rate": least[row["code"]].amount,
            "quota": Decimal(0),
            "expected_quota": Decimal(0),
            "times": 1,
        }
        for row in found
    ]


def _links(odoo: Odoo, service: str, answers: Mapping[tuple[str, str], LoadedRow]) -> Count:
    expected = {key for (kind, key), row in answers.items() if kind == "customer" and _holds(row)}
    ours = [("service_id.code", "=", service)]
    found = search_among(
        odoo, "fusion.billing.account.link", ours, "external_id", expected, ["external_id"]
    )
    return _count(expected, found, "external_id")


def _count(expected: Iterable[Hashable], found: Iterable[Mapping[str, Any]], key: str) -> Count:
    wanted = set(expected)
    return Count(len(wanted), sum(1 for row in found if row[key] in wanted))


@pure_task("check-copy")
def check_copy(check: Check, tables: Mapping[str, tuple[Row, ...]]) -> list[Finding]:
    """Check rows that were read back, by the name of their suite."""
    return check.add(readback_tables(tables))


@dataclass(frozen=True, slots=True)
class CheckedCopy:
    """Odoo's sums of flat prices, and what the rules say of the copy.

    Both are None if it was not read; ``unread`` says why, if it was meant to be.
    """

    prices: Sums | None = None
    checked: CheckResult | None = None
    unread: str | None = None


def read_back(run: Run, service: str, mapped: MappedPages, loaded: LoadedPages) -> CheckedCopy:
    """Read what was loaded back and check it; what Odoo cannot answer any more is told."""
    check = Check(**run.data_docs)
    findings: list[Finding] = []
    charges: tuple[Row, ...] = ()
    counts: dict[str, Count] = {}
    prices: Sums = {}
    for place, page in enumerate(mapped.pages):
        plans = {} if place else mapped.plans
        copy, unread = ask(verify, service, quote(page), plans, quote(loaded.answers_of(place)))
        if copy is None:
            return CheckedCopy(unread=unread)
        read = {"odoo_orders": copy.orders, "odoo_lines": copy.lines}
        findings += check_copy(check, quote(read))
        held = ((each, copy.prices.get(each.external_id, Decimal(0))) for each in page.orders)
        foot(held, prices)
        charges = charges or copy.charges
        for entity, count in copy.counts.items():
            counts[entity] = counts.get(entity, Count(0, 0)) + count
    rows = tuple({"entity": entity} | asdict(count) for entity, count in counts.items())
    findings += check_copy(check, {"odoo_charges": charges, "odoo_counts": rows})
    return CheckedCopy(prices, check.result(findings))
