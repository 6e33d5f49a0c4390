"""Answers and headlines that every flow that loads rows gives alike."""

from __future__ import annotations

from tasks.model.counts import TableCounts
from tasks.model.report import Answer, Headline
from tasks.report import words


def is_it_complete(rows: TableCounts, noun: str, done: str, *, dry_run: bool) -> Answer:
    """Answer whether all rows in scope are in Odoo.

    >>> from tasks.model.counts import counts_of
    >>> from collections import Counter
    >>> is_it_complete(counts_of("t", Counter()), "row", "loaded", dry_run=False).answer
    'Nothing loaded'

    Args:
        rows: By outcome.
        noun: What a row is.
        done: What was done with it, like "loaded".
        dry_run: Nothing was to be written.
    """
    question = "Would it be complete?" if dry_run else "Is it complete?"
    if not rows.in_scope:
        return Answer(question, "info", f"Nothing {done}", f"no {noun} was in scope of this run")
    detail = f"{words.number(rows.loaded)} of {words.counted(rows.in_scope, noun)} in scope"
    if not rows.loaded:
        return Answer(question, "bad", "No", f"nothing was {done}")
    if rows.kept_out:
        return Answer(question, "warn", words.percent(rows.loaded, rows.in_scope), detail)
    return Answer(question, "good", "Yes", detail)


def stopped(said: str, again: str) -> Headline:
    """Say that the checks let nothing through; ``again`` is the command that tries anew."""
    step = "Fix what the message names, then run again."
    return Headline("bad", "Stopped: nothing was written", said, step, again)


def dry_run(would: str, again: str) -> Headline:
    """Say what the real run ``would`` do."""
    step = "Look through what would be kept out, then run it for real."
    return Headline("info", "Dry run: nothing was written", would, step, again)


def dry_run_would_stop(said: str, again: str) -> Headline:
    """Say that the real run would stop, and why."""
    title = "Dry run: nothing was written, and the real run would stop"
    step = "Fix what the message names, then try the dry run again."
    return Headline("bad", title, said, step, f"{again} --dry-run")


def broken_off(what: str, detail: str, again: str) -> Headline:
    """Say that the run ended before its time, so that ``what`` is not complete."""
    step = "Run it again; what is done already is not done twice."
    return Headline("bad", f"The run broke off: {what} is not complete", detail, step, again)
