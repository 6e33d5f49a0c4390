"""The report of bringing cards: who can be charged from the switch on, and who cannot."""

from __future__ import annotations

from collections import Counter

from tasks.cards.results import LOADED, CardResults, CardRow
from tasks.model.counts import counts_of
from tasks.model.records import Outcome
from tasks.model.report import (
    Answer,
    Counts,
    Head,
    Headline,
    KeptOut,
    Reason,
    ReasonRow,
    Report,
    Section,
    Table,
)
from tasks.report import words
from tasks.report.files import csv_file
from tasks.report.reasons import Groups

_AGAIN = "python -m flows cards"
_TABLE = "accounts"
_OUTCOME_COLUMNS = (
    *("account", "stripe_customer", "outcome", "code", "reason", "remedy"),
    *("payment_method", "brand", "last4", "expires", "odoo_model", "odoo_id"),
)
_QUARANTINE_COLUMNS = ("account", "stripe_customer", "code", "reason", "remedy")


def build_report(head: Head, results: CardResults) -> Report:
    """Tell what became of the cards; each account counts once."""
    counts = Counter(row.outcome for row in results.rows)
    waiting = results.with_outcome(Outcome.QUARANTINED, Outcome.FAILED)
    codes = Counter(row.code for row in results.rows if row.code)
    return Report(
        head=head,
        end=results.end,
        about=f"Cards into Odoo · {head.service}",
        headline=_headline(head, results, counts),
        answers=(_who_is_charged(results),),
        sections=_sections(results, counts, waiting),
        figures={
            "counts": {_TABLE: {outcome.value: counts[outcome] for outcome in Outcome}},
            "reasons": dict(sorted(codes.items())),
        },
        attachments=(
            csv_file(
                "outcomes.csv",
                "every account and what became of its card",
                _OUTCOME_COLUMNS,
                tuple(map(_outcome, results.rows)),
            ),
            csv_file(
                "quarantine.csv",
                "whom Odoo could not charge, and why",
                _QUARANTINE_COLUMNS,
                tuple(
                    (row.account, row.stripe_customer, row.code, row.sentence, row.remedy)
                    for row in waiting
                ),
            ),
        ),
        results=results,
    )


def _headline(head: Head, results: CardResults, counts: Counter[Outcome]) -> Headline:
    """Say in words what the run comes to, worst news first."""
    said = results.end.message
    charged = sum(counts[outcome] for outcome in LOADED)
    waiting = words.counted(counts[Outcome.QUARANTINED], "account")
    if results.end.exit_code == 1:
        step = "Run it again: what is in Odoo already stays."
        return Headline("bad", "Not every card could be brought", said, step, _AGAIN)
    if counts[Outcome.FAILED]:
        failed = words.counted(counts[Outcome.FAILED], "card")
        return Headline("bad", f"{failed} refused by Odoo", said, "Look at outcomes.csv.")
    if counts[Outcome.QUARANTINED]:
        step = "Work off the reasons below; a cutover leaves these accounts in shadow till then."
        return Headline("warn", f"{waiting} would wait for a card", said, step)
    title = f"Odoo can charge {words.counted(charged, 'account')}"
    if head.dry_run:
        return Headline("info", f"Dry run: {title[:1].lower()}{title[1:]}", said, "Run it.", _AGAIN)
    return Headline("good", title, said, "Nothing.")


def _who_is_charged(results: CardResults) -> Answer:
    charged = len([row for row in results.with_outcome(*LOADED) if row.card])
    detail = "No order has a card before the switch gives it one."
    return Answer(
        "Who can be charged?", "info", words.counted(charged, "account") + " by card", detail
    )


def _sections(
    results: CardResults, counts: Counter[Outcome], waiting: tuple[CardRow, ...]
) -> tuple[Section, ...]:
    aside = results.with_outcome(Outcome.OUT_OF_SCOPE)
    cards = Table(
        "Cards",
        ("Account", "Stripe customer", "Card", "Valid until", "Outcome"),
        tuple(
            (row.account, row.stripe_customer, _shown(row), _expires(row), row.outcome.value)
            for row in results.with_outcome(*LOADED)
        ),
        intro="Brand and last digits, as Stripe tells them; outcomes.csv has every account.",
    )
    return (
        Counts(
            "What became of the cards",
            "Every account of the service is in exactly one column.",
            (counts_of(_TABLE, counts),),
        ),
        KeptOut("Who waits for a card", tuple(_reasons(waiting)), tuple(_reasons(aside))),
        cards,
    )


def _reasons(rows: tuple[CardRow, ...]) -> list[Reason]:
    groups = Groups()
    for row in rows:
        shown = ReasonRow(row.stripe_customer, row.account or "none", row.sentence)
        groups.add(_TABLE, row.code, row.sentence, row.remedy, shown)
    return groups.biggest_first()


def _shown(row: CardRow) -> str:
    return f"{row.card.brand or 'card'} {row.card.last4}" if row.card else ""


def _expires(row: CardRow) -> str:
    return f"{row.card.month:02}/{row.card.year}" if row.card else ""


def _outcome(row: CardRow) -> tuple[str | int | None, ...]:
    card = row.card
    told = (card.payment_method, card.brand, card.last4, _expires(row)) if card else ("",) * 4
    model = "payment.token" if row.odoo_id else ""
    return (
        *(row.account, row.stripe_customer, row.outcome.value, row.code, row.sentence, row.remedy),
        *told,
        model,
        row.odoo_id,
    )
