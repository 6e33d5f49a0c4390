"""A reconciliation as data: what its ``summary.json`` holds."""

from __future__ import annotations

from collections.abc import Iterable
from decimal import Decimal
from typing import Any

from tasks.model.ledger import LineOutcome, WrongSide
from tasks.model.money import decimal_text
from tasks.reconcile.figures import Sum
from tasks.reconcile.reporting.figures import Figures, Fix
from tasks.reconcile.results import ReconcileResults


def summary_figures(
    results: ReconcileResults, found: Figures, fixes: Iterable[Fix]
) -> dict[str, Any]:
    """Sum a comparison up for programs: JSON types only, amounts before tax as text.

    ``rows.lines.read`` is the sum of the outcomes beside it, ``settled_lines`` and the lines by
    ``wrong_side`` together are as many; ``totals`` foot by currency to
    ``currencies``, whose ``difference`` is Odoo's amount less the external one.
    """
    return {
        "period": {
            "start": results.period_start.isoformat(),
            "end": results.period_end.isoformat(),
        },
        "tolerances": {code: decimal_text(amount) for code, amount in results.tolerances.items()},
        "rows": {
            "lines": {"read": found.whole.rows} | _counted(found.outcomes, LineOutcome),
        }
        | {
            source.origin: {
                "read": source.lines + source.kept_out,
                "compared": source.lines,
                "quarantined": source.kept_out,
            }
            for source in results.sources
        },
        "settled_lines": found.whole.matched,
        # Lines that are settled have no side.
        "wrong_side": _counted(found.sides, filter(None, WrongSide)),
        "causes": {group.code: group.rows for group in found.causes},
        "match_share": _share(found.whole),
        "unexplained_lines": found.whole.unexplained_rows,
        "currencies": {each.key[0]: _currency(each, found) for each in found.currencies},
        "totals": [_total(each, "service") for each in found.services],
        "months": [_total(each, "month") for each in found.months],
        "coverage": [_coverage(each) for each in found.families],
        "fixes": [
            {"cause": fix.cause, "lines": fix.rows, "left": fix.left, "amounts": _texts(fix.size)}
            for fix in fixes
        ],
    }


def _counted(sums: Iterable[Sum], names: Iterable[str]) -> dict[str, int]:
    """Count the lines by their second key; those under another name are left out."""
    counts = dict.fromkeys(map(str, names), 0)
    for each in sums:
        if each.key[1] in counts:
            counts[each.key[1]] += each.rows
    return counts


def _share(whole: Sum) -> float | None:
    return round(whole.matched / whole.rows, 6) if whole.rows else None


def _currency(whole: Sum, found: Figures) -> dict[str, Any]:
    return {
        "external": decimal_text(whole.external),
        "odoo": decimal_text(whole.odoo),
        "expected": decimal_text(whole.expected) if whole.expected_lines else None,
        "difference": decimal_text(whole.delta),
        "within_tolerance": decimal_text(whole.tolerated),
        "unexplained": decimal_text(whole.unexplained),
        "covered": decimal_text(whole.modeled),
        "billed": decimal_text(whole.billed),
        "causes": {
            each.key[0]: {"lines": each.rows, "difference": decimal_text(each.delta)}
            for each in found.waterfalls[whole.key[0]]
        },
    }


def _total(each: Sum, by: str) -> dict[str, Any]:
    return {
        by: each.key[1],
        "currency": each.key[0],
        "lines": each.rows,
        "matched": each.matched,
        "external": decimal_text(each.external),
        "odoo": decimal_text(each.odoo),
        "difference": decimal_text(each.delta),
        "unexplained": decimal_text(each.unexplained),
    }


def _coverage(each: Sum) -> dict[str, Any]:
    return {
        "family": each.key[1],
        "currency": each.key[0],
        "billed": decimal_text(each.billed),
        "covered": decimal_text(each.modeled),
        "in_odoo": decimal_text(each.found),
        "agreed": decimal_text(each.agreed),
    }


def _texts(by_currency: dict[str, Decimal]) -> dict[str, str]:
    return {code: decimal_text(amount) for code, amount in by_currency.items()}
