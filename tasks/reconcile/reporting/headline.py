"""The ten-second answer of a reconciliation: would Odoo bill the same, and if not, why."""

from __future__ import annotations

from collections.abc import Iterator

from tasks.model.report import Answer, Head, Headline
from tasks.reconcile.end_state import consequence
from tasks.reconcile.reporting.figures import Figures, order_fixes
from tasks.reconcile.results import PastRun, ReconcileResults
from tasks.reconcile.words import amounts, apart, cents, signed
from tasks.report import words

_AGAIN = "python -m flows reconcile"


def reach_headline(results: ReconcileResults, found: Figures) -> Headline:
    """Say in words what the comparison comes to, worst news first."""
    whole = found.whole
    if results.end.exit_code in (2, 3) and not whole.rows:
        step = "Fix what the message names, then run again."
        return Headline("bad", "Stopped: nothing was compared", results.end.message, step, _AGAIN)
    if results.end.exit_code in (1, 2, 3):
        headline = "The comparison is not complete"
        step = "Mend what the message names, then run again."
        return Headline("bad", headline, results.end.message, step, _AGAIN)
    if not whole.rows:
        detail = "Neither side has a line in this range."
        step = "Check the range and the service, then run again."
        return Headline("warn", "There is nothing to compare", detail, step, _AGAIN)
    if whole.unexplained_rows:
        return _not_explained(results, found)
    return _explained(results, found) if whole.differing else _same(results, found)


def give_answers(head: Head, results: ReconcileResults, found: Figures) -> tuple[Answer, ...]:
    """Answer with the large figures: what agrees, both totals, what is open, what changed.

    Prices that were due last stand among them where there are any: they are in no other figure.
    """
    return (
        _how_much_agrees(found),
        _what_was_billed(found),
        _what_odoo_would_bill(found),
        _what_is_not_explained(found),
        _what_is_covered(found),
        *_of_longer_periods(results),
        _what_changed(head, results, found),
    )


def comparable_runs(head: Head, results: ReconcileResults) -> list[PastRun]:
    """Keep the former runs that compared the same services over the same range, oldest first."""
    asked = (head.service, results.period_start, results.period_end)
    return [
        each
        for each in results.history
        if (each.service, each.period_start, each.period_end) == asked
    ]


def _not_explained(results: ReconcileResults, found: Figures) -> Headline:
    open_rows = found.whole.unexplained_rows
    lines = words.counted(open_rows, "line")
    open_amounts = amounts({e.key[0]: e.unexplained for e in found.currencies if e.unexplained})
    left = f"{open_amounts} in {lines} {'is' if open_rows == 1 else 'are'} not explained."
    tone = "bad" if results.end.exit_code == 4 else "warn"
    step = "Look at the lines under “Not explained” first, then fix the known reasons."
    detail = f"{_state_of_affairs(found)} {left}{_kept_out(results)}"
    return Headline(tone, consequence(results.lines.sums), detail, step)


def _explained(results: ReconcileResults, found: Figures) -> Headline:
    first = order_fixes(found.unsettled)[0]
    of_all = words.counted(found.whole.differing, "difference")
    step = (
        f"Begin with “{first.words.title}”: mending it removes"
        f" {words.number(first.rows)} of {of_all}."
    )
    tone = "warn" if _kept_out(results) else "info"
    detail = f"{_state_of_affairs(found)} Every difference is explained.{_kept_out(results)}"
    return Headline(tone, consequence(results.lines.sums), detail, step)


def _same(results: ReconcileResults, found: Figures) -> Headline:
    headline = f"Odoo would bill exactly what {found.billed} billed"
    if found.billed.endswith("invoices"):
        headline = "Odoo would bill exactly what was billed"
    detail = f"All {words.counted(found.whole.rows, 'line')} agree.{_kept_out(results)}"
    if _closed(found):
        headline = "Nothing is left open between what was billed and Odoo"
        detail = f"{_state_of_affairs(found)}{_kept_out(results)}"
    if _kept_out(results):
        step = "Mend the lines that could not be compared, then run again."
        return Headline("warn", headline, detail, step, _AGAIN)
    if results.long.unsettled:
        step = "Look at the prices that were due last: some are not settled."
        return Headline("warn", headline, detail, step, _AGAIN)
    step = "Nothing to fix. Run it again for the next period."
    return Headline("good", headline, detail, step, _AGAIN)


def _state_of_affairs(found: Figures) -> str:
    whole, closed = found.whole, _closed(found)
    agree = words.number(whole.matched - closed)
    told = f"{agree} of {words.counted(whole.rows, 'line')} agree"
    if closed:
        told += (
            f", {words.number(closed)} are of subscriptions that ended and were billed as their"
            " terms say"
        )
    return f"{told}."


def _closed(found: Figures) -> int:
    """Count the rows that are settled although Odoo does not bill them."""
    return sum(group.rows for group in found.causes) - found.whole.differing


def _apart(found: Figures) -> str:
    return apart({each.key[0]: each.delta for each in found.currencies})


def _kept_out(results: ReconcileResults) -> str:
    kept_out = sum(source.kept_out for source in results.sources)
    if not kept_out:
        return ""
    return f" {words.counted(kept_out, 'line')} could not be compared."


def _how_much_agrees(found: Figures) -> Answer:
    whole = found.whole
    detail = f"{words.number(whole.matched)} of {words.counted(whole.rows, 'line')}"
    if not whole.rows:
        return Answer("Lines that agree", "info", "None", "no line was compared")
    tone = "warn" if whole.differing else "good"
    return Answer("Lines that agree", tone, words.percent(whole.matched, whole.rows), detail)


def _what_was_billed(found: Figures) -> Answer:
    detail = f"by {found.billed}, before tax"
    if not found.currencies:
        return Answer("Billed", "", "0.00", detail)
    first = found.currencies[0]
    others = {each.key[0]: each.external for each in found.currencies[1:]}
    if others:
        detail = f"and {amounts(others)}; {detail}"
    return Answer("Billed", "", cents(first.external, first.key[0]), detail)


def _what_odoo_would_bill(found: Figures) -> Answer:
    question = "Odoo would bill"
    if not found.currencies:
        return Answer(question, "", "0.00", "no line was compared")
    first = found.currencies[0]
    others = {each.key[0]: each.odoo for each in found.currencies[1:]}
    detail = f"and {amounts(others)}; {_apart(found)}" if others else _apart(found)
    return Answer(question, "", cents(first.odoo, first.key[0]), detail)


def _what_is_not_explained(found: Figures) -> Answer:
    question = "Not explained"
    whole = found.whole
    if not whole.unexplained_rows:
        detail = (
            f"every one of {words.counted(whole.differing, 'difference')} has its reason"
            if whole.differing
            else "there is no difference"
        )
        return Answer(question, "good", "Nothing", detail)
    missing = {each.key[0]: each.unexplained for each in found.currencies if each.unexplained}
    lines = words.counted(whole.unexplained_rows, "line")
    detail = f"{lines} of {words.counted(whole.differing, 'difference')}"
    return Answer(question, "bad", amounts(missing), detail)


def _what_is_covered(found: Figures) -> Answer:
    question = "Covered by the plans"
    shares = [each for each in found.currencies if each.billed]
    if not shares:
        return Answer(question, "", "–", "nothing was billed")
    parts = [
        f"{words.percent(int(each.modeled * 100), int(each.billed * 100))} in {each.key[0]}"
        for each in shares[1:]
    ]
    first = shares[0]
    told = f"{cents(first.modeled, '')} of {cents(first.billed, first.key[0])}"
    share = words.percent(int(first.modeled * 100), int(first.billed * 100))
    return Answer(question, "", share, "; ".join([told, *parts]))


def _of_longer_periods(results: ReconcileResults) -> Iterator[Answer]:
    of_all, unsettled = results.long.lines.height, results.long.unsettled
    if of_all:
        answer = f"{words.number(unsettled)} not settled" if unsettled else "All settled"
        detail = f"of {words.counted(of_all, 'price')} due last in another month"
        yield Answer("Due last, elsewhere", "warn" if unsettled else "good", answer, detail)


def _what_changed(head: Head, results: ReconcileResults, found: Figures) -> Answer:
    question = "Since the last run"
    former = comparable_runs(head, results)
    if not former:
        return Answer(question, "", "First run", "of this range and these services")
    last = former[-1]
    change = found.whole.differing - (last.rows - last.matched)
    answer = "No change" if not change else f"{abs(change):,} {'more' if change > 0 else 'fewer'}"
    moved = [
        f"not explained {signed(round(each.unexplained - before.unexplained, 2), each.key[0])}"
        for each in found.currencies
        if (before := last.currencies.get(each.key[0])) and each.unexplained != before.unexplained
    ]
    when = f"than on {last.started_at.day} {last.started_at:%B %Y}"
    detail = "; ".join([f"differences {when}" if change else f"in number {when}", *moved])
    tone = "" if not change else "warn" if change > 0 else "good"
    return Answer(question, tone, answer, detail)
