"""The report of a reconciliation: would Odoo bill the same, and if not, why."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace
from functools import partial

from tasks.model.records import Finding
from tasks.model.report import (
    Attachment,
    Drawn,
    Head,
    Link,
    Reason,
    ReasonRow,
    Report,
    Section,
    Table,
)
from tasks.reconcile import words as told
from tasks.reconcile.reporting.facts import page_facts
from tasks.reconcile.reporting.figures import Figures, Fix, add_figures_up, order_fixes
from tasks.reconcile.reporting.files import PARTS, write_causes, write_lines, write_outcomes
from tasks.reconcile.reporting.headline import give_answers, reach_headline
from tasks.reconcile.reporting.sorting import by_cause, in_order
from tasks.reconcile.reporting.summary import summary_figures
from tasks.reconcile.results import ReconcileResults
from tasks.reconcile.workbook.write import write_workbook
from tasks.report import words
from tasks.report.reasons import Groups, critical_findings

WORKBOOK = "reconciliation.xlsx"
_ACTION = "fusion_centralize_billing_reconciliation.fusion_billing_reconciliation_action"
_TEMPLATES = "reconcile/templates/{}.html.j2"
#: Sections that speak of lines, in the order of the page.
_OF_LINES = ("fall", "foot", "top", "months", "causes", "coverage")


def build_report(head: Head, results: ReconcileResults) -> Report:
    """Tell a reconciliation.

    Raises:
        FatalError: The lines do not add up to what was read.
    """
    if "odoo" in head.links:
        listed = f"{head.links['odoo']}/odoo/action-{_ACTION}"
        head = replace(head, links={**head.links, "odoo_reconciliation": listed})
    found = add_figures_up(results)
    fixes = order_fixes(found.unsettled)
    services = told.joined([words.service_name(code) for code in head.service.split(",")])
    return Report(
        head=head,
        end=results.end,
        about=f"{services}: {found.billed} against Odoo",
        headline=reach_headline(results, found),
        answers=give_answers(head, results, found),
        sections=(*_texts(found), *_page(head, results, found, fixes), *_long(results)),
        figures=summary_figures(results, found, fixes),
        findings=results.findings,
        checks=results.checks,
        attachments=_attachments(head, results, found),
        contents=tuple(_contents(found, fixes)),
        results=results,
    )


def _page(
    head: Head, results: ReconcileResults, found: Figures, fixes: Sequence[Fix]
) -> tuple[Section, ...]:
    facts = page_facts(head, results, found, fixes)
    facts["roots"] = _kept_out(results.findings)
    names = (*(_OF_LINES if found.whole.rows else ()), "read")
    return tuple(Drawn(_TEMPLATES.format(name), facts) for name in names)


def _contents(found: Figures, fixes: Sequence[Fix]) -> Iterable[Link]:
    """Name the page's parts that there are."""
    yield Link("Workbook", WORKBOOK)
    if found.whole.rows:
        yield Link("Where the difference comes from", "#h-fall")
        yield Link("Totals", "#h-foot")
        yield Link("By month", "#h-months")
    if fixes:
        yield Link("What to fix first", "#h-fix")
    if found.causes:
        yield Link("Reasons and lines", "#h-why")
    if found.families:
        yield Link("Coverage", "#h-cover")
    yield Link("What was read", "#h-read")
    yield Link("The run", "#h-run")


def _texts(found: Figures) -> tuple[Table, ...]:
    """Lay out how the lines ended, by currency with totals, and why they differ."""
    grid = []
    for whole in found.currencies:
        currency = whole.key[0]
        outcomes = found.of(currency, found.outcomes)
        named = [(told.OUTCOME_NAMES[each.key[1]], each) for each in outcomes]
        grid += [
            (
                name,
                each.rows,
                words.money(each.external, ""),
                words.money(each.expected, "") if each.expected_lines else "–",
                words.money(each.odoo, ""),
                told.signed(each.delta),
            )
            for name, each in [*named, (f"All lines in {currency}", whole)]
        ]
    causes = tuple((each.words.title, each.rows, told.amounts(each.size)) for each in found.causes)
    return (
        Table("", ("", "lines", "billed", "due", "Odoo", "difference"), tuple(grid), where="text"),
        Table("Why they differ", ("Reason", "Lines", "Size"), causes, where="text"),
    )


def _long(results: ReconcileResults) -> Iterable[Table]:
    """Lay out how the prices that were due last compare, if there are any."""
    lines = results.long.lines
    if lines.height:
        counts = dict(lines.group_by("wrong_side").len().iter_rows())
        yield Table(
            "Prices that were due last",
            ("Which side is wrong", "Prices"),
            tuple(
                (name, counts[side]) for side, name in told.WRONG_NAMES.items() if side in counts
            ),
            intro=(
                "Of each subscription the price that was due last, where its period began in"
                " another month: by the year, and of the latest bill since these months. They count"
                " in no sum above."
            ),
            where="everywhere",
        )


def _attachments(head: Head, results: ReconcileResults, found: Figures) -> tuple[Attachment, ...]:
    """Make the files beside the page; rows stand in the same order however the lines came."""
    lines = results.lines
    return (
        Attachment(
            WORKBOOK,
            "the workbook: sums that foot by formulas, and the lines to work on",
            partial(write_workbook, head, results, found),
        ),
        Attachment(
            "lines.csv",
            "every line with its three amounts, its outcome, its reason and which side is wrong",
            lambda path: write_lines(in_order(lines), path),
        ),
        Attachment(
            "outcomes.csv",
            "lines and amounts by service, month, outcome, reason and wrong side",
            partial(write_outcomes, lines.sums),
        ),
        Attachment(PARTS, "", lambda folder: write_causes(by_cause(lines), folder)),
        *_long_files(results),
    )


def _long_files(results: ReconcileResults) -> Iterable[Attachment]:
    lines = results.long.lines
    if lines.height:
        yield Attachment(
            "long_periods.csv",
            "prices that were due last, compared apart: the columns are those of lines.csv",
            lambda path: write_lines(in_order([lines]), path),
        )


def _kept_out(findings: Iterable[Finding]) -> list[Reason]:
    """Group what could not be compared by the rule that it broke."""
    groups = Groups()
    for each in critical_findings(findings):
        if each.key is not None:
            row = ReasonRow("", each.key, each.observed)
            groups.add(each.table, each.rule, each.sentence, each.remedy, row)
    return groups.biggest_first()
