"""The ten-second answer: is the copy safe, is it complete, and what to do next."""

from __future__ import annotations

from dataclasses import replace

from tasks.backfill.accounts import Accounts
from tasks.backfill.results import BackfillResults
from tasks.model.counts import TableCounts, add_up
from tasks.model.records import Outcome, Total
from tasks.model.report import Answer, ControlTotal, Head, Headline
from tasks.report import answers, words

#: The source and the service that the command line has as its defaults.
_DEFAULT = "nexacloud"


def reach_headline(
    head: Head, results: BackfillResults, counts: tuple[TableCounts, ...]
) -> Headline:
    """Say in words what the run comes to, worst news first; and whose results it tells."""
    told = _told(head, results, counts)
    if results.since is None:
        return told
    stands = f"Nothing has changed since run {results.since}: its results stand."
    return replace(told, detail=f"{stands} {told.detail}")


def _told(head: Head, results: BackfillResults, counts: tuple[TableCounts, ...]) -> Headline:
    whole = add_up(counts)
    if head.dry_run:
        return _dry_run(head, results, whole)
    if (
        results.end.exit_code in (2, 3)
        and not whole.loaded
        and not whole.by_outcome[Outcome.FAILED]
    ):
        return answers.stopped(results.end.message, _again(head))
    if results.safe is False:
        return _unsafe(results)
    if results.end.exit_code == 1:
        return _broken_off(head, results, whole)
    if results.safe is None:
        return _not_read_back(head)
    return _safe(head, results, counts, whole)


def give_answers(
    head: Head, results: BackfillResults, counts: tuple[TableCounts, ...]
) -> tuple[Answer, ...]:
    """Answer whether the copy is safe, complete, and equal in money."""
    return (
        _is_it_safe(head, results),
        answers.is_it_complete(add_up(counts), "row", "loaded", dry_run=head.dry_run),
        _do_totals_agree(results),
    )


def differing_totals(results: BackfillResults) -> list[Total]:
    """List the control totals that were read back and differ."""
    return [each for each in results.totals if each.odoo is not None and each.odoo != each.source]


def draft_orders(results: BackfillResults, counts: tuple[TableCounts, ...]) -> int:
    """Count the orders of the copy that are still drafts in Odoo."""
    loaded = {each.table: each.loaded for each in counts}
    return loaded[_table_of_orders(results)] - orders_left_draft(results) - orders_live(results)


def orders_left_draft(results: BackfillResults) -> int:
    """Count the orders that someone took out of draft in Odoo."""
    return _orders_with(results, "order_left_draft")


def orders_live(results: BackfillResults) -> int:
    """Count the orders that a cutover took live: Odoo bills them."""
    return _orders_with(results, "order_live")


def _orders_with(results: BackfillResults, code: str) -> int:
    table, counts = _table_of_orders(results), Accounts.of(results.rows).counts
    return sum(rows for place, rows in counts.items() if (place[0], place[2]) == (table, code))


def _table_of_orders(results: BackfillResults) -> str:
    """Name the table of which each loaded row is an order; Lago has no deployments."""
    deployed = any(table == "deployments" for table, _, _ in Accounts.of(results.rows).counts)
    return "deployments" if deployed else "subscriptions"


def _again(head: Head) -> str:
    """Give the command that does it again, for the same service."""
    chosen = [
        f" --{name} {head.parameters[name]}"
        for name in ("source", "service")
        if head.parameters.get(name, _DEFAULT) != _DEFAULT
    ]
    return f"python -m flows {head.flow}{''.join(chosen)}"


def _dry_run(head: Head, results: BackfillResults, whole: TableCounts) -> Headline:
    if results.end.exit_code in (0, 3) and whole.loaded:
        by = whole.by_outcome
        detail = (
            f"The real run would create {words.counted(by[Outcome.CREATED], 'row')}, update "
            f"{words.number(by[Outcome.UPDATED])}, leave {words.number(by[Outcome.UNCHANGED])} "
            f"unchanged and keep {words.number(whole.kept_out)} out."
        )
        return answers.dry_run(detail, _again(head))
    return answers.dry_run_would_stop(results.end.message, _again(head))


def _unsafe(results: BackfillResults) -> Headline:
    failed = sum(1 for check in results.readback if check.failed)
    detail = (
        f"{words.counted(failed, 'read-back check')} failed: Odoo holds records that are not what "
        "a shadow copy must be. Until this is fixed, take it that customers could be charged."
    )
    step = "Open the failed read-back checks and fix those records in Odoo before anything else."
    return Headline("bad", "Attention: the copy is not safe", detail, step)


def _broken_off(head: Head, results: BackfillResults, whole: TableCounts) -> Headline:
    detail = (
        f"{words.counted(whole.loaded, 'row')} of {words.number(whole.in_scope)} are confirmed to "
        f"be in Odoo. {results.end.message}"
    )
    return answers.broken_off("the copy", detail, _again(head))


def _not_read_back(head: Head) -> Headline:
    detail = "The rows were loaded, but Odoo was not read back, so nobody checked the copy."
    step = "Run it again to have the copy checked."
    return Headline("warn", "Attention: the copy has not been checked", detail, step, _again(head))


def _safe(
    head: Head, results: BackfillResults, counts: tuple[TableCounts, ...], whole: TableCounts
) -> Headline:
    orders = draft_orders(results, counts)
    drafts = (
        f"{words.counted(orders, 'draft order')}, none can charge anyone"
        if orders
        else "it holds no order"
    )
    left = orders_left_draft(results)
    notes = [f"{drafts[0].upper()}{drafts[1:]}."]
    if whole.kept_out:
        notes.append(f"{words.counted(whole.kept_out, 'row')} of {whole.in_scope:,} were kept out.")
    if left:
        notes.append(
            f"{words.counted(left, 'order')} {'was' if left == 1 else 'were'} taken out of draft "
            "by someone in Odoo and left alone."
        )
    live = orders_live(results)
    if live:
        notes.append(f"{words.counted(live, 'subscription')} of live customers: Odoo bills them.")
    detail = " ".join(notes)
    if differing_totals(results):
        step = "Find out why the control totals differ before you rely on the copy."
        return Headline("warn", "The copy is safe, but its totals differ", detail, step)
    if whole.kept_out:
        step = "Fix the rows by reason, root causes first, then run again."
        return Headline("warn", "The copy is safe, but not complete", detail, step, _again(head))
    if left:
        step = "Ask who took those orders out of draft: those orders can charge."
        return Headline("warn", "The copy is safe, but orders were confirmed by hand", detail, step)
    step = "Nothing to fix. Run it again whenever the source changes."
    detail = f"All {words.counted(whole.in_scope, 'row')} in scope are in Odoo."
    return Headline("good", f"The copy is safe: {drafts}", detail, step, _again(head))


def _is_it_safe(head: Head, results: BackfillResults) -> Answer:
    question = "Is it safe?"
    if results.safe is None:
        why = "a dry run writes nothing" if head.dry_run else "Odoo was not read back"
        return Answer(question, "info", "Not checked", why)
    passed = sum(1 for check in results.readback if not check.failed)
    detail = f"{passed} of {words.counted(len(results.readback), 'read-back check')} passed"
    return Answer(question, *(("good", "Yes") if results.safe else ("bad", "No")), detail)


def _do_totals_agree(results: BackfillResults) -> Answer:
    question = "Do the totals agree?"
    compared = [each for each in results.totals if each.odoo is not None]
    if not compared:
        return Answer(question, "info", "Not compared", "nothing was read back from Odoo")
    differing = differing_totals(results)
    if differing:
        what = f"{len(differing)} of {words.counted(len(compared), 'control total')} differ"
        return Answer(question, "warn", "No", what)
    return Answer(question, "good", "Yes", f"{words.counted(len(compared), 'total')}, to the cent")


def control_total(total: Total) -> ControlTotal:
    """Write a control total in words."""
    difference = (total.odoo or 0) - total.source
    return ControlTotal(
        total.label,
        words.money(total.source, total.currency),
        None if total.odoo is None else words.money(total.odoo, total.currency),
        words.money(difference, total.currency),
        agrees=not difference,
    )
