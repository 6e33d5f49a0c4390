"""The report of the watch: the largest consequence in money first, then line by line."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Sequence
from decimal import Decimal
from functools import partial

from tasks.model.end_state import CLEAN, EndState
from tasks.model.report import Answer, Attachment, Head, Headline, Report, Table
from tasks.reconcile.end_state import UNEXPLAINED
from tasks.reconcile.workbook.look import write_sheet
from tasks.report import words
from tasks.report.files import csv_file
from tasks.watch.records import Trouble, Watched
from tasks.watch.standing import Coverage

COLUMNS = (
    "service", "customer", "subscription", "item", "period_start", "period_end", "currency",
    "expected_amount", "posted_amount", "trouble", "stake", "evidence", "invoices", "decided",
)  # fmt: skip
#: Each trouble as a sentence about money; what follows is what it means.
WORDS = {
    Trouble.NOT_BILLED: "due and not billed",
    Trouble.BILLED_AFTER_END: "billed although the subscription had ended",
    Trouble.BILLED_TWICE: "billed twice",
    Trouble.NOT_DUE: "billed although no term names it",
    Trouble.OTHER_AMOUNT: "billed otherwise than the terms say",
    Trouble.OTHER_TAX: "of tax differs from the order's",
    Trouble.USAGE_LATE: "of usage came after its invoice and is not billed",
    Trouble.CLOSING: "not paid, and Odoo is about to end the subscription",
}

_SHOWN = ("Customer", "Item", "From", "Due", "Posted", "At stake", "What")

_Cell = str | Decimal | None
_Rows = tuple[tuple[_Cell, ...], ...]
#: Lines and money of a trouble in a currency.
_Sums = dict[tuple[Trouble, str], tuple[int, Decimal]]


def build_report(
    head: Head,
    lines: Sequence[Watched],
    coverage: Coverage,
    *,
    not_derived: int,
    max_amount: Decimal,
) -> Report:
    """Tell a watch.

    Args:
        head: Whose report it is.
        lines: All lines, with and without trouble.
        coverage: Who is watched, compared, or neither.
        not_derived: Posted lines of which the terms cannot say what is due.
        max_amount: So much trouble is tolerated, in each currency.
    """
    wrong = sorted(
        (line for line in lines if line.is_open),
        key=lambda line: (-line.stake, line.customer, line.item),
    )
    decided = [line for line in lines if line.decided]
    sums = _sums(wrong)
    said = _sentence(sums) or _of_coverage(coverage, any_decided=bool(decided))
    over = _is_over(sums, max_amount) or bool(coverage.neither)
    counted = (
        f"{said}. {words.counted(len(lines), 'line')} watched, {len(wrong):,} with trouble,"
        f" {len(decided):,} decided;"
        f" {coverage.watched:,} customers watched, {coverage.compared:,} compared in shadow,"
        f" {len(coverage.neither):,} neither"
    )
    name = "WatchFoundTrouble" if over else "CompletedWithDifferences" if wrong else "Completed"
    return Report(
        head=head,
        end=EndState(name, counted, UNEXPLAINED if over else CLEAN),
        about="What is due, against what Odoo has posted",
        headline=Headline(
            "bad" if over else "warn" if wrong else "good",
            said,
            f"{words.counted(len(lines), 'line')} watched, {len(wrong):,} with trouble"
            + (f", {len(decided):,} decided" if decided else "")
            + (
                f"; {not_derived:,} more are posted that no term can price." if not_derived else "."
            ),
            _what_to_do(wrong, coverage),
        ),
        answers=_answers(coverage, not_derived),
        sections=_sections(wrong, decided, sums, coverage),
        figures={
            "sentence": said,
            "lines": len(lines),
            "decided": len(decided),
            "troubles": [
                {"trouble": trouble.value, "currency": currency, "lines": n, "amount": f"{a:.2f}"}
                for (trouble, currency), (n, a) in sums.items()
            ],
            "watched": coverage.watched,
            "compared": coverage.compared,
            "neither": dict(coverage.neither),
            "not_derived": not_derived,
        },
        attachments=_attachments(tuple((head.service, *_cells(line)) for line in lines)),
    )


def _answers(coverage: Coverage, not_derived: int) -> tuple[Answer, ...]:
    return (
        Answer("Watched", "", f"{coverage.watched:,}", "customers whom Odoo bills"),
        Answer("Still in shadow", "", f"{coverage.compared:,}", "compared by the dual run"),
        Answer(
            "Neither",
            "bad" if coverage.neither else "good",
            f"{len(coverage.neither):,}",
            "are neither watched nor compared",
        ),
        Answer("Not judged", "", f"{not_derived:,}", "posted lines that no term can price"),
    )


def _sections(
    wrong: Sequence[Watched], decided: Sequence[Watched], sums: _Sums, coverage: Coverage
) -> tuple[Table, ...]:
    return (
        Table(
            "What is wrong",
            ("What", "Lines", "Money"),
            tuple(
                (f"{WORDS[trouble].capitalize()}", count, words.money(amount, currency))
                for (trouble, currency), (count, amount) in sums.items()
            ),
            where="everywhere",
            in_prefect=True,
        ),
        Table(
            "Line by line",
            (*_SHOWN, "Invoices"),
            tuple(_shown(line) for line in wrong),
            intro="The largest first; amounts before tax, but for what is not paid.",
        ),
        Table(
            "Decided in Odoo",
            (*_SHOWN, "Decided"),
            tuple((*_shown(line)[:-1], line.decided) for line in decided),
            intro="Within the limit of the decision, for one customer in one month.",
        ),
        Table(
            "Neither watched nor compared",
            ("Customer", "Why"),
            tuple(coverage.neither.items()),
            where="everywhere",
        ),
    )


def _attachments(rows: _Rows) -> tuple[Attachment, ...]:
    return (
        csv_file(
            "lines.csv",
            "every line with what is due, what is posted and what is wrong",
            COLUMNS,
            tuple(tuple(map(_text, row)) for row in rows),
        ),
        Attachment(
            "reconciliation.xlsx",
            "the same as a workbook",
            partial(write_sheet, "Watch", COLUMNS, rows),
        ),
    )


def _sums(wrong: Sequence[Watched]) -> _Sums:
    """Add up by trouble and currency, the most money first."""
    amounts: dict[tuple[Trouble, str], Decimal] = defaultdict(Decimal)
    counts: Counter[tuple[Trouble, str]] = Counter()
    for line in wrong:
        if line.trouble:
            amounts[line.trouble, line.currency] += line.stake
            counts[line.trouble, line.currency] += 1
    ordered = sorted(amounts, key=lambda key: (-amounts[key], key))
    return {key: (counts[key], amounts[key]) for key in ordered}


def _sentence(sums: _Sums) -> str:
    for (trouble, currency), (count, amount) in sums.items():
        where = words.counted(count, "line")
        return f"{words.money(amount, currency)} {WORDS[trouble]} ({where})"
    return ""


def _of_coverage(coverage: Coverage, *, any_decided: bool) -> str:
    """Say what a watch without trouble amounts to: nobody overlooked is no clean result."""
    if coverage.neither:
        who = words.counted(len(coverage.neither), "customer")
        return f"Nobody watches or compares {who}"
    if not coverage.watched:
        return "Nobody is live yet"
    return f"All that is due is posted{', or decided about' if any_decided else ''}"


def _what_to_do(wrong: Sequence[Watched], coverage: Coverage) -> str:
    if wrong:
        return "Begin with the largest: invoice what is missing, credit what is too much."
    if coverage.neither:
        return "Begin with the table of who is neither: a dual run compares whoever is in shadow."
    return "Nothing to do."


def _is_over(sums: _Sums, limit: Decimal) -> bool:
    stakes: dict[str, Decimal] = defaultdict(Decimal)
    for (_, currency), (_, amount) in sums.items():
        stakes[currency] += amount
    return any(stake > limit for stake in stakes.values())


def _cells(line: Watched) -> tuple[_Cell, ...]:
    return (
        line.customer,
        line.subscription,
        line.item,
        line.period_start.isoformat() if line.period_start else None,
        line.period_end.isoformat() if line.period_end else None,
        line.currency,
        line.expected,
        line.posted,
        line.trouble.value if line.trouble else "",
        line.stake,
        line.evidence,
        line.refs,
        line.decided,
    )


def _text(cell: _Cell) -> str | None:
    return f"{cell:f}" if isinstance(cell, Decimal) else cell


def _shown(line: Watched) -> tuple[str, ...]:
    return (
        line.customer,
        line.item,
        f"{line.period_start:%Y-%m-%d}" if line.period_start else "",
        "–" if line.expected is None else words.money(line.expected, line.currency),
        "–" if line.posted is None else words.money(line.posted, line.currency),
        words.money(line.stake, line.currency),
        line.evidence,
        line.refs,
    )
