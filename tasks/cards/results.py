"""What bringing cards found, and how its run ends."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from tasks.cards.choose import Choice
from tasks.model.cards import Account, Card
from tasks.model.end_state import CLEAN, CRASH, REFUSED, EndState, counted_outcomes
from tasks.model.records import LoadedRow, Outcome

LOADED = (Outcome.CREATED, Outcome.UPDATED, Outcome.UNCHANGED)


@dataclass(frozen=True, slots=True)
class CardRow:
    """What became of an account's card.

    ``account`` is empty for a line of a list that is nobody's; ``card`` is None without one to
    charge; ``odoo_id`` is its ``payment.token``.
    """

    account: str
    stripe_customer: str
    outcome: Outcome
    code: str = ""
    sentence: str = ""
    remedy: str = ""
    card: Card | None = None
    odoo_id: int | None = None


@dataclass(frozen=True, slots=True)
class CardResults:
    """All that the report is made of."""

    rows: tuple[CardRow, ...]
    end: EndState

    def with_outcome(self, *outcomes: Outcome) -> tuple[CardRow, ...]:
        """Give the rows that ended so."""
        return tuple(row for row in self.rows if row.outcome in outcomes)


def not_asked(account: Account, fault: str) -> CardRow:
    """Tell an account about whose card nobody could be asked."""
    remedy = "Run it again: what is in Odoo already stays."
    customer = account.stripe_customer or ""
    return CardRow(account.account, customer, Outcome.FAILED, "not_asked", fault, remedy)


def row_of(choice: Choice, answers: Mapping[str, LoadedRow], stopped: str | None) -> CardRow:
    """Tell what became of a choice, with what Odoo answered about its card."""
    account = choice.account
    customer = account.stripe_customer or ""
    answer = answers.get(account.account)
    if choice.outcome is not None:
        told = (choice.outcome, choice.code, choice.sentence, choice.remedy)
        return CardRow(account.account, customer, *told)
    if answer is None:
        fault = stopped or "Odoo did not answer."
        return CardRow(account.account, customer, Outcome.FAILED, "not_loaded", fault)
    return CardRow(
        account.account,
        customer,
        answer.outcome,
        answer.code or "",
        answer.message or "",
        card=choice.card,
        odoo_id=answer.odoo_id,
    )


def strangers(customers: Iterable[str], lost: Iterable[str]) -> list[CardRow]:
    """Tell of a list what belongs to no account here."""
    said = "No account of the service has this Stripe customer."
    rows = [
        CardRow("", customer, Outcome.OUT_OF_SCOPE, "no_account", said)
        for customer in sorted(customers)
    ]
    remedy = "Mend the list, then run it again."
    return rows + [CardRow("", "", Outcome.QUARANTINED, "bad_row", said, remedy) for said in lost]


def collect_results(
    rows: Iterable[CardRow], *, dry_run: bool, stopped: str | None, max_without_card: int
) -> CardResults:
    """Gather the rows, and decide how the run ends.

    Args:
        rows: One for each account, and for what belongs to none.
        dry_run: Odoo was to keep nothing.
        stopped: Why it ended before all was asked or loaded.
        max_without_card: Accounts that may be without a card in a run that counts as completed.
    """
    told = tuple(rows)
    counts = Counter(row.outcome for row in told)
    said = counted_outcomes(counts, dry_run=dry_run)
    waiting = counts[Outcome.QUARANTINED]
    if stopped is not None:
        end = EndState("CardsStopped", f"{said}. {stopped}", CRASH)
    elif counts[Outcome.FAILED]:
        end = EndState("RowsFailed", said, REFUSED)
    elif waiting > max_without_card:
        end = EndState("CardsMissing", f"{said}. Accounts wait for a card.", REFUSED)
    elif waiting:
        end = EndState("CompletedWithQuarantine", said, CLEAN)
    else:
        end = EndState("Completed", said, CLEAN)
    return CardResults(told, end)
