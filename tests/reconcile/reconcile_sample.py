"""A small reconciliation, for the tests of its report: every cause once, two currencies."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

import polars as pl

from tasks.model.end_state import EndState
from tasks.model.ledger import FAMILY_OF_PREFIX, MATCHED_SCHEMA, Family
from tasks.model.records import Finding, RuleStat, Severity
from tasks.model.report import Report
from tasks.reconcile.pages import Compared
from tasks.reconcile.report import build_report
from tasks.reconcile.results import CurrencyFigures, LedgerSource, PastRun, ReconcileResults
from tests.report.changing import changed
from tests.report.plain_sample import plain_head

BEGAN = datetime(2026, 11, 2, 3, 0, tzinfo=UTC)
MONTHS = [datetime(2026, month, 1, 4, tzinfo=UTC) for month in range(5, 12)]


def row(
    number: int = 1, external: str | None = "49", odoo: str | None = "49", **changes: Any
) -> dict[str, Any]:
    """One row of a matched frame; amounts in the major unit, None where a side has no line."""
    left, right = _micro(external), _micro(odoo)
    month = changes.pop("at", number % 6)
    item = changes.get("item", "flat")
    same = left == right
    missing = "missing_in_odoo" if odoo is None else "missing_in_external"
    return {
        "service": "nexadesk",
        "customer": f"customer-{number % 40}",
        "subscription": f"subscription-{number}",
        "item": item,
        "period_start": MONTHS[month],
        "period_end": MONTHS[month + 1],
        "currency": "CAD",
        "outcome": "match" if same else missing if None in (external, odoo) else "delta",
        "cause": "" if same else "unexplained",
        "wrong_side": "" if same else "open",
        "external_micro": left,
        "odoo_micro": right,
        "expected_micro": None,
        "delta_micro": (right or 0) - (left or 0),
        "evidence": "",
        "external_units": "",
        "odoo_units": "",
        "external_ref": "" if external is None else f"LAGO-{number:05}",
        "odoo_ref": "" if odoo is None else f"S{number:05}",
        "external_origin": "" if external is None else "lago",
        "external_lines": int(external is not None),
        "odoo_lines": int(odoo is not None),
        "expected_lines": 0,
        "family": str(FAMILY_OF_PREFIX.get(item.partition(":")[0], Family.OTHER)),
        "month": f"{MONTHS[month]:%Y-%m}",
        "external_period_start": None if external is None else MONTHS[month],
        "external_period_end": None if external is None else MONTHS[month + 1],
        "tax_rate": "5",
        "odoo_tax_rate": "5",
        "terms": "",
        **changes,
    }


def frame(rows: list[dict[str, Any]]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=MATCHED_SCHEMA, orient="row")


def lines(matching: int = 120) -> pl.DataFrame:
    """Matching lines of three services, and differences of every cause; seeded."""
    dice = random.Random(5)
    services = ("nexadesk", "nexamaps", "nexacloud")
    rows = []
    for number in range(matching):
        amount = str(dice.choice(("19", "49", "199.5", "12.37")))
        origin = "nexacloud" if number % 3 == 2 else "lago"
        currency = "USD" if number % 10 == 9 else "CAD"
        item = "usage:seats" if number % 4 == 3 else "flat"
        rows.append(
            row(number, amount, amount, service=services[number % 3], external_origin=origin)
            | {"currency": currency, "item": item}
            | {"family": "usage" if item != "flat" else "plan"}
        )
    usage = {"item": "usage:requests", "service": "nexamaps"}
    told: dict[str, tuple[int, str | None, str | None, str, dict[str, Any]]] = {
        "rate_rounded_to_cents": (14, "3.13", "2.34", "313 × 0.01 = 3.13, Lago's amount", usage),
        "quota_not_applied": (9, "12.5", "7.5", "without the included 100: 12.50", usage),
        "quota_differs": (4, "8", "7.5", "with 90 included: 8.00", usage),
        "block_rating": (6, "4", "3.42", "4 begun blocks × 1.00 = 4.00", usage),
        "usage_missing": (5, None, "21", "Lago has no usage, Odoo 2,100", usage),
        "usage_counted_twice": (3, "42", "21", "4,200 = 2 × 2,100", usage),
        "period_boundary": (4, "20.9", "21", "10 units fall on 30 April UTC", usage),
        "proration": (3, "16.33", "49", "10 of 30 days of 49.00", {}),
        "flat_price_differs": (7, "45", "49", "price 45.00, in Odoo 49.00", {}),
        "plan_differs": (2, "199", "49", "the price of plan business", {}),
        "tax_included": (8, "51.45", "49", "51.45 / 1.05 = 49.00", {}),
        "addon_missing": (6, "25", None, "no plan has add-ons", {"item": "addon:Setup"}),
        "tax_differs": (3, "49", "49", "taxed at 14.975 % there, at 0 % in Odoo", {}),
        "billed_twice": (2, "49", None, "another line of it is what Odoo bills", {}),
        "ended_before_copy": (4, "39", None, "it ended on 2026-06-05", {}),
        "kept_out": (3, "59", None, "the plan has no price", {}),
        "begins_later": (2, "49", None, "Odoo's order begins on 2026-06-05", {}),
        "one_off": (2, "90", None, "billed once", {"item": "one-off:Onboarding"}),
        "discount": (2, "-5", None, "no discount", {"item": "discount:WELCOME"}),
        "not_itemized": (2, "61", None, "no items", {"item": "other:no items"}),
        "rounding": (5, "49.01", "49", "off by 0.01", {}),
        "rate_rounded_to_cents+quota_not_applied": (3, "4.13", "2.34", "413 × 0.01", usage),
        "unexplained": (2, "77.7", "49", "no hypothesis gives 77.70", {}),
    }
    number = matching
    for cause, (count, external, odoo, evidence, more) in told.items():
        for _ in range(count):
            number += 1
            found = {"cause": cause, "evidence": evidence} | more
            if cause == "tax_differs":
                found |= {"outcome": "delta", "wrong_side": "open", "odoo_tax_rate": "0"}
            rows.append(row(number, external, odoo, **found))
    evidence = "billed in USD, the order in Odoo is in CAD"
    in_two = {"cause": "currency", "outcome": "delta", "evidence": evidence}
    rows.append(row(number + 1, "49", None, currency="USD", **in_two))
    rows.append(row(number + 1, None, "49", **in_two))
    credit = {
        "item": "credit:Goodwill",
        "cause": "credit",
        "evidence": "no plan has credits",
    }
    rows.append(row(number + 2, "-10", None, **credit))
    return frame(rows)


def finding(key: str, rule: str, severity: Severity = Severity.CRITICAL_ROW) -> Finding:
    sentence, remedy = "An invoice adds up to its lines.", "Correct the invoice in Lago."
    return Finding("lago_invoices", key, rule, severity, sentence, "lines 48.00, total 49", remedy)


def past(run: str, unexplained: str, matched: int, **changes: Any) -> PastRun:
    figures = CurrencyFigures(Decimal(unexplained), {"tax_included": 12})
    former = PastRun(
        run=run,
        started_at=datetime.strptime(run[:8], "%Y%m%d").replace(tzinfo=UTC),
        service="nexadesk,nexamaps,nexacloud",
        period_start=MONTHS[0],
        period_end=MONTHS[-1],
        rows=200,
        matched=matched,
        unexplained=5,
        currencies={"CAD": figures},
    )
    return replace(former, **changes)


HEAD = plain_head(
    "reconcile",
    service="nexadesk,nexamaps,nexacloud",
    source="https://lago.example.com",
    company="NexaSystems",
    currency="CAD",
    timezone="America/Toronto",
    timings={"read": 3.2, "match": 0.4},
    links={"odoo": "https://odoo.example.com", "data_docs": "../../data_docs/site/index.html"},
    parameters={"period": "2026-05..2026-10"},
)


def reconcile_results(compared: pl.DataFrame | Compared | None = None) -> ReconcileResults:
    if not isinstance(compared, Compared):
        compared = Compared([lines() if compared is None else compared])
    return ReconcileResults(
        period_start=MONTHS[0],
        period_end=MONTHS[-1],
        tolerances={"CAD": Decimal("0.005"), "USD": Decimal("0.005")},
        sources=(
            LedgerSource("lago", 231, 330, 2, "231 of 231 invoices that Lago counts were read."),
            LedgerSource("nexacloud", 120, 134),
            LedgerSource("odoo", 90, int(compared.sums["odoo_lines"].sum())),
        ),
        lines=compared,
        findings=(
            finding("LAGO-00007", "invoice_adds_up"),
            finding("LAGO-00008", "invoice_adds_up"),
            finding("LAGO-00009", "fee_without_invoice", Severity.WARNING),
        ),
        checks=(
            RuleStat(
                "lago_invoices",
                "invoice_adds_up",
                "An invoice adds up to its lines.",
                Severity.CRITICAL_ROW,
                "Correct the invoice in Lago.",
                231,
                2,
            ),
        ),
        history=(past("20261012-030000-aa", "60.1", 104), past("20261026-030000-bb", "57.4", 112)),
        end=EndState("Completed", "Compared.", 0),
    )


def reconcile_report(**changes: Any) -> Report:
    lines = changes.pop("lines", None)
    return build_report(*changed(HEAD, reconcile_results(lines), changes))


def _micro(amount: str | None) -> int | None:
    return None if amount is None else int(Decimal(amount).scaleb(6))
