"""The ten-second answer of a metering run: is all usage there, and what does it cost."""

from __future__ import annotations

from tasks.model.records import Outcome
from tasks.model.report import Answer, Head, Headline
from tasks.report import answers, words
from tasks.usage.accounts import Figures
from tasks.usage.results import UsageResults

_AGAIN = "python -m flows usage"
_FULL = f"{_AGAIN} --full"


def reach_headline(head: Head, results: UsageResults, found: Figures) -> Headline:
    """Say in words what the run comes to, worst news first."""
    if head.dry_run:
        return _dry_run(results, found)
    if results.end.name == "DataRefused":
        return answers.stopped(results.end.message, _AGAIN)
    if results.end.exit_code == 1:
        return answers.broken_off("usage", results.end.message, _AGAIN)
    if results.safe is False:
        step = "Find out which month differs, and meter it again."
        headline = "Attention: Odoo does not hold what was measured"
        return Headline("bad", headline, results.end.message, step)
    return _metered(head, results, found)


def give_answers(head: Head, found: Figures) -> tuple[Answer, ...]:
    """Answer whether the usage is complete, equal on both sides, and what it costs."""
    return (
        answers.is_it_complete(found.records, "record", "metered", dry_run=head.dry_run),
        _do_they_agree(found),
        _what_does_it_cost(head, found),
    )


def _dry_run(results: UsageResults, found: Figures) -> Headline:
    if results.end.exit_code in (0, 3) and found.periods.loaded:
        by = found.periods.by_outcome
        detail = (
            f"The real run would add {words.counted(by[Outcome.CREATED], 'billing period')},"
            f" correct {words.number(by[Outcome.UPDATED])} and leave"
            f" {words.number(by[Outcome.UNCHANGED])} unchanged;"
            f" {words.counted(found.records.kept_out, 'record')} would be kept out."
        )
        return answers.dry_run(detail, _AGAIN)
    return answers.dry_run_would_stop(results.end.message, _AGAIN)


def _metered(head: Head, results: UsageResults, found: Figures) -> Headline:
    by = found.periods.by_outcome
    cost = words.money(found.whole.overage, head.currency)
    detail = (
        f"{words.core_hours(found.whole.measured)} core-hours in"
        f" {words.counted(found.whole.periods, 'billing period')}; beyond what is included,"
        f" they cost {cost} before tax."
    )
    if by[Outcome.FAILED]:
        refused = words.counted(by[Outcome.FAILED], "billing period")
        headline = f"Usage is metered, but Odoo refused {refused}"
        step = "Fix what Odoo says of them, then run again."
        return Headline("warn", headline, detail, step, _AGAIN)
    if found.unrated:
        unrated = words.counted(found.unrated, "billing period")
        headline = f"Usage is metered, but {unrated} could not be rated"
        step = "See why below: until then their overage is not known."
        return Headline("warn", headline, detail, step)
    if found.records.by_outcome[Outcome.QUARANTINED]:
        kept_out = words.counted(found.records.by_outcome[Outcome.QUARANTINED], "record")
        headline = f"Usage is metered, except {kept_out} in quarantine"
        step = "Correct the records in NexaCloud, then read past periods anew."
        return Headline("warn", headline, detail, step, _FULL)
    step = "Nothing to fix. Run it again whenever there is new usage."
    if not found.whole.periods:
        detail = f"There is no usage in the {results.window}."
        return Headline("good", "Nothing new to meter", detail, step, _AGAIN)
    return Headline("good", "All usage is metered and rated", detail, step, _AGAIN)


def _do_they_agree(found: Figures) -> Answer:
    question = "Do both sides agree?"
    if found.whole.agrees is None:
        return Answer(question, "info", "Not compared", "nothing was read back from Odoo")
    if not found.whole.agrees:
        return Answer(question, "bad", "No", "Odoo's core-hours are not NexaCloud's")
    hours = words.core_hours(found.whole.measured)
    return Answer(question, "good", "Yes", f"{hours} core-hours on both, to the last digit")


def _what_does_it_cost(head: Head, found: Figures) -> Answer:
    question = "What does it cost?"
    if not found.whole.rated and found.whole.agrees is None:
        return Answer(question, "info", "Not rated", "Odoo rated nothing of this run")
    charged = words.counted(found.whole.charged, "billing period")
    billed = (
        f", {words.number(found.whole.billed)} of them billed"
        if found.whole.billed
        else ", none billed"
    )
    cost = words.money(found.whole.overage, head.currency)
    return Answer(question, "info", cost, f"overage of {charged}{billed}; before tax")
