"""verify: what a load left in Odoo, read back and held against the rules of a shadow."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from decimal import Decimal

from prefect.utilities.annotations import quote

from tasks.backfill.facts.readback import readback_tables
from tasks.backfill.map import MappedPages, Sums, foot
from tasks.backfill.outcomes import LoadedPages
from tasks.backfill.verify import Count, read_copy
from tasks.check.result import CheckResult
from tasks.check.run import Check
from tasks.model.records import Finding
from tasks.model.source import Row
from tasks.run.retries import ask, io_task, pure_task
from tasks.run.run import Run

verify = io_task("verify")(read_copy)


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
