"""The ten-second answer of a metering run: is all usage there, and what does it cost."""

from __future__ import annotations

from tasks.model.records import Outcome
from tasks.report import words
from tasks.report.plain_report import Answer, Verdict
from tasks.usage.records import UsageReport
from tasks.usage.reporting.figures import Figures

_AGAIN = "python -m flows usage"
_FULL = f"{_AGAIN} --full"


def reach_verdict(report: UsageReport, found: Figures) -> Verdict:
    """Say in words what the run comes to, worst news first."""
    if report.dry_run:
        return _dry_run(report, found)
    if report.state_name == "DataRefused":
        step = "Fix what the message names, then run again."
        return Verdict("bad", "Stopped: nothing was written", report.state_message, step, _AGAIN)
    if report.exit_code == 1:
        step = "Run it again; what is done already is not done twice."
        headline = "The run broke off: usage is not complete"
        return Verdict("bad", headline, report.state_message, step, _AGAIN)
    if report.safe is False:
        step = "Find out which month differs, and meter it again."
        headline = "Attention: Odoo does not hold what was measured"
        return Verdict("bad", headline, report.state_message, step)
    return _metered(report, found)


def give_answers(report: UsageReport, found: Figures) -> tuple[Answer, ...]:
    """Answer whether the usage is complete, equal on both sides, and what it costs."""
    return (
        _is_it_complete(report, found),
        _do_they_agree(found),
        _what_does_it_cost(report, found),
    )


def _dry_run(report: UsageReport, found: Figures) -> Verdict:
    if report.exit_code in (0, 3) and found.periods.loaded:
        by = found.periods.by_outcome
        detail = (
            f"The real run would add {words.counted(by[Outcome.CREATED], 'billing period')},"
            f" correct {words.number(by[Outcome.UPDATED])} and leave"
            f" {words.number(by[Outcome.UNCHANGED])} unchanged;"
            f" {words.counted(found.records.kept_out, 'record')} would be kept out."
        )
        step = "Look through what would be kept out, then run it for real."
        return Verdict("info", "Dry run: nothing was written", detail, step, _AGAIN)
    headline = "Dry run: nothing was written"
    step = "Read what the message says, then try again."
    return Verdict("warn", headline, report.state_message, step, f"{_AGAIN} --dry-run")


def _metered(report: UsageReport, found: Figures) -> Verdict:
    by = found.periods.by_outcome
    cost = words.money(found.whole.overage, report.currency)
    detail = (
        f"{words.core_hours(found.whole.measured)} core-hours in"
        f" {words.counted(found.whole.periods, 'billing period')}; beyond what is included,"
        f" they cost {cost} before tax."
    )
    if by[Outcome.FAILED]:
        refused = words.counted(by[Outcome.FAILED], "billing period")
        headline = f"Usage is metered, but Odoo refused {refused}"
        step = "Fix what Odoo says of them, then run again."
        return Verdict("warn", headline, detail, step, _AGAIN)
    if found.unrated:
        unrated = words.counted(found.unrated, "billing period")
        headline = f"Usage is metered, but {unrated} could not be rated"
        step = "See why below: until then their overage is not known."
        return Verdict("warn", headline, detail, step)
    if found.records.by_outcome[Outcome.QUARANTINED]:
        kept_out = words.counted(found.records.by_outcome[Outcome.QUARANTINED], "record")
        headline = f"Usage is metered, except {kept_out} in quarantine"
        step = "Correct the records in NexaCloud, then read past periods anew."
        return Verdict("warn", headline, detail, step, _FULL)
    step = "Nothing to fix. Run it again whenever there is new usage."
    if not found.whole.periods:
        detail = f"There is no usage in the {report.window}."
        return Verdict("good", "Nothing new to meter", detail, step, _AGAIN)
    return Verdict("good", "All usage is metered and rated", detail, step, _AGAIN)


def _is_it_complete(report: UsageReport, found: Figures) -> Answer:
    question = "Would it be complete?" if report.dry_run else "Is it complete?"
    records = found.records
    if not records.in_scope:
        return Answer(question, "info", "Nothing metered", "no usage was in scope of this run")
    of_all = words.counted(records.in_scope, "record")
    detail = f"{words.number(records.loaded)} of {of_all} in scope"
    if not records.loaded:
        return Answer(question, "bad", "No", "nothing was metered")
    if records.kept_out:
        return Answer(question, "warn", words.percent(records.loaded, records.in_scope), detail)
    return Answer(question, "good", "Yes", detail)


def _do_they_agree(found: Figures) -> Answer:
    question = "Do both sides agree?"
    if found.whole.agrees is None:
        return Answer(question, "info", "Not compared", "nothing was read back from Odoo")
    if not found.whole.agrees:
        return Answer(question, "bad", "No", "Odoo's core-hours are not NexaCloud's")
    hours = words.core_hours(found.whole.measured)
    return Answer(question, "good", "Yes", f"{hours} core-hours on both, to the last digit")


def _what_does_it_cost(report: UsageReport, found: Figures) -> Answer:
    question = "What does it cost?"
    if not found.rated and found.whole.agrees is None:
        return Answer(question, "info", "Not rated", "Odoo rated nothing of this run")
    charged = words.counted(found.whole.charged, "billing period")
    billed = f", {words.number(found.billed)} of them billed" if found.billed else ", none billed"
    cost = words.money(found.whole.overage, report.currency)
    return Answer(question, "info", cost, f"overage of {charged}{billed}; before tax")
