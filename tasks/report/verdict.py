"""The ten-second answer: is the copy safe, is it complete, and what to do next."""

from __future__ import annotations

from tasks.model.records import Outcome, RunReport, Total
from tasks.report import words
from tasks.report.counts import TableCounts, add_up
from tasks.report.plain_report import Answer, Verdict

#: The source and the service that the command line has as its defaults.
_DEFAULT = "nexacloud"


def reach_verdict(report: RunReport, counts: tuple[TableCounts, ...]) -> Verdict:
    """Say in words what the run comes to, worst news first."""
    whole = add_up(counts)
    if report.dry_run:
        return _dry_run(report, whole)
    if report.exit_code in (2, 3) and not whole.loaded and not whole.by_outcome[Outcome.FAILED]:
        return _stopped(report)
    if report.safe is False:
        return _unsafe(report)
    if report.exit_code == 1:
        return _broken_off(report, whole)
    if report.safe is None:
        return _not_read_back(report)
    return _safe(report, counts, whole)


def give_answers(report: RunReport, counts: tuple[TableCounts, ...]) -> tuple[Answer, ...]:
    """Answer whether the copy is safe, complete, and equal in money."""
    return (_is_it_safe(report), _is_it_complete(report, add_up(counts)), _do_totals_agree(report))


def differing_totals(report: RunReport) -> list[Total]:
    """List the control totals that were read back and differ."""
    return [each for each in report.totals if each.odoo is not None and each.odoo != each.source]


def draft_orders(report: RunReport, counts: tuple[TableCounts, ...]) -> int:
    """Count the orders of the copy that are still drafts in Odoo."""
    loaded = {each.table: each.loaded for each in counts}
    return loaded[_table_of_orders(report)] - orders_left_draft(report) - orders_live(report)


def orders_left_draft(report: RunReport) -> int:
    """Count the orders that someone took out of draft in Odoo."""
    return _orders_with(report, "order_left_draft")


def orders_live(report: RunReport) -> int:
    """Count the orders that a cutover took live: Odoo bills them."""
    return _orders_with(report, "order_live")


def _orders_with(report: RunReport, code: str) -> int:
    table = _table_of_orders(report)
    return sum(1 for row in report.rows if row.table == table and row.code == code)


def _table_of_orders(report: RunReport) -> str:
    """Name the table of which each loaded row is an order; Lago has no deployments."""
    deployed = any(row.table == "deployments" for row in report.rows)
    return "deployments" if deployed else "subscriptions"


def _again(report: RunReport) -> str:
    """Give the command that does it again, for the same service."""
    chosen = [
        f" --{name} {report.parameters[name]}"
        for name in ("source", "service")
        if report.parameters.get(name, _DEFAULT) != _DEFAULT
    ]
    return f"python -m flows {report.flow}{''.join(chosen)}"


def _dry_run(report: RunReport, whole: TableCounts) -> Verdict:
    if report.exit_code in (0, 3) and whole.loaded:
        by = whole.by_outcome
        detail = (
            f"The real run would create {words.counted(by[Outcome.CREATED], 'row')}, update "
            f"{words.number(by[Outcome.UPDATED])}, leave {words.number(by[Outcome.UNCHANGED])} "
            f"unchanged and keep {words.number(whole.kept_out)} out."
        )
        step = "Look through what would be kept out, then run it for real."
        return Verdict("info", "Dry run: nothing was written", detail, step, _again(report))
    headline = "Dry run: nothing was written, and the real run would stop"
    step = "Fix what the message names, then try the dry run again."
    return Verdict("bad", headline, report.state_message, step, f"{_again(report)} --dry-run")


def _stopped(report: RunReport) -> Verdict:
    step = "Fix what the message names, then run again."
    return Verdict(
        "bad", "Stopped: nothing was written", report.state_message, step, _again(report)
    )


def _unsafe(report: RunReport) -> Verdict:
    failed = sum(1 for check in report.readback if check.failed)
    detail = (
        f"{words.counted(failed, 'read-back check')} failed: Odoo holds records that are not what "
        "a shadow copy must be. Until this is fixed, take it that customers could be charged."
    )
    step = "Open the failed read-back checks and fix those records in Odoo before anything else."
    return Verdict("bad", "Attention: the copy is not safe", detail, step)


def _broken_off(report: RunReport, whole: TableCounts) -> Verdict:
    detail = (
        f"{words.counted(whole.loaded, 'row')} of {words.number(whole.in_scope)} are confirmed to "
        f"be in Odoo. {report.state_message}"
    )
    headline = "The run broke off: the copy is not complete"
    step = "Run it again; what is done already is not done twice."
    return Verdict("bad", headline, detail, step, _again(report))


def _not_read_back(report: RunReport) -> Verdict:
    detail = "The rows were loaded, but Odoo was not read back, so nobody checked the copy."
    step = "Run it again to have the copy checked."
    return Verdict("warn", "Attention: the copy has not been checked", detail, step, _again(report))


def _safe(report: RunReport, counts: tuple[TableCounts, ...], whole: TableCounts) -> Verdict:
    orders = draft_orders(report, counts)
    drafts = (
        f"{words.counted(orders, 'draft order')}, none can charge anyone"
        if orders
        else "it holds no order"
    )
    left = orders_left_draft(report)
    notes = [f"{drafts[0].upper()}{drafts[1:]}."]
    if whole.kept_out:
        notes.append(f"{words.counted(whole.kept_out, 'row')} of {whole.in_scope:,} were kept out.")
    if left:
        notes.append(
            f"{words.counted(left, 'order')} {'was' if left == 1 else 'were'} taken out of draft "
            "by someone in Odoo and left alone."
        )
    live = orders_live(report)
    if live:
        notes.append(f"{words.counted(live, 'subscription')} of live customers: Odoo bills them.")
    detail = " ".join(notes)
    if differing_totals(report):
        step = "Find out why the control totals differ before you rely on the copy."
        return Verdict("warn", "The copy is safe, but its totals differ", detail, step)
    if whole.kept_out:
        step = "Fix the rows by reason, root causes first, then run again."
        return Verdict("warn", "The copy is safe, but not complete", detail, step, _again(report))
    if left:
        step = "Ask who took those orders out of draft: those orders can charge."
        return Verdict("warn", "The copy is safe, but orders were confirmed by hand", detail, step)
    step = "Nothing to fix. Run it again whenever the source changes."
    detail = f"All {words.counted(whole.in_scope, 'row')} in scope are in Odoo."
    return Verdict("good", f"The copy is safe: {drafts}", detail, step, _again(report))


def _is_it_safe(report: RunReport) -> Answer:
    question = "Is it safe?"
    if report.safe is None:
        why = "a dry run writes nothing" if report.dry_run else "Odoo was not read back"
        return Answer(question, "info", "Not checked", why)
    passed = sum(1 for check in report.readback if not check.failed)
    detail = f"{passed} of {words.counted(len(report.readback), 'read-back check')} passed"
    return Answer(question, *(("good", "Yes") if report.safe else ("bad", "No")), detail)


def _is_it_complete(report: RunReport, whole: TableCounts) -> Answer:
    question = "Would it be complete?" if report.dry_run else "Is it complete?"
    if not whole.in_scope:
        return Answer(question, "info", "Nothing loaded", "no row was in scope of this run")
    detail = f"{words.number(whole.loaded)} of {words.counted(whole.in_scope, 'row')} in scope"
    if not whole.loaded:
        return Answer(question, "bad", "No", "nothing was loaded")
    if whole.kept_out:
        return Answer(question, "warn", words.percent(whole.loaded, whole.in_scope), detail)
    return Answer(question, "good", "Yes", detail)


def _do_totals_agree(report: RunReport) -> Answer:
    question = "Do the totals agree?"
    compared = [each for each in report.totals if each.odoo is not None]
    if not compared:
        return Answer(question, "info", "Not compared", "nothing was read back from Odoo")
    differing = differing_totals(report)
    if differing:
        what = f"{len(differing)} of {words.counted(len(compared), 'control total')} differ"
        return Answer(question, "warn", "No", what)
    return Answer(question, "good", "Yes", f"{words.counted(len(compared), 'total')}, to the cent")
