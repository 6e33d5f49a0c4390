"""A reconciliation's report as the terminal and Prefect show it."""

from __future__ import annotations

from pathlib import Path

from tasks.reconcile.reconcile_report import ReconcileReport
from tasks.reconcile.reporting.figures import Figures, figures
from tasks.reconcile.reporting.verdict import give_answers, reach_verdict
from tasks.reconcile.reporting.words import OUTCOME_NAMES, amounts, signed
from tasks.report import artifacts, console, words

_HEADS = ("", "lines", "billed", "Odoo", "difference")
_TOP_CAUSES = 8


def console_summary(report: ReconcileReport, page: Path | None = None) -> str:
    """Tell the run in a screenful of plain text; the last line says what to do next.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none.
    """
    found = figures(report)
    verdict = reach_verdict(report, found)
    lines = [*console.headline(report, verdict), ""]
    lines += console.answer_lines(give_answers(report, found))
    if found.whole.rows:
        lines += ["", *console.aligned([_HEADS, *_totals(found)])]
    if found.causes:
        lines += ["", "Why they differ:"]
        lines += [
            f"  {words.number(cause.rows):>7}  {console.one_line(cause.words.title)}"
            for cause in found.causes[:_TOP_CAUSES]
        ]
        rest = sum(cause.rows for cause in found.causes[_TOP_CAUSES:])
        if rest:
            lines.append(f"  {words.number(rest):>7}  for other reasons, see the report")
    return "\n".join([*lines, "", *console.last_lines(report, verdict, page)])


def artifact_markdown(report: ReconcileReport, page: Path | None = None) -> str:
    """Tell the run in Markdown: verdict, large figures, totals, reasons, links.

    Args:
        report: The run.
        page: Where ``index.html`` was written; None when there is none yet.
    """
    found = figures(report)
    causes = [
        [cause.words.title, words.number(cause.rows), amounts(cause.size)] for cause in found.causes
    ]
    return artifacts.in_markdown(
        *artifacts.opening(reach_verdict(report, found)),
        artifacts.answers_in_markdown(give_answers(report, found)),
        artifacts.markdown_table(_HEADS, _totals(found)) if found.whole.rows else "",
        artifacts.markdown_table(("Reason", "Lines", "Size"), causes) if causes else "",
        artifacts.links_in_markdown(report, page),
    )


def _totals(found: Figures) -> list[list[str]]:
    """Lay out how the lines ended, by currency, with totals."""
    names = {str(outcome): name for outcome, name in OUTCOME_NAMES.items()}
    grid = []
    for whole in found.currencies:
        currency = whole.key[0]
        of_currency = found.of(currency, found.outcomes)
        named = [(names[each.key[1]], each) for each in of_currency]
        for name, each in [*named, (f"All lines in {currency}", whole)]:
            count, delta = words.number(each.rows), signed(each.delta)
            grid.append(
                [name, count, words.money(each.external, ""), words.money(each.odoo, ""), delta]
            )
    return grid
